"""R-33: whoever works no longer in the person's team is gone, whichever of the two moved."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from uuid import UUID

import pytest

from services.engagement.application.apply_patient_state import apply_patient_state
from services.engagement.application.apply_staff_state import apply_staff_state
from services.engagement.application.change_programme import assign_facilitator
from services.engagement.application.replan import replan
from services.engagement.application.start_programme import NewProgramme, start_programme
from services.engagement.domain.support.programme import Company, Form, Programme, Setting
from services.engagement.domain.team import CareStatus
from tests.fakes.engagement import FakeWork
from tests.support.engagement import CONTENT, NURSE, PATIENT, PRESCRIBER, into_care
from tests.support.support import DEPUTY, FACILITATOR, START, SUPPORTERS, ZONE

HARBOUR, HILL = "harbour", "hill"
GAPS = ("facilitator-gap", "facilitator-gap-long", "deputy-gap")
MOVED, BACK = 20, 25
"""Days of the programme."""


def noon(day: int) -> datetime:
    """Noon of that day of the programme, where the person lives."""
    return datetime.combine(START + timedelta(days=day), time(12), ZONE)


def on(day: int) -> date:
    return START + timedelta(days=day)


async def a_clinic(kind: str = "facilitated-participation") -> FakeWork:
    """A person in care, and the programme that began on day 0."""
    work = FakeWork(CONTENT.kinds)
    for colleague in SUPPORTERS:
        await apply_staff_state(work, colleague=colleague, rules=CONTENT, now=noon(0))
    await into_care(work, now=noon(0))
    wanted = NewProgramme(
        kind=kind,
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
    await start_programme(
        work,
        patient_id=PATIENT,
        wanted=wanted,
        by=FACILITATOR,
        signed=None,
        rules=CONTENT,
        now=noon(0),
    )
    return work


async def staff_in(work: FakeWork, who: UUID, team: str, *, day: int) -> None:
    """The portal says where a colleague works from now on."""
    known = next(one for one in SUPPORTERS if one.staff_id == who)
    moved = replace(known, teams=frozenset({team}))
    await apply_staff_state(work, colleague=moved, rules=CONTENT, now=noon(day))


async def person_in(work: FakeWork, team: str, *people: UUID, day: int, left: bool = False) -> None:
    """Assessment says which team and which people have the person from now on."""
    await apply_patient_state(
        work,
        patient_id=PATIENT,
        status=CareStatus.LEFT_CARE if left else CareStatus.ACTIVE,
        team=team,
        care_team=(NURSE, PRESCRIBER, *people),
        rules=CONTENT,
        now=noon(day),
    )


async def the_programme(work: FakeWork) -> Programme:
    (one,) = await work.support.programmes.of_patient(PATIENT)
    return one


async def gaps(work: FakeWork) -> dict[str, date]:
    """The day on which each open word about a gap falls due."""
    return {
        row.key.kind: row.due_on
        for row in await work.reminders.about(PATIENT)
        if row.level == 0 and row.is_open and row.key.kind in GAPS
    }


async def meets(work: FakeWork) -> UUID | None:
    """Who owns the next meeting."""
    (one,) = [
        row
        for row in await work.reminders.about(PATIENT)
        if row.level == 0 and row.is_open and row.key.kind == "programme-contact"
    ]
    return one.owner_id


Move = Callable[[FakeWork, int], Awaitable[None]]


async def the_facilitator_moves(work: FakeWork, day: int) -> None:
    await staff_in(work, FACILITATOR, HILL, day=day)


async def the_facilitator_returns(work: FakeWork, day: int) -> None:
    await staff_in(work, FACILITATOR, HARBOUR, day=day)


async def the_person_moves_with_the_deputy(work: FakeWork, day: int) -> None:
    await person_in(work, HILL, DEPUTY, day=day)


async def the_person_returns(work: FakeWork, day: int) -> None:
    await person_in(work, HARBOUR, day=day)


async def into_the_care_team(work: FakeWork, day: int) -> None:
    await person_in(work, HARBOUR, FACILITATOR, day=day)


MOVES: list[tuple[str, Move, Move]] = [
    ("the facilitator", the_facilitator_moves, the_facilitator_returns),
    ("the person", the_person_moves_with_the_deputy, the_person_returns),
    ("taken into the care team", the_facilitator_moves, into_the_care_team),
]


@pytest.mark.parametrize(
    ("move", "back"), [row[1:] for row in MOVES], ids=[row[0] for row in MOVES]
)
async def test_who_works_elsewhere_is_gone_until_they_are_back(move: Move, back: Move) -> None:
    work = await a_clinic()
    assert await gaps(work) == {}

    await move(work, MOVED)

    one = await the_programme(work)
    assert one.gap_since == on(MOVED)
    assert await gaps(work) == {
        "facilitator-gap": on(MOVED + 7),
        "facilitator-gap-long": on(MOVED + 14),
    }
    assert await meets(work) == DEPUTY

    await back(work, BACK)

    one = await the_programme(work)
    assert (one.gap_since, one.facilitator_id) == (None, FACILITATOR)
    assert await gaps(work) == {}
    assert await meets(work) == FACILITATOR


async def test_a_gap_that_goes_on_keeps_its_first_day() -> None:
    work = await a_clinic()
    await the_facilitator_moves(work, MOVED)
    told = len(work.published)

    await the_facilitator_moves(work, MOVED + 3)
    await replan(work, patient_id=PATIENT, rules=CONTENT, now=noon(MOVED + 4))

    assert (await the_programme(work)).gap_since == on(MOVED)
    assert len(work.published) == told, "nothing new to tell"


@pytest.mark.parametrize("first", ["the facilitator", "the person"])
async def test_who_moves_together_is_together_in_either_order(first: str) -> None:
    work = await a_clinic()
    moves = [
        staff_in(work, FACILITATOR, HILL, day=MOVED),
        person_in(work, HILL, DEPUTY, day=MOVED),
    ]
    for move in moves if first == "the facilitator" else reversed(moves):
        await move

    assert await gaps(work) == {}
    assert await meets(work) == FACILITATOR


async def test_somebody_of_the_new_team_ends_the_gap() -> None:
    work = await a_clinic()
    await person_in(work, HILL, DEPUTY, day=MOVED)
    one = await the_programme(work)

    await assign_facilitator(
        work,
        programme_id=one.programme_id,
        seen_version=one.version,
        facilitator_id=DEPUTY,
        deputy_id=NURSE,
        rules=CONTENT,
        now=noon(BACK),
    )

    assert await gaps(work) == {}
    assert await meets(work) == DEPUTY


async def test_who_is_not_in_care_has_no_gap_and_on_return_it_counts_from_then() -> None:
    work = await a_clinic()
    await person_in(work, HILL, day=MOVED, left=True)
    assert (await the_programme(work)).gap_since is None

    await person_in(work, HILL, DEPUTY, day=BACK)

    assert (await gaps(work))["facilitator-gap"] == on(BACK + 7)


async def left(work: FakeWork, day: int) -> None:
    gone = next(one for one in SUPPORTERS if one.staff_id == DEPUTY)
    await apply_staff_state(
        work, colleague=replace(gone, active=False), rules=CONTENT, now=noon(day)
    )


async def other_work(work: FakeWork, day: int) -> None:
    gone = next(one for one in SUPPORTERS if one.staff_id == DEPUTY)
    await apply_staff_state(
        work, colleague=replace(gone, role="prescriber"), rules=CONTENT, now=noon(day)
    )


async def the_deputy_moves(work: FakeWork, day: int) -> None:
    await staff_in(work, DEPUTY, HILL, day=day)


LOST: list[tuple[str, Move]] = [
    ("left", left),
    ("does other work", other_work),
    ("works elsewhere", the_deputy_moves),
]


@pytest.mark.parametrize("lose", [row[1] for row in LOST], ids=[row[0] for row in LOST])
async def test_a_lost_deputy_is_told_after_7_days(lose: Move) -> None:
    work = await a_clinic()

    await lose(work, MOVED)

    assert await gaps(work) == {"deputy-gap": on(MOVED + 7)}
    assert await meets(work) == FACILITATOR
    one = await the_programme(work)
    await assign_facilitator(
        work,
        programme_id=one.programme_id,
        seen_version=one.version,
        facilitator_id=FACILITATOR,
        deputy_id=NURSE,
        rules=CONTENT,
        now=noon(BACK),
    )
    assert await gaps(work) == {}


async def test_a_deputy_who_comes_back_is_deputy_again() -> None:
    work = await a_clinic()
    await staff_in(work, DEPUTY, HILL, day=MOVED)

    await staff_in(work, DEPUTY, HARBOUR, day=BACK)

    one = await the_programme(work)
    assert (one.deputy_id, one.deputy_gap_since) == (DEPUTY, None)
    assert await gaps(work) == {}


async def test_a_programme_that_needs_no_deputy_misses_none() -> None:
    work = await a_clinic("cbt")

    await staff_in(work, DEPUTY, HILL, day=MOVED)

    assert await gaps(work) == {}
