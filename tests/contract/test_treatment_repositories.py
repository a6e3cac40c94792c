"""One suite for treatment's fake and for SQL on both databases."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from services.treatment.adapters.db import SqlWork
from services.treatment.application.ports import Entry, RecordedCheckIn, Signed, Work
from services.treatment.application.refusals import OtherCourse, SignatureUsed, StaleVersion
from services.treatment.domain.clock import History, Pause, Relapse, Remission
from services.treatment.domain.course import Ending, LeavingStep
from services.treatment.domain.diary import CalendarLink, DiaryEntry, EntryState, Titles
from services.treatment.domain.gate import Action, Mood, Proposal, Severity
from services.treatment.domain.live_taper import PlanStatus
from services.treatment.domain.person import Details, HealthProfile, PlaceInCare
from services.treatment.domain.phases import Phase
from services.treatment.domain.plan import PlanState
from services.treatment.domain.response import Reading
from services.treatment.domain.reviews import Review
from services.treatment.domain.safety import Taken
from services.treatment.domain.surveillance import Look
from services.treatment.main import SCHEMA
from shared.runtime.db import Database
from tests.fakes.treatment import FakeWork
from tests.support.courses import (
    BOOK,
    COURSE,
    HALF,
    NOW,
    NURSE,
    PATIENT,
    PLAN,
    PRESCRIBER,
    TODAY,
    a_course,
    a_patient,
    a_plan,
    a_taper,
    a_tapering_course,
    said,
)

Opened = Callable[[], AbstractAsyncContextManager[Work]]
OTHER = UUID("00000000-0000-4000-8000-00000000c002")
PLACE = PlaceInCare(
    status="active", team="harbour", care_team=(NURSE, PRESCRIBER), enrolled_on=date(2026, 1, 2)
)
DETAILS = Details(
    name="Zebrafinch Sentinel", birth_date=date(1980, 5, 5), time_zone="Europe/London"
)
ASSESSMENT = UUID("00000000-0000-4000-8000-00000000e001")


@pytest.fixture(params=["fake", "sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def opened(request: pytest.FixtureRequest) -> AsyncIterator[Opened]:
    """Open a unit of work; it commits on leaving."""
    if request.param == "fake":
        fake = FakeWork()

        @asynccontextmanager
        async def open_fake() -> AsyncIterator[Work]:
            yield fake

        yield open_fake
        return
    databases = request.getfixturevalue(f"{request.param}_databases")
    db = Database.open(
        await databases.migrated(SCHEMA), source="treatment", person_keys=databases.person_keys
    )

    @asynccontextmanager
    async def open_sql() -> AsyncIterator[Work]:
        async with db.transaction(actor=f"staff:{PRESCRIBER}") as tx:
            tx.audit("test", object="test:1")
            yield SqlWork(tx, supply_working_days=BOOK.supply_working_days)

    yield open_sql
    await db.close()


async def stored_patient(opened: Opened) -> None:
    async with opened() as work:
        await work.patients.place(PATIENT, PLACE)
        await work.patients.describe(PATIENT, DETAILS)


async def test_a_patient_comes_back_as_told(opened):
    await stored_patient(opened)

    async with opened() as work:
        assert await work.patients.get(PATIENT) == a_patient()


async def test_a_patient_nobody_heard_of_is_none(opened):
    async with opened() as work:
        assert await work.patients.get(PATIENT) is None


async def test_a_partial_patient_is_kept_and_completed(opened):
    async with opened() as work:
        await work.patients.describe(PATIENT, DETAILS)
    async with opened() as work:
        partial = await work.patients.get(PATIENT)
    async with opened() as work:
        await work.patients.place(PATIENT, PLACE)

    assert (partial.name, partial.status, partial.care_team) == (DETAILS.name, None, ())
    async with opened() as work:
        assert await work.patients.get(PATIENT) == a_patient()


async def test_each_fact_about_a_person_leaves_the_other_as_it_was(opened):
    await stored_patient(opened)
    async with opened() as work:
        await work.patients.place(PATIENT, replace(PLACE, status="left-care"))
    async with opened() as work:
        await work.patients.describe(PATIENT, replace(DETAILS, name="Zebrafinch Married"))

    async with opened() as work:
        found = await work.patients.get(PATIENT)
    assert found == a_patient(status="left-care", name="Zebrafinch Married")


async def test_two_facts_about_a_person_handled_at_once(opened):
    people = [UUID(int=number) for number in range(1, 21)]

    async def learn(person: UUID, *, first: bool) -> None:
        async with opened() as work:
            await work.patients.get(person)
            if first:
                await work.patients.place(person, PLACE)
            else:
                await work.patients.describe(person, DETAILS)

    await asyncio.gather(
        *(learn(person, first=first) for person in people for first in (True, False))
    )

    async with opened() as work:
        for person in people:
            assert await work.patients.get(person) == a_patient(id=person)


@pytest.mark.postgres
async def test_a_replica_that_read_before_the_other_wrote_overwrites_nothing(postgres_databases):
    db = Database.open(await postgres_databases.migrated(SCHEMA), source="treatment")
    async with db.transaction(actor="service:treatment") as slow:
        slow.audit("test", object="test:1")
        patients = SqlWork(slow, supply_working_days=3).patients
        assert await patients.get(PATIENT) is None
        async with db.transaction(actor="service:treatment") as quick:
            quick.audit("test", object="test:1")
            await SqlWork(quick, supply_working_days=3).patients.place(PATIENT, PLACE)
        await patients.describe(PATIENT, DETAILS)

    async with db.reading() as tx:
        assert await SqlWork(tx, supply_working_days=3).patients.get(PATIENT) == a_patient()
    await db.close()


async def test_a_care_team_can_shrink(opened):
    await stored_patient(opened)
    async with opened() as work:
        await work.patients.place(PATIENT, replace(PLACE, care_team=(NURSE,)))

    async with opened() as work:
        found = await work.patients.get(PATIENT)
    assert found is not None
    assert found.care_team == (NURSE,)


async def test_nothing_is_missing_without_parked_events(opened):
    await stored_patient(opened)

    async with opened() as work:
        assert not await work.patients.is_information_missing(PATIENT)


async def test_readings_come_by_day_and_without_the_incomplete(opened):
    async with opened() as work:
        for number, (day, total) in enumerate(((9, 12), (2, 18), (5, None))):
            await work.readings.put(
                assessment_id=UUID(int=number),
                patient_id=PATIENT,
                instrument="phq-9",
                on=date(2026, 3, day),
                total=total,
            )
        await work.readings.put(
            assessment_id=ASSESSMENT,
            patient_id=PATIENT,
            instrument="gad-7",
            on=date(2026, 3, 1),
            total=4,
        )

    async with opened() as work:
        assert await work.readings.of(PATIENT, instrument="phq-9") == (
            Reading(on=date(2026, 3, 2), total=18),
            Reading(on=date(2026, 3, 9), total=12),
        )


async def test_an_amended_reading_replaces_the_first(opened):
    async with opened() as work:
        for total in (12, 9):
            await work.readings.put(
                assessment_id=ASSESSMENT,
                patient_id=PATIENT,
                instrument="phq-9",
                on=TODAY,
                total=total,
            )

    async with opened() as work:
        found = await work.readings.of(PATIENT, instrument="phq-9")
    assert found == (Reading(on=TODAY, total=9),)


async def test_the_gravest_open_flag_counts(opened):
    async with opened() as work:
        for number, (level, is_open) in enumerate(((3, True), (1, True), (0, False))):
            await work.flags.put(
                flag_id=UUID(int=number), patient_id=PATIENT, level=level, is_open=is_open
            )

        assert await work.flags.gravest_open(PATIENT) == 1
        assert await work.flags.gravest_open(COURSE) is None


async def test_profiles_are_kept_version_by_version(opened):
    await stored_patient(opened)
    first = HealthProfile(
        patient_id=PATIENT,
        version=1,
        asked_at=NOW,
        asked_by=NURSE,
        conditions=frozenset({"diabetes"}),
        medicines=(
            Taken("aspirin"),
            Taken("linezolid", date(2026, 1, 1)),
            Taken("moclobemide", None, date(2026, 12, 1)),
        ),
        note="a note",
    )
    second = replace(first, version=2, conditions=frozenset(), medicines=(), note=None)
    async with opened() as work:
        await work.profiles.add(first)
        assert await work.profiles.latest(PATIENT) == first
        await work.profiles.add(second)

    async with opened() as work:
        assert await work.profiles.latest(PATIENT) == second
    with pytest.raises(StaleVersion):
        async with opened() as work:
            await work.profiles.add(second)


def a_full_course():
    """A course with something in every field."""
    taper = a_taper(
        status=PlanStatus.HOLD,
        hold_until=TODAY,
        held_days=3,
        holds=1,
        proposal=Proposal("T-07", Action.HOLD, "Hold."),
        proposed_at=NOW,
        looks=(Look(ordinal=1, due_on=TODAY), Look(ordinal=2, due_on=TODAY, done_at=NOW)),
    )
    review = Review(ordinal=1, kind="first-review", due_on=TODAY, for_role="nurse", rule="R-6.1")
    return a_tapering_course(
        taper,
        version=1,
        phase=Phase.SUSPENDED,
        resumes_to=Phase.TAPER_HOLD,
        history=History(
            marks=(Remission(on=TODAY, months=6, why="w"), Relapse(on=TODAY)),
            pauses=(Pause(since=TODAY, until=None),),
        ),
        reviews=(review, replace(review, ordinal=2, done_at=NOW)),
        reviews_made=2,
        ending=Ending.HARM,
        harm="mania",
        ended_on=TODAY,
        closed_on=TODAY,
        jurisdiction="uk",
        family="immediate-release",
        dose_since=TODAY,
        replaces=COURSE,
        successor_id=COURSE,
        leaving=(
            LeavingStep(ordinal=1, on=TODAY, dose=HALF, previous_mg=Decimal(50), taken_on=TODAY),
        ),
    )


async def with_course(opened: Opened) -> None:
    await stored_patient(opened)
    async with opened() as work:
        await work.courses.add(a_course(Phase.DRAFT, version=1))
        await work.plans.add(a_plan())


async def test_a_course_comes_back_as_saved(opened):
    await with_course(opened)
    course = replace(a_full_course(), version=2)
    async with opened() as work:
        await work.courses.save(course, expected=1)

    async with opened() as work:
        assert await work.courses.get(COURSE) == course
        assert list(await work.courses.of(PATIENT)) == [course]


async def test_what_is_gone_from_a_course_is_gone_from_the_store(opened):
    await with_course(opened)
    async with opened() as work:
        await work.courses.save(replace(a_full_course(), version=2), expected=1)
    bare = replace(
        a_full_course(), version=3, reviews=(), taper=a_taper(looks=()), phase=Phase.TAPER_ACTIVE
    )
    async with opened() as work:
        await work.courses.save(bare, expected=2)

    async with opened() as work:
        assert await work.courses.get(COURSE) == bare


async def test_a_stale_course_is_refused_and_unchanged(opened):
    await with_course(opened)
    async with opened() as work:
        await work.courses.save(a_course(Phase.ACUTE, version=2), expected=1)
    with pytest.raises(StaleVersion):
        async with opened() as work:
            await work.courses.save(a_course(Phase.CLOSED, version=2), expected=1)

    async with opened() as work:
        found = await work.courses.get(COURSE)
    assert found is not None
    assert found.phase is Phase.ACUTE


async def test_one_course_is_taken_at_a_time(opened):
    await with_course(opened)
    async with opened() as work:
        await work.courses.save(a_course(Phase.ACUTE, version=2), expected=1)
        await work.courses.add(a_course(Phase.DRAFT, id=OTHER, version=1))
    with pytest.raises(OtherCourse):
        async with opened() as work:
            await work.courses.save(a_course(Phase.ACUTE, id=OTHER, version=2), expected=1)

    async with opened() as work:
        await work.courses.save(a_course(Phase.STOPPED_WATCH, version=3), expected=2)
        await work.courses.save(a_course(Phase.ACUTE, id=OTHER, version=2), expected=1)


async def test_courses_come_newest_first(opened):
    await with_course(opened)
    later = a_course(Phase.DRAFT, id=OTHER, starts_on=TODAY + timedelta(days=400))
    async with opened() as work:
        await work.courses.add(later)

    async with opened() as work:
        assert [course.id for course in await work.courses.of(PATIENT)] == [OTHER, COURSE]


async def test_a_plan_comes_back_exactly(opened):
    await with_course(opened)

    async with opened() as work:
        assert await work.plans.get(PLAN) == a_plan()
        assert list(await work.plans.of(COURSE)) == [a_plan()]
        assert await work.plans.get(COURSE) is None


async def test_a_plan_is_signed_once(opened):
    await with_course(opened)
    signed = a_plan(version=2, state=PlanState.SIGNED, signed_by=PRESCRIBER, signed_at=NOW)
    async with opened() as work:
        await work.plans.save(signed, expected=1)
    with pytest.raises(StaleVersion):
        async with opened() as work:
            await work.plans.save(signed, expected=1)

    async with opened() as work:
        assert await work.plans.get(PLAN) == signed


async def test_a_signature_is_used_once(opened):
    signed = Signed(
        token_id="one", staff_id=PRESCRIBER, hash="a" * 64, meaning="confirm-course", signed_at=NOW
    )
    async with opened() as work:
        await work.records.signature(signed, of="course:1")
    with pytest.raises(SignatureUsed):
        async with opened() as work:
            await work.records.signature(signed, of="course:2")


async def test_records_are_taken(opened):
    await with_course(opened)
    async with opened() as work:
        await work.records.journal(
            Entry(
                course_id=COURSE,
                patient_id=PATIENT,
                version=1,
                at=NOW,
                on=TODAY,
                kind="proposed",
                dose_mg=Decimal("12.5"),
                text="proposed",
                known={"findings": [["P-02", "inform", "young"]]},
            )
        )
        await work.records.check_in(
            RecordedCheckIn(
                id=ASSESSMENT,
                course_id=COURSE,
                plan_id=PLAN,
                plan_version=1,
                kind="gate",
                ordinal=1,
                at=NOW,
                said=said(withdrawal=Severity.MILD, mood=Mood.WORSE),
                proposal=Proposal("T-06", Action.NEXT_STEP, "Go on."),
                assessment_ids=(ASSESSMENT,),
                note=None,
            )
        )


async def test_a_digest_is_noted_once_after_the_one_before_it(opened):
    async with opened() as work:
        assert await work.judged.seen("sertraline") is None
        assert await work.judged.see("sertraline", digest="a", before=None, changes=1, at=NOW)
    async with opened() as work:
        late = await work.judged.see("sertraline", digest="x", before=None, changes=1, at=NOW)
        next_one = await work.judged.see("sertraline", digest="b", before="a", changes=2, at=NOW)
        again = await work.judged.see("sertraline", digest="c", before="a", changes=2, at=NOW)

    assert (late, next_one, again) == (False, True, False)
    async with opened() as work:
        assert await work.judged.seen("sertraline") == ("b", 2)


async def test_running_courses_judged_by_another_digest_wait(opened):
    await with_course(opened)
    async with opened() as work:
        assert await work.judged.outdated({"sertraline": "a"}, limit=5) == []
        await work.courses.save(a_course(version=2), expected=1)
        assert list(await work.judged.outdated({"sertraline": "a"}, limit=5)) == [COURSE]
        assert list(await work.judged.outdated({"fluoxetine": "a"}, limit=5)) == []
        await work.judged.judge(COURSE, digest="a", found=frozenset({"one"}), at=NOW)

    async with opened() as work:
        assert list(await work.judged.outdated({"sertraline": "a"}, limit=5)) == []
        assert list(await work.judged.outdated({"sertraline": "b"}, limit=5)) == [COURSE]
        assert await work.judged.found(COURSE) == {"one"}
        assert await work.judged.found(PLAN) is None


async def test_entries_of_a_calendar_are_replaced_by_their_uid_in_order_of_their_days(opened):
    await with_course(opened)
    late = DiaryEntry(
        uid=UUID(int=1),
        course_id=COURSE,
        patient_id=PATIENT,
        kind="change-day",
        on=TODAY + timedelta(days=9),
        zone="Europe/London",
        state=EntryState.AHEAD,
        sequence=0,
        changed_at=NOW,
    )
    early = replace(late, uid=UUID(int=2), kind="check-in-gate", on=TODAY)
    async with opened() as work:
        await work.diary.put((late, early))
    moved = replace(early, on=TODAY + timedelta(days=20), sequence=1, state=EntryState.OFF)
    async with opened() as work:
        assert await work.diary.of_course(COURSE) == (early, late)
        await work.diary.put((moved,))

    async with opened() as work:
        assert await work.diary.of_course(COURSE) == (late, moved)
        assert await work.diary.of_patient(PATIENT) == (late, moved)
        assert await work.diary.of_course(PLAN) == ()


async def test_one_calendar_link_is_live_and_found_by_its_secret_alone(opened):
    await with_course(opened)
    first = CalendarLink(
        id=UUID(int=1),
        patient_id=PATIENT,
        secret_sha256=b"1" * 32,
        titles=Titles(change="Blue day", check_in="Call"),
        made_by=NURSE,
        made_at=NOW,
    )
    ended = replace(first, revoked_by=PRESCRIBER, revoked_at=NOW + timedelta(days=1))
    second = replace(
        first, id=UUID(int=2), secret_sha256=b"2" * 32, made_at=NOW + timedelta(days=1)
    )
    async with opened() as work:
        assert await work.calendar_links.live(PATIENT) is None
        await work.calendar_links.add(first)
    async with opened() as work:
        assert await work.calendar_links.live(PATIENT) == first
        await work.calendar_links.save(ended)
        await work.calendar_links.add(second)

    async with opened() as work:
        assert await work.calendar_links.live(PATIENT) == second
        assert await work.calendar_links.with_secret(b"1" * 32) == ended
        assert await work.calendar_links.with_secret(b"3" * 32) is None
        assert await work.calendar_links.get(second.id) == second
        assert await work.calendar_links.of(PATIENT) == (second, ended)
