"""A programme's year under a virtual clock: nothing lost, doubled or ended by itself."""

from collections import Counter
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from services.engagement.application.apply_staff_state import apply_staff_state
from services.engagement.application.record_contact import record_contact
from services.engagement.application.start_programme import NewProgramme, start_programme
from services.engagement.domain.reminder import Reminder
from services.engagement.domain.support.contact import Contact, Outcome, Purpose
from services.engagement.domain.support.programme import Company, Form, Setting
from tests.fakes.engagement import FakeWork
from tests.support.engagement import CONTENT, PATIENT, into_care
from tests.support.support import DEPUTY, FACILITATOR, START, SUPPORTERS, ZONE

WANTED = NewProgramme(
    kind="facilitated-participation",
    facilitator_id=FACILITATOR,
    deputy_id=DEPUTY,
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
DAYS = 400


def noon(on: date) -> datetime:
    """Noon where the person lives."""
    return datetime.combine(on, time(12), ZONE)


async def a_clinic() -> FakeWork:
    """A person in care, and the programme that began today."""
    work = FakeWork(CONTENT.kinds)
    now = noon(START)
    for colleague in SUPPORTERS:
        await apply_staff_state(work, colleague=colleague, rules=CONTENT, now=now)
    await into_care(work, now=now)
    await start_programme(
        work,
        patient_id=PATIENT,
        wanted=WANTED,
        by=FACILITATOR,
        signed=None,
        rules=CONTENT,
        now=now,
    )
    return work


async def due(work: FakeWork, kind: str, now: datetime) -> list[Reminder]:
    """Open owners' reminders of this kind that are due."""
    return [
        row
        for row in await work.reminders.about(PATIENT)
        if row.level == 0 and row.key.kind == kind and row.is_open and row.due_at <= now
    ]


async def meet(work: FakeWork, on: date, outcome: Outcome = Outcome.TOOK_PLACE) -> None:
    """What came of the meeting of that day."""
    (programme,) = await work.support.programmes.of_patient(PATIENT)
    contact = Contact(
        contact_id=work.new_id(),
        patient_id=PATIENT,
        purpose=Purpose.PROGRAMME,
        mode="face-to-face",
        outcome=outcome,
        at=noon(on),
        on=on,
        minutes=60 if outcome is Outcome.TOOK_PLACE else 0,
        by=FACILITATOR,
        recorded_at=noon(on),
        programme_id=programme.programme_id,
    )
    await record_contact(work, contact=contact, rules=CONTENT, now=noon(on))


async def test_a_year_of_meetings_each_owed_once_and_none_early() -> None:
    work = await a_clinic()
    held: list[int] = []
    for number in range(1, DAYS):
        on = START + timedelta(days=number)
        owed = await due(work, "programme-contact", noon(on))
        assert len(owed) <= 1, "a meeting is owed twice"
        if owed:
            assert owed[0].due_on == on, "late or early"
            held.append(number)
            await meet(work, on)

    (programme,) = await work.support.programmes.of_patient(PATIENT)
    beats = Counter(
        "weekly" if day <= 84 else "fortnightly" if day <= 182 else "monthly" for day in held
    )
    assert held[:12] == [7 * week for week in range(1, 13)]
    assert beats == {"weekly": 12, "fortnightly": 7, "monthly": 7}
    assert programme.is_open, "it ends by decision, never by date"
    assert await due(work, "programme-decision", noon(START + timedelta(days=DAYS)))
    assert await due(work, "relapse-plan", noon(START + timedelta(days=DAYS)))


async def test_a_silent_person_is_sought_and_never_discharged() -> None:
    work = await a_clinic()
    for number in range(1, 120):
        on = START + timedelta(days=number)
        if await due(work, "programme-contact", noon(on)):
            await meet(work, on, Outcome.MISSED)

    (programme,) = await work.support.programmes.of_patient(PATIENT)
    now = noon(START + timedelta(days=120))
    assert programme.is_open
    for kind in ("missed-letter", "missed-prescriber", "missed-review", "welfare-check"):
        assert len(await due(work, kind, now)) == 1, kind
    rows = [row for row in work.reminders.rows.values() if row.level == 0 and row.is_open]
    assert len({row.key for row in rows}) == len(rows)


async def test_the_deputy_carries_on_when_the_facilitator_leaves() -> None:
    work = await a_clinic()
    gone = next(one for one in SUPPORTERS if one.staff_id == FACILITATOR)
    left_on = START + timedelta(days=3)
    await apply_staff_state(
        work, colleague=replace(gone, active=False), rules=CONTENT, now=noon(left_on)
    )

    (owed,) = await due(work, "programme-contact", noon(START + timedelta(days=7)))
    assert owed.owner_id == DEPUTY
    assert not await due(work, "facilitator-gap", noon(left_on + timedelta(days=6)))
    assert await due(work, "facilitator-gap", noon(left_on + timedelta(days=7)))
    assert not await due(work, "facilitator-gap-long", noon(left_on + timedelta(days=13)))
    assert await due(work, "facilitator-gap-long", noon(left_on + timedelta(days=14)))
