"""R-36: the mail somebody gets is the one whose preview they saw, for each wording there is."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import KeySet

from services.engagement.adapters.channels import Channels, Mailbox
from services.engagement.adapters.db import SqlWork
from services.engagement.adapters.http import build_api
from services.engagement.adapters.posting import Postman
from services.engagement.application.ports import Identity, Reach
from services.engagement.application.send_notices import Office
from services.engagement.domain.notice import Channel, Notice, Purpose, Quiet
from services.engagement.domain.support.outside import Letterhead
from shared.runtime import clock
from shared.runtime.auth import StaticKeys
from tests.contract.test_support_http import Ward, ward_on
from tests.support.callers import KEY, site
from tests.support.databases import Databases
from tests.support.engagement import CONTENT, PATIENT
from tests.support.sentinel import FAMILY, GIVEN

ADDRESS = "mail@harbour.example"
CLINIC = "Tern House"
RULES = replace(CONTENT, letterhead=Letterhead(clinic=CLINIC, address=ADDRESS))
TELLING = (CLINIC, "clinic", "treatment", "medic", "therap", "care team")


@pytest.fixture
async def ward(databases: Databases) -> AsyncIterator[Ward]:
    async with ward_on(databases) as opened:
        api_ = build_api(RULES, StaticKeys(KeySet([KEY])))
        async with site(api_, opened.db) as served:
            yield Ward(opened.db, served)


# what assessment has on record, what the person chose with the facilitator; who and what is seen
CHOICES: list[tuple[str, bool, dict[str, Any], tuple[str, str, bool]]] = [
    ("nothing chosen", True, {}, ("Appointments", "A reminder for you", True)),
    ("openly", False, {}, (CLINIC, "A message from your care team", False)),
    (
        "fear of stigma, open on record",
        False,
        {"stigma_concern": True, "privacy": ["home-appointment"]},
        ("Appointments", "A reminder for you", True),
    ),
    (
        "neutral wording asked for, open on record",
        False,
        {"privacy": ["neutral-wording"]},
        ("Appointments", "A reminder for you", True),
    ),
    (
        "their own words, neutral",
        True,
        {"sender": "Jürgen, the choir", "subject": "Your Tuesday"},
        ("Jürgen, the choir", "Your Tuesday", True),
    ),
    (
        "their own words, openly",
        False,
        {"sender": "Tern clinic", "subject": "Your Tuesday"},
        ("Tern clinic", "Your Tuesday", False),
    ),
    (
        "typed over two lines",
        True,
        {"sender": "The\r\nchoir", "subject": "Your\nTuesday"},
        ("The choir", "Your Tuesday", True),
    ),
]


@pytest.mark.parametrize(
    ("on_record", "chosen", "seen"), [row[1:] for row in CHOICES], ids=[row[0] for row in CHOICES]
)
async def test_the_mail_is_the_one_that_was_previewed(
    ward: Ward,
    tmp_path: Path,
    on_record: bool,
    chosen: dict[str, Any],
    seen: tuple[str, str, bool],
) -> None:
    await agree(ward, neutral=on_record)
    tried = await ward.femi.post(f"patients/{PATIENT}/message-preview", chosen)
    saved = await ward.femi.put(f"patients/{PATIENT}/support-profile", chosen, version=0)

    preview = saved.json["profile"]["preview"]
    assert preview == tried.json
    assert (preview["sender"], preview["subject"], preview["neutral"]) == seen
    mail = await mailed(ward, tmp_path)
    (sender,) = mail["From"].addresses
    assert (sender.display_name, sender.addr_spec) == (preview["sender"], preview["address"])
    assert mail["Subject"] == preview["subject"]
    assert mail.get_content() == preview["text"]
    if preview["neutral"]:
        outside = " ".join((sender.display_name, mail["Subject"], mail.get_content())).lower()
        assert not [word for word in TELLING if word.lower() in outside]


async def test_words_that_tell_are_refused_to_whoever_is_written_to_neutrally(ward: Ward) -> None:
    """The wording on record counts like the one chosen in the profile."""
    telling = {"sender": f"Post from {CLINIC}"}
    await agree(ward, neutral=True)
    neutral = [
        await ward.femi.post(f"patients/{PATIENT}/message-preview", telling),
        await ward.femi.put(f"patients/{PATIENT}/support-profile", telling, version=0),
    ]
    await agree(ward, neutral=False)
    openly = await ward.femi.put(f"patients/{PATIENT}/support-profile", telling, version=0)

    assert [(one.status, one.json["code"]) for one in neutral] == [(422, "wording-not-neutral")] * 2
    assert openly.status == 200


async def test_words_chosen_openly_are_not_sent_to_somebody_who_wants_it_neutral_now(
    ward: Ward, tmp_path: Path
) -> None:
    await agree(ward, neutral=False)
    await ward.femi.put(
        f"patients/{PATIENT}/support-profile", {"sender": CLINIC, "subject": "Therapy"}, version=0
    )
    await agree(ward, neutral=True)

    mail = await mailed(ward, tmp_path)
    assert mail["From"].addresses[0].display_name == "Appointments"
    assert mail["Subject"] == "A reminder for you"


async def agree(ward: Ward, *, neutral: bool) -> None:
    """Assessment has on record that mail about the course is agreed to, and in which wording."""
    async with ward.db.transaction(actor="service:engagement") as tx:
        work = SqlWork(tx, RULES)
        around = await work.support.surroundings.get(PATIENT)
        assert around is not None
        await work.support.surroundings.put(replace(around, neutral_wording=neutral))
        reach = Reach(email="person@home.example", agreed={"email": ("course",)}, quiet=None)
        known = Identity(
            given_name=GIVEN,
            family_name=FAMILY,
            birth_date=date(1984, 2, 29),
            zone="Europe/London",
            reach=reach,
        )
        await work.patients.identify(PATIENT, known)
        tx.audit("test.agreed", object="test")


async def mailed(ward: Ward, folder: Path) -> EmailMessage:
    """The one mail about a visit, as the postman leaves it, whatever the hour of the clinic."""
    no_quiet = replace(
        RULES.delivery, quiet=Quiet(begins=RULES.clinic_time, ends=RULES.clinic_time)
    )
    async with ward.db.transaction(actor="service:engagement") as tx:
        notice = Notice(
            notice_id=clock.new_id(),
            purpose=Purpose.VISIT,
            patient_id=PATIENT,
            channels=(Channel.EMAIL,),
            made_at=tx.now,
            not_before=tx.now,
            retry_at=clock.real_now(),
        )
        await SqlWork(tx, RULES).notices.add([notice])
        tx.audit("test.planned", object="test")
    office = Office(rules=replace(RULES, delivery=no_quiet), portal_url="https://portal.example")
    postman = Postman(
        db=ward.db,
        office=office,
        channels=Channels(Mailbox(sender=ADDRESS, folder=folder)),
    )
    while await postman.send():
        pass
    read = message_from_bytes(
        (folder / f"{notice.notice_id}.eml").read_bytes(), policy=policy.default
    )
    assert isinstance(read, EmailMessage)
    return read
