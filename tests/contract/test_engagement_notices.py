"""Sending for real: a mail server that takes, hesitates, refuses or is not there; webhooks."""

import asyncio
import json
import socket
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import aiohttp
import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from aiosmtpd.controller import UnthreadedController
from aiosmtpd.smtp import SMTP
from sqlalchemy import select, update
from standardwebhooks import Webhook

from services.engagement.adapters import channels
from services.engagement.adapters.channels import Channels, Mailbox
from services.engagement.adapters.db import SqlWork
from services.engagement.adapters.posting import AT_ONCE, Postman
from services.engagement.adapters.tables import NoticeRow, ReminderRow, TryRow
from services.engagement.adapters.ticks import Engine
from services.engagement.application.apply_course_state import apply_course_state
from services.engagement.application.apply_flag_state import apply_flag_state
from services.engagement.application.apply_patient_details import apply_patient_details
from services.engagement.application.apply_patient_state import apply_patient_state
from services.engagement.application.apply_staff_state import apply_staff_state
from services.engagement.application.ports import Identity, Reach
from services.engagement.application.record_outcome import record_outcome
from services.engagement.application.send_notices import Office, pick_notices
from services.engagement.domain.acts import Act
from services.engagement.domain.flag import FlagStatus
from services.engagement.domain.notice import Channel, Pace, Preference, Quiet, Wording
from services.engagement.domain.rules import Rules
from services.engagement.domain.team import CareStatus
from services.engagement.main import SCHEMA
from shared.runtime import clock
from shared.runtime.db import Database
from shared.runtime.egress import Egress, NotAllowed, PublicResolver, is_public, require_safe
from shared.runtime.tables import audit
from tests.support.certificates import certificate
from tests.support.databases import Databases
from tests.support.engagement import (
    CONTENT,
    LEAD,
    NURSE,
    OTHER_NURSE,
    PATIENT,
    PRESCRIBER,
    STAFF,
    STRANGER,
    a_course,
    a_flag,
    a_step,
    a_taper,
)
from tests.support.ports import free_ports
from tests.support.sentinel import FAMILY, GIVEN

LONG_AGO = datetime(2026, 3, 2, 12, tzinfo=UTC)
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
EVENING = Preference(
    staff_id=NURSE,
    channels=(Channel.EMAIL,),
    email="nurse@clinic.example",
    pace=Pace.EACH,
    wording=Wording.INITIALS,
)
AT_ANY_HOUR = replace(
    CONTENT,
    delivery=replace(CONTENT.delivery, quiet=Quiet(begins=time(0), ends=time(0))),
    hours=replace(CONTENT.hours, is_working_day=lambda _: True),
)
"""A clinic that sends routine work by night and on Sundays too, as a test may run then."""


class Server:
    """A mail server that answers as it is told to."""

    def __init__(self) -> None:
        self.answers: list[str] = []
        self.always = "250 taken"
        self.mails: list[tuple[list[str], str]] = []
        self.unknown: set[str] = set()
        self.under_way = self.most_under_way = 0

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        if address in self.unknown:
            return "550 no such person"
        envelope.rcpt_tos.append(address)
        return "250 taken"

    async def handle_DATA(self, _server: SMTP, _session: Any, envelope: Any) -> str:  # noqa: N802
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        await asyncio.sleep(0.02)
        self.under_way -= 1
        answer = self.answers.pop(0) if self.answers else self.always
        if answer.startswith("250"):
            self.mails.append((envelope.rcpt_tos, envelope.content.decode()))
        return answer


@dataclass(slots=True)
class Clinic:
    """A clinic with a postman, and what it takes to look at the result."""

    db: Database
    port: int
    mail: Server
    egress: Egress = field(default_factory=Egress)
    late: timedelta = timedelta()
    kept_for: timedelta | None = None
    rules: Rules = CONTENT

    @property
    def postman(self) -> Postman:
        box = Mailbox(sender="mooring@clinic.example", host="127.0.0.1", port=self.port)
        office = Office(rules=self.rules, portal_url="https://portal.example")
        channels = Channels(box, self.egress)
        return Postman(db=self.db, office=office, channels=channels, kept_for=self.kept_for)

    async def prefer(self, wish: Preference) -> None:
        async with self.db.transaction(actor="service:engagement") as tx:
            await SqlWork(tx, CONTENT).notices.prefer(wish)
            tx.audit("notices.chosen", object="test")

    async def tick(self) -> None:
        engine = Engine(db=self.db, rules=CONTENT, instance="one")
        while await engine.show_due():
            pass

    async def post(self) -> None:
        """Send until nothing is left to send now."""
        while await self.postman.send():
            pass

    async def wait_out(self) -> None:
        """Every backoff and lease has passed."""
        async with self.db.housekeeping() as tx:
            await tx.session.execute(
                update(NoticeRow).values(retry_at=clock.real_now() - timedelta(seconds=1))
            )

    async def ends(self) -> Counter[tuple[str, str | None]]:
        async with self.db.reading() as tx:
            query = select(NoticeRow.state, NoticeRow.reason)
            return Counter((row.state, row.reason) for row in await tx.session.execute(query))

    async def wrote(self) -> Counter[tuple[UUID | None, str]]:
        """How the notices about what the owners see ended, by reader; not those of the ladder."""
        async with self.db.reading() as tx:
            rungs = select(ReminderRow.reminder_id).where(ReminderRow.level > 0)
            above = set(map(str, (await tx.session.execute(rungs)).scalars()))
            query = select(NoticeRow.staff_id, NoticeRow.state, NoticeRow.about)
            rows = await tx.session.execute(query)
            return Counter((row.staff_id, row.state) for row in rows if row.about[0] not in above)

    async def audited(self, prefix: str) -> Counter[str]:
        """How often each such action is in the audit trail."""
        async with self.db.reading() as tx:
            query = select(audit.c.action).where(audit.c.action.startswith(prefix))
            return Counter((await tx.session.execute(query)).scalars())

    async def passed_on(self) -> list[tuple[UUID | None, str]]:
        """The notices to those whom the nurse's work goes to next: reader, and state."""
        async with self.db.reading() as tx:
            query = select(NoticeRow.staff_id, NoticeRow.state)
            rows = await tx.session.execute(query.where(NoticeRow.purpose == "escalated"))
            return [(row.staff_id, row.state) for row in rows]

    async def know_a_step(self) -> None:
        """A change of dose, due long ago."""
        async with self.db.transaction(actor="service:engagement", at=LONG_AGO) as tx:
            course = a_course(a_taper(a_step(change_on=LONG_AGO.date())))
            work = SqlWork(tx, CONTENT)
            await apply_course_state(work, course=course, rules=CONTENT, now=LONG_AGO)

    async def tries(self) -> list[tuple[str, str, str]]:
        async with self.db.reading() as tx:
            query = select(TryRow.channel, TryRow.answer, TryRow.code).order_by(TryRow.number)
            return [tuple(row) for row in await tx.session.execute(query)]


@pytest.fixture
async def clinic(databases: Databases) -> AsyncIterator[Clinic]:
    """A safety flag and some routine work fell due; the nurse wants mail about each."""
    db = Database.open(
        await databases.migrated(SCHEMA), source="engagement", person_keys=databases.person_keys
    )
    async with db.transaction(actor="service:engagement", at=LONG_AGO) as tx:
        work = SqlWork(tx, CONTENT)
        for colleague in STAFF:
            await apply_staff_state(work, colleague=colleague, rules=CONTENT, now=LONG_AGO)
        await apply_patient_state(
            work,
            patient_id=PATIENT,
            status=CareStatus.ACTIVE,
            team="harbour",
            care_team=(NURSE, PRESCRIBER, LEAD),
            rules=CONTENT,
            now=LONG_AGO,
        )
    mail = Server()
    loop = asyncio.get_running_loop()
    controller = UnthreadedController(mail, hostname="127.0.0.1", port=free_ports(1)[0], loop=loop)
    server = await loop.create_server(
        controller.factory, host=controller.hostname, port=controller.port
    )
    found = Clinic(db, controller.port, mail)
    await found.prefer(EVENING)
    async with db.transaction(actor="service:engagement", at=LONG_AGO) as tx:
        flag = a_flag(1, raised_at=LONG_AGO, due_at=LONG_AGO + timedelta(hours=4))
        await apply_flag_state(SqlWork(tx, CONTENT), flag=flag, rules=CONTENT, now=LONG_AGO)
    yield found
    server.close()
    await server.wait_closed()
    await db.close()


async def test_a_safety_notice_reaches_its_reader_whatever_the_hour(clinic: Clinic) -> None:
    await clinic.tick()
    await clinic.post()

    assert await clinic.ends() == {("sent", None): 2}  # the flag and its limit
    readers, text = clinic.mail.mails[0]
    assert readers == ["nurse@clinic.example"]
    assert "SAFETY" in text
    assert "Auto-Submitted: auto-generated" in text


async def test_a_batch_is_sent_a_few_at_a_time(clinic: Clinic) -> None:
    async with clinic.db.transaction(actor="service:engagement", at=LONG_AGO) as tx:
        for number in range(1, 10):
            flag = a_flag(1, raised_at=LONG_AGO, due_at=LONG_AGO + timedelta(hours=4))
            flag = replace(flag, flag_id=UUID(int=number))
            await apply_flag_state(SqlWork(tx, CONTENT), flag=flag, rules=CONTENT, now=LONG_AGO)
    await clinic.tick()
    await clinic.post()

    assert await clinic.ends() == {("sent", None): 20}
    assert 1 < clinic.mail.most_under_way <= AT_ONCE


@pytest.mark.parametrize(
    ("kept_for", "gone"), [(None, 0), (timedelta(days=1), 0), (timedelta(seconds=-60), 2)]
)
async def test_messages_are_kept_as_long_as_the_deployer_says_and_no_longer(
    clinic: Clinic, kept_for: timedelta | None, gone: int
) -> None:
    """A message that waits is never forgotten; a minute below nothing stands for a time gone by."""
    await clinic.tick()
    clinic.kept_for = kept_for
    assert await clinic.postman.forget() == 0, "they wait to be sent"
    await clinic.post()

    assert await clinic.postman.forget() == gone
    assert await clinic.postman.forget() == 0

    assert (len(await clinic.tries()), sum((await clinic.ends()).values())) == (2 - gone, 2 - gone)


async def test_after_451_it_is_tried_again_and_sent_once(clinic: Clinic) -> None:
    clinic.mail.answers = ["451 later", "451 later", "451 later"]
    await clinic.tick()
    await clinic.post()
    assert await clinic.ends() == {("planned", None): 2}

    await clinic.post()
    assert not clinic.mail.mails  # not before its time
    for _ in range(3):
        await clinic.wait_out()
        await clinic.post()

    assert await clinic.ends() == {("sent", None): 2}
    ids = [
        line for _, text in clinic.mail.mails for line in text.splitlines() if "Message-ID" in line
    ]
    assert len(clinic.mail.mails) == len(set(ids)) == 2
    assert Counter(code for _, _, code in await clinic.tries()) == {"451": 3, "250": 2}


async def test_after_550_it_ends_as_failed_and_is_not_tried_again(clinic: Clinic) -> None:
    clinic.mail.always = "550 no such person"
    await clinic.tick()
    await clinic.post()
    await clinic.wait_out()
    await clinic.post()

    assert await clinic.ends() == {("failed", "refused"): 2}
    assert await clinic.tries() == [("email", "never", "550")] * 2


def by_mail(staff_id: UUID, name: str) -> Preference:
    """Somebody who wants mail about what is urgent."""
    return replace(EVENING, staff_id=staff_id, email=f"{name}@clinic.example", pace=Pace.NONE)


async def test_a_safety_notice_that_one_address_refuses_goes_to_the_next_reader(
    clinic: Clinic,
) -> None:
    """At once, to one of the same role before the leads, and audited as any other."""
    await clinic.prefer(by_mail(OTHER_NURSE, "other"))
    await clinic.prefer(by_mail(LEAD, "lead"))
    clinic.mail.unknown = {"nurse@clinic.example"}
    await clinic.tick()
    await clinic.post()

    assert await clinic.wrote() == {(NURSE, "failed"): 2, (OTHER_NURSE, "sent"): 2}
    theirs = [text for to, text in clinic.mail.mails if to == ["other@clinic.example"]]
    assert len(theirs) == 2
    assert all("SAFETY" in text for text in theirs)
    actions = await clinic.audited("notice.")
    assert (actions["notice.failed"], actions["notice.passed-on"]) == (2, 2)
    assert actions["notice.sent"] == len(clinic.mail.mails)


async def test_whoever_is_asked_by_hand_is_written_to_as_by_the_ladder(clinic: Clinic) -> None:
    await clinic.prefer(by_mail(LEAD, "lead"))
    async with clinic.db.transaction(actor="service:engagement") as tx:
        course = a_course(a_taper(a_step(change_on=tx.now.date())))
        await apply_course_state(SqlWork(tx, CONTENT), course=course, rules=CONTENT, now=tx.now)
    async with clinic.db.reading() as tx:
        change_day = select(ReminderRow).where(
            ReminderRow.kind == "change-day", ReminderRow.level == 0
        )
        row = (await tx.session.execute(change_day)).scalars().one()
    assert await clinic.passed_on() == []

    async with clinic.db.transaction(actor=f"staff:{NURSE}") as tx:
        was_told = await record_outcome(
            SqlWork(tx, CONTENT),
            reminder_id=row.reminder_id,
            seen_version=row.version,
            by=NURSE,
            act=Act.ESCALATE,
            at=None,
            to=None,
            note=None,
            rules=CONTENT,
            now=row.due_at + timedelta(minutes=1),
            real_now=clock.real_now(),
        )

    assert was_told
    assert await clinic.passed_on() == [(LEAD, "planned")]


async def test_a_safety_notice_nobody_takes_ends_with_the_last_of_the_leads(
    clinic: Clinic,
) -> None:
    """Each is written to once about it, however long this goes on."""
    await clinic.prefer(by_mail(OTHER_NURSE, "other"))
    await clinic.prefer(by_mail(LEAD, "lead"))
    await clinic.prefer(by_mail(STRANGER, "elsewhere"))
    clinic.mail.always = "550 no such person"
    await clinic.tick()
    for _ in range(5):
        await clinic.post()
        await clinic.wait_out()

    everybody = (NURSE, OTHER_NURSE, LEAD)
    assert await clinic.wrote() == dict.fromkeys(((one, "failed") for one in everybody), 2)
    assert (await clinic.audited("notice."))["notice.passed-on"] == 4


async def test_a_safety_notice_goes_on_after_every_try_and_every_channel(clinic: Clinic) -> None:
    """A second channel of the same colleague comes first; routine work is nobody else's."""
    insecure = "http://127.0.0.1:9/hook"
    both = (Channel.EMAIL, Channel.WEBHOOK)
    await clinic.prefer(
        replace(EVENING, channels=both, webhook_url=insecure, webhook_secret=SECRET)
    )
    await clinic.prefer(by_mail(OTHER_NURSE, "other"))
    clinic.mail.unknown = {"nurse@clinic.example"}
    clinic.rules = AT_ANY_HOUR
    await clinic.know_a_step()
    await clinic.tick()
    await clinic.post()

    tried = await clinic.tries()
    assert tried.count(("email", "never", "550")) == tried.count(
        ("webhook", "never", "not-allowed")
    )
    wrote = await clinic.wrote()
    assert (wrote[NURSE, "failed"], wrote[OTHER_NURSE, "sent"]) == (3, 2)
    assert {readers[0] for readers, _ in clinic.mail.mails} == {"other@clinic.example"}


async def test_a_reader_of_a_safety_notice_who_left_leaves_it_to_the_next(clinic: Clinic) -> None:
    await clinic.prefer(by_mail(LEAD, "lead"))
    await clinic.tick()
    async with clinic.db.transaction(actor="service:engagement") as tx:
        gone = replace(STAFF[0], active=False)
        await apply_staff_state(SqlWork(tx, CONTENT), colleague=gone, rules=CONTENT, now=tx.now)
    await clinic.post()

    assert await clinic.wrote() == {(NURSE, "cancelled"): 2, (LEAD, "sent"): 2}


async def test_two_safety_notices_that_fail_at_once_leave_it_to_the_leads_once(
    clinic: Clinic,
) -> None:
    """Sent by several at once, the later of both sees that the other reached nobody either."""
    await clinic.prefer(by_mail(OTHER_NURSE, "other"))
    await clinic.prefer(by_mail(LEAD, "lead"))
    async with clinic.db.transaction(actor="service:engagement") as tx:
        nobodys = (PRESCRIBER, LEAD)
        await apply_patient_state(
            SqlWork(tx, CONTENT),
            patient_id=PATIENT,
            status=CareStatus.ACTIVE,
            team="harbour",
            care_team=nobodys,
            rules=CONTENT,
            now=tx.now,
        )
    clinic.mail.unknown = {"nurse@clinic.example", "other@clinic.example"}
    await clinic.tick()
    before = await clinic.wrote()
    await asyncio.gather(*(clinic.postman.send() for _ in range(4)))
    await clinic.post()

    nurses = (NURSE, OTHER_NURSE)
    assert before == dict.fromkeys(((one, "planned") for one in nurses), 2)
    assert await clinic.wrote() == {
        (NURSE, "failed"): 2,
        (OTHER_NURSE, "failed"): 2,
        (LEAD, "sent"): 2,
    }


async def test_no_server_at_all_is_tried_with_backoff_and_then_given_up(clinic: Clinic) -> None:
    clinic.port = free_ports(1)[0]
    await clinic.tick()
    for _ in range(len(CONTENT.delivery.backoff) + 1):
        await clinic.post()
        await clinic.wait_out()

    assert await clinic.ends() == {("failed", "unreachable"): 2}
    assert len(await clinic.tries()) == 2 * (len(CONTENT.delivery.backoff) + 1)


async def test_a_server_that_takes_the_call_and_says_nothing_is_given_up_and_tried_again(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sender waits its time and no longer; the notice stays planned, and goes out later."""
    monkeypatch.setattr(channels, "SEND_S", 0.3)
    hung_up = asyncio.Event()

    async def say_nothing(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await hung_up.wait()
        writer.close()

    server, answering = await asyncio.start_server(say_nothing, "127.0.0.1", 0), clinic.port
    clinic.port = server.sockets[0].getsockname()[1]
    await clinic.tick()
    await clinic.post()
    hung_up.set()
    server.close()

    assert await clinic.ends() == {("planned", None): 2}
    assert {(channel, answer) for channel, answer, _ in await clinic.tries()} == {
        ("email", "later")
    }
    monkeypatch.undo()
    clinic.port = answering
    await clinic.wait_out()
    await clinic.post()
    assert await clinic.ends() == {("sent", None): 2}


async def test_a_failed_notice_leaves_the_list_and_the_ladder_as_they_were(clinic: Clinic) -> None:
    clinic.mail.always = "550 no such person"
    await clinic.tick()
    await clinic.post()

    async with clinic.db.reading() as tx:
        rows = await SqlWork(tx, CONTENT).reminders.about(PATIENT)
    assert {row.state for row in rows} == {"visible"}


async def test_a_flag_that_was_answered_meanwhile_sends_nothing(clinic: Clinic) -> None:
    await clinic.tick()
    async with clinic.db.transaction(actor="service:engagement") as tx:
        closed = a_flag(1, status=FlagStatus.CLOSED, changed_at=tx.now, acknowledged_by=NURSE)
        await apply_flag_state(SqlWork(tx, CONTENT), flag=closed, rules=CONTENT, now=tx.now)
    await clinic.post()

    assert await clinic.ends() == {("cancelled", "answered"): 2}
    assert not clinic.mail.mails


async def test_a_reader_who_left_meanwhile_is_sent_nothing(clinic: Clinic) -> None:
    await clinic.tick()
    async with clinic.db.transaction(actor="service:engagement") as tx:
        gone = replace(STAFF[0], active=False)
        await apply_staff_state(SqlWork(tx, CONTENT), colleague=gone, rules=CONTENT, now=tx.now)
    await clinic.post()

    assert await clinic.ends() == {("cancelled", "left-staff"): 2}


async def test_two_postmen_send_each_notice_once(clinic: Clinic) -> None:
    await clinic.tick()
    await asyncio.gather(*(clinic.postman.send() for _ in range(4)))
    await clinic.post()

    assert len(clinic.mail.mails) == 2


async def test_a_postman_who_died_after_claiming_is_followed_by_another(clinic: Clinic) -> None:
    await clinic.tick()
    async with clinic.db.transaction(actor="service:engagement") as tx:
        looked_at, _ = await pick_notices(
            SqlWork(tx, CONTENT),
            office=clinic.postman.office,
            now=tx.now,
            real_now=clock.real_now(),
        )
        tx.audit("notices.claimed", object="test")
    assert looked_at == 2

    await clinic.post()
    assert not clinic.mail.mails  # the lease still runs
    await clinic.wait_out()
    await clinic.post()
    assert await clinic.ends() == {("sent", None): 2}


@pytest.mark.parametrize(
    ("status", "agreed", "ended"),
    [
        (CareStatus.ACTIVE, ("course",), ("sent", None)),
        (CareStatus.ACTIVE, ("appointments",), ("not-done", "no-consent")),
        (CareStatus.DECEASED, ("course",), ("cancelled", "deceased")),
        (CareStatus.LEFT_CARE, ("course",), ("cancelled", "left-care")),
    ],
)
async def test_a_person_is_written_to_only_with_consent_alive_and_in_care(
    clinic: Clinic, status: CareStatus, agreed: tuple[str, ...], ended: tuple[str, str | None]
) -> None:
    async def know_person(purposes: tuple[str, ...]) -> None:
        reach = Reach(email="person@home.example", agreed={"email": purposes}, quiet=None)
        async with clinic.db.transaction(actor="service:engagement") as tx:
            await apply_patient_details(
                SqlWork(tx, CONTENT),
                patient_id=PATIENT,
                identity=Identity(
                    given_name=GIVEN,
                    family_name=FAMILY,
                    birth_date=date(1984, 2, 29),
                    zone="Europe/London",
                    reach=reach,
                ),
                rules=CONTENT,
                now=tx.now,
            )

    await know_person(("course",))
    async with clinic.db.transaction(actor="service:engagement") as tx:
        course = a_course(a_taper(a_step(change_on=LONG_AGO.date())))
        await apply_course_state(SqlWork(tx, CONTENT), course=course, rules=CONTENT, now=tx.now)
    await clinic.tick()
    await know_person(agreed)
    async with clinic.db.transaction(actor="service:engagement") as tx:
        await apply_patient_state(
            SqlWork(tx, CONTENT),
            patient_id=PATIENT,
            status=status,
            team="harbour",
            care_team=(NURSE,),
            rules=CONTENT,
            now=tx.now,
        )
    async with clinic.db.housekeeping() as tx:  # past any quiet hours of the day this runs on
        visits = NoticeRow.purpose == "visit"
        await tx.session.execute(update(NoticeRow).where(~visits).values(retry_at=FAR))
        chosen = (await tx.session.execute(select(NoticeRow).where(visits))).scalars().all()
    assert len(chosen) == 1
    await _noon(clinic)

    async with clinic.db.reading() as tx:
        row = (
            await tx.session.execute(select(NoticeRow).where(NoticeRow.purpose == "visit"))
        ).scalar_one()
    assert (row.state, row.reason) == ended
    assert [text for readers, text in clinic.mail.mails if FAMILY in text] == []
    assert (("person@home.example" in str(clinic.mail.mails)) is True) == (ended[0] == "sent")


FAR = datetime(2099, 1, 1, tzinfo=UTC)


async def _noon(clinic: Clinic) -> None:
    """One round of the postman at noon."""
    postman = clinic.postman
    async with clinic.db.transaction(actor="service:engagement") as tx:
        noon = (tx.now + timedelta(days=1)).replace(hour=12)
        _, parcels = await pick_notices(
            SqlWork(tx, CONTENT), office=postman.office, now=noon, real_now=clock.real_now()
        )
        tx.audit("notices.claimed", object="test")
    for parcel in parcels:
        await postman._deliver(parcel)


async def test_without_a_server_mail_is_kept_in_a_folder(clinic: Clinic, tmp_path: Path) -> None:
    postman = replace(
        clinic.postman,
        channels=Channels(Mailbox(sender="mooring@clinic.example", folder=tmp_path / "mail")),
    )
    await clinic.tick()
    while await postman.send():
        pass

    files = sorted((tmp_path / "mail").iterdir())
    assert [path.suffix for path in files] == [".eml", ".eml"]
    assert "To: nurse@clinic.example" in files[0].read_text()


# Webhooks


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example/x",
        "https://127.0.0.1/x",
        "https://10.1.2.3/",
        "https://169.254.169.254/latest/meta-data",
        "https://127.1/",
        "https://2130706433/",
        "https://0177.0.0.1/",
        "https://0x7f.0.0.1/",
        "https://0x7f000001/",
        "https://127.0.0.1./",
        "https://0/",
        "https://93.184.216.34./",
        "https://[::]/",
        "https://[::1]/",
        "https://[::127.0.0.1]/",
        "https://[::10.0.0.8]/",
        "https://[::5db8:d822]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[64:ff9b::a00:1]/",
        "https://[2002:0a00:0001::]/",
        "https://user:password@hooks.example/",  # pragma: allowlist secret
        "https://hooks.example:8443/",
        "ftp://hooks.example/",
        "https:///nowhere",
        "not an address",
    ],
)
def test_an_address_that_is_not_public_https_is_refused(url: str) -> None:
    with pytest.raises(NotAllowed):
        require_safe(url)


def test_a_public_address_is_public() -> None:
    assert is_public("93.184.216.34")
    assert require_safe("https://hooks.example/a?b=c").host == "hooks.example"


class Named(AbstractResolver):
    """Names that mean what the test says."""

    def __init__(self, names: Mapping[str, str], port: int) -> None:
        self._names, self._port = names, port

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        address = self._names[host]
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=self._port or port,
                family=socket.AF_INET,
                proto=0,
                flags=0,
            )
        ]

    async def close(self) -> None:
        """Nothing to let go of."""


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.8", "192.168.1.4", "100.64.0.1"])
async def test_a_name_that_resolves_to_our_own_network_is_refused(address: str) -> None:
    guarded = PublicResolver(Named({"hooks.example": address}, 0))

    with pytest.raises(NotAllowed):
        await guarded.resolve("hooks.example", 443)


async def test_a_webhook_to_our_own_network_ends_as_failed_without_a_connection(
    clinic: Clinic,
) -> None:
    clinic.egress = Egress(
        resolver=lambda: PublicResolver(Named({"hooks.example": "127.0.0.1"}, 0))
    )
    await clinic.prefer(
        replace(
            EVENING,
            channels=(Channel.WEBHOOK,),
            webhook_url="https://hooks.example/x",
            webhook_secret=SECRET,
        )
    )
    await clinic.tick()
    await clinic.post()

    assert await clinic.ends() == {("failed", "refused"): 2}
    assert await clinic.tries() == [("webhook", "never", "not-allowed")] * 2


@dataclass(slots=True)
class Hook:
    """A receiver of webhooks that answers as it is told to."""

    status: int = 204
    location: str | None = None
    received: list[tuple[Mapping[str, str], bytes]] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.Response:
        self.received.append((request.headers, await request.read()))
        headers = {"Location": self.location} if self.location else {}
        return web.Response(status=self.status, headers=headers)


@pytest.fixture
async def hook(clinic: Clinic, tls: tuple[ssl.SSLContext, ssl.SSLContext]) -> AsyncIterator[Hook]:
    """Reached by the name hooks.example, as if it were public."""
    found = Hook()
    app = web.Application()
    app.router.add_post("/{path:.*}", found.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    port = free_ports(1)[0]
    await web.TCPSite(runner, "127.0.0.1", port, ssl_context=tls[0]).start()
    clinic.egress = Egress(resolver=lambda: Named({"hooks.example": "127.0.0.1"}, port), tls=tls[1])
    await clinic.prefer(
        replace(
            EVENING,
            channels=(Channel.WEBHOOK, Channel.EMAIL),
            webhook_url="https://hooks.example/x",
            webhook_secret=SECRET,
        )
    )
    yield found
    await runner.cleanup()


async def test_a_webhook_is_signed_and_says_no_more_than_a_mail(clinic: Clinic, hook: Hook) -> None:
    await clinic.tick()
    await clinic.post()

    assert await clinic.ends() == {("sent", None): 2}
    headers, body = hook.received[0]
    said = Webhook(SECRET).verify(body, dict(headers))
    assert said["type"] == "mooring.notice.v1"
    assert GIVEN not in json.dumps(said)
    assert len({one[0]["webhook-id"] for one in hook.received}) == 2


async def test_a_redirect_is_not_followed_and_the_next_channel_is_tried(
    clinic: Clinic, hook: Hook
) -> None:
    hook.status, hook.location = 307, "https://elsewhere.example/"
    await clinic.tick()
    await clinic.post()
    await clinic.post()

    assert await clinic.ends() == {("sent", None): 2}
    assert len(hook.received) == 2
    assert len(clinic.mail.mails) == 2


async def test_a_webhook_that_is_busy_is_tried_again(clinic: Clinic, hook: Hook) -> None:
    hook.status = 503
    await clinic.tick()
    await clinic.post()
    hook.status = 200
    await clinic.wait_out()
    await clinic.post()

    assert await clinic.ends() == {("sent", None): 2}
    assert not clinic.mail.mails


@pytest.fixture(scope="session")
def tls(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's and a client's side for the name hooks.example."""
    folder = tmp_path_factory.mktemp("tls")
    cert, key = certificate(folder, "hooks.example")
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(cert, key)
    return server, ssl.create_default_context(cafile=str(cert))


async def test_a_certificate_of_nobody_we_trust_is_refused(clinic: Clinic, hook: Hook) -> None:
    clinic.egress = replace(clinic.egress, tls=ssl.create_default_context())
    await clinic.tick()
    await clinic.post()

    assert not hook.received
    assert {code for _, _, code in await clinic.tries()} == {
        aiohttp.ClientConnectorCertificateError.__name__
    }
