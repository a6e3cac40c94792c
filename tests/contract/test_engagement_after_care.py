"""Whoever left care or died is written to by nobody, at once and at the moment of sending; who
is back is written to when somebody says so. A safety flag outlives the end of care."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import select

from services.engagement.adapters.db import SqlWork
from services.engagement.adapters.events import subscriptions
from services.engagement.adapters.tables import NoticeRow, ReminderRow
from services.engagement.application.apply_course_state import apply_course_state
from services.engagement.application.apply_flag_state import apply_flag_state
from services.engagement.application.apply_patient_details import apply_patient_details
from services.engagement.application.ports import Identity, Reach
from services.engagement.application.send_notices import Office, Parcel, pick_notices
from services.engagement.application.start_programme import NewProgramme, check_programme
from services.engagement.application.support_known import in_care
from services.engagement.domain.errors import NotInCare
from services.engagement.domain.notice import Channel, Notice, Purpose
from services.engagement.domain.support.programme import Company, Form, Setting
from services.engagement.main import SCHEMA
from shared.events.assessment import (
    PatientEnrolled,
    PatientFact,
    PatientLeftCare,
    PatientMessagesRestarted,
    PatientReturnedToCare,
    PatientState,
)
from shared.events.envelope import Event
from shared.runtime import clock
from shared.runtime.db import Database
from tests.support.databases import Databases
from tests.support.engagement import (
    CHANGE_ON,
    CONTENT,
    NURSE,
    PATIENT,
    STAFF,
    a_course,
    a_flag,
    a_taper,
)
from tests.support.sentinel import FAMILY, GIVEN

NOON = datetime(2026, 6, 3, 11, tzinfo=UTC)
WANTED = NewProgramme(
    kind="facilitated-participation",
    facilitator_id=NURSE,
    deputy_id=None,
    form=Form.INDIVIDUAL,
    company=Company.TOGETHER,
    setting=Setting.COMMUNITY,
    activity="Singing in the choir",
    activity_id=None,
    first_contact_on=None,
    rhythm=(),
    rungs=(),
    serves_course_id=None,
    reasons={},
)
OFFICE = Office(rules=CONTENT, portal_url="https://portal.example")


@pytest.fixture
async def db(databases: Databases) -> AsyncIterator[Database]:
    """Somebody who agreed to mail about the course, with a taper and an open flag."""
    opened = Database.open(
        await databases.migrated(SCHEMA), source="engagement", person_keys=databases.person_keys
    )
    async with opened.transaction(actor="service:engagement", at=NOON) as tx:
        work = SqlWork(tx, CONTENT)
        for colleague in STAFF:
            await work.staff.put(colleague)
        await apply_patient_details(
            work,
            patient_id=PATIENT,
            identity=Identity(
                given_name=GIVEN,
                family_name=FAMILY,
                birth_date=date(1984, 2, 29),
                zone="Europe/London",
                reach=Reach(
                    email="person@home.example",
                    agreed={"email": ("course",)},
                    quiet=None,
                ),
            ),
            rules=CONTENT,
            now=NOON,
        )
    await hear(opened, PatientEnrolled, "active", version=1)
    async with opened.transaction(actor="service:engagement", at=NOON) as tx:
        work = SqlWork(tx, CONTENT)
        await apply_course_state(work, course=a_course(a_taper()), rules=CONTENT, now=NOON)
        await apply_flag_state(work, flag=a_flag(), rules=CONTENT, now=NOON)
    yield opened
    await opened.close()


async def hear(
    db: Database, kind: type[PatientFact], status: Any, *, version: int, stopped: bool = False
) -> None:
    """Assessment told where the person is."""
    state = PatientState(
        patient_id=PATIENT,
        status=status,
        team="harbour",
        care_team=(NURSE,),
        enrolled_on=CHANGE_ON,
        messages_stopped=stopped,
    )
    event = Event[Any](
        id=clock.new_id(),
        source="/mooring/assessment",
        type=kind.TYPE,
        subject=str(PATIENT),
        time=NOON,
        dataschema="urn:test",
        recordedby=f"staff:{NURSE}",
        aggregate=f"patient:{PATIENT}",
        version=version,
        correlationid="test",
        data=kind(patient=state),
    )
    async with db.transaction(actor="service:engagement", at=NOON) as tx:
        await subscriptions(CONTENT)[kind](tx, event)


async def reminders(db: Database) -> list[tuple[str, str, str | None]]:
    async with db.reading() as tx:
        query = select(ReminderRow.subject_kind, ReminderRow.state, ReminderRow.reason)
        return [tuple(row) for row in await tx.session.execute(query)]


async def write(db: Database) -> tuple[list[Parcel], tuple[str, str | None]]:
    """A message to the person is due now: what is sent, and how it ended."""
    async with db.transaction(actor="service:engagement", at=NOON) as tx:
        work = SqlWork(tx, CONTENT)
        notice = Notice(
            notice_id=clock.new_id(),
            purpose=Purpose.VISIT,
            patient_id=PATIENT,
            channels=(Channel.EMAIL,),
            made_at=NOON,
            not_before=NOON,
            retry_at=NOON,
        )
        await work.notices.add([notice])
        _, parcels = await pick_notices(work, office=OFFICE, now=NOON, real_now=NOON)
        tx.audit("test.sent", object="test")
    async with db.reading() as tx:
        query = select(NoticeRow.state, NoticeRow.reason).where(
            NoticeRow.notice_id == notice.notice_id
        )
        return list(parcels), tuple((await tx.session.execute(query)).one())


async def test_in_care_and_agreed_the_message_goes(db: Database) -> None:
    parcels, _ = await write(db)

    assert [parcel.address for parcel in parcels] == ["person@home.example"]


@pytest.mark.parametrize("status", ["left-care", "deceased"])
async def test_no_message_is_sent_after_the_end_of_care(db: Database, status: str) -> None:
    await hear(db, PatientLeftCare, status, version=2)

    assert await write(db) == ([], ("cancelled", status))
    courses = {row[1:] for row in await reminders(db) if row[0] != "safety-flag"}
    assert courses == {("cancelled", status)}


async def test_an_open_flag_keeps_its_ladder_when_somebody_leaves(db: Database) -> None:
    await hear(db, PatientLeftCare, "left-care", version=2)

    states = {row[1] for row in await reminders(db) if row[0] == "safety-flag"}
    assert states == {"planned"}


async def test_a_flag_raised_after_somebody_left_has_its_ladder(db: Database) -> None:
    await hear(db, PatientLeftCare, "left-care", version=2)
    later = clock.new_id()
    async with db.transaction(actor="service:engagement", at=NOON) as tx:
        flag = a_flag(flag_id=later)
        await apply_flag_state(SqlWork(tx, CONTENT), flag=flag, rules=CONTENT, now=NOON)

    async with db.reading() as tx:
        query = select(ReminderRow.state).where(ReminderRow.subject_id == later)
        assert set((await tx.session.execute(query)).scalars()) == {"planned"}


async def test_a_flag_of_the_dead_calls_nobody(db: Database) -> None:
    await hear(db, PatientLeftCare, "deceased", version=2)

    assert {row[1:] for row in await reminders(db)} == {("cancelled", "deceased")}


@pytest.mark.parametrize("status", ["left-care", "deceased"])
async def test_after_a_mistake_the_work_comes_back_and_the_messages_wait(
    db: Database, status: str
) -> None:
    await hear(db, PatientLeftCare, status, version=2)
    await hear(db, PatientReturnedToCare, "active", version=3, stopped=True)

    open_again = {row[0] for row in await reminders(db) if row[1] == "planned"}
    assert {"safety-flag", "taper-plan"} <= open_again
    assert await write(db) == ([], ("cancelled", "messages-stopped"))

    await hear(db, PatientMessagesRestarted, "active", version=4)
    parcels, _ = await write(db)
    assert len(parcels) == 1


@pytest.mark.parametrize("status", ["left-care", "deceased"])
async def test_nothing_is_begun_with_somebody_who_is_gone(db: Database, status: str) -> None:
    await hear(db, PatientLeftCare, status, version=2)

    async with db.transaction(actor="service:engagement", at=NOON) as tx:
        work = SqlWork(tx, CONTENT)
        with pytest.raises(NotInCare):
            await in_care(work, PATIENT)
        with pytest.raises(NotInCare):
            await check_programme(work, patient_id=PATIENT, wanted=WANTED, rules=CONTENT, now=NOON)
        tx.audit("test.refused", object="test")
