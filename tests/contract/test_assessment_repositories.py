"""One suite for assessment's fake and for SQL on both databases."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import pytest

from services.assessment.adapters.db import SqlWork
from services.assessment.application.ports import Colleague, Intake, RecordedProposal, Work
from services.assessment.domain.assessment import Answers, Assessment, Mode
from services.assessment.domain.contact import Carer, QuietHours, Scope, consents_from
from services.assessment.domain.decision import Decision, Verdict
from services.assessment.domain.following import FollowedCourse, Milestones
from services.assessment.domain.invitation import Invitation, digest, revoked
from services.assessment.domain.pathway import propose
from services.assessment.domain.patient import Details, Patient, PatientStatus
from services.assessment.domain.refusals import StaleVersion
from services.assessment.domain.safety import Flag, FlagStatus
from services.assessment.domain.scoring import score
from services.assessment.main import SCHEMA
from shared.runtime.db import Database
from tests.fakes.assessment import FakeWork
from tests.support.assessment import CONTENT, NURSE, PRESCRIBER, answers
from tests.support.vignettes import ORDINARY

Opened = Callable[[], AbstractAsyncContextManager[Work]]
NOW = datetime(2026, 6, 1, 9, 30, tzinfo=UTC)
PATIENT = Patient(
    patient_id=UUID(int=100),
    details=Details(
        given_name="Zoë",
        family_name="Marker",
        birth_date=date(1984, 2, 29),
        time_zone="Europe/London",
        language="en",
        phone="+44 20 7946 0000",
        postal_address="1 Quay Street",
        consents=consents_from({"letter": ("course",), "telephone": ("outreach", "course")}),
        quiet_hours=QuietHours(starts=time(21, 30), ends=time(7)),
    ),
    carers=(
        Carer(
            carer_id=UUID(int=150),
            name="Ida Marker",
            relationship="sister",
            scopes=(Scope.APPOINTMENTS, Scope.SUPPORT),
        ),
        Carer(carer_id=UUID(int=151), name="Bo Marker", relationship="father"),
    ),
    team="harbour",
    care_team=(PRESCRIBER, NURSE),
    enrolled_on=date(2026, 6, 1),
)


@pytest.fixture(params=["fake", "sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def opened(request: pytest.FixtureRequest) -> AsyncIterator[Opened]:
    """Open a unit of work; it commits on leaving. One person is in care."""
    if request.param == "fake":
        fake = FakeWork()
        await fake.patients.add(PATIENT, duplicate_reason=None)

        @asynccontextmanager
        async def open_fake() -> AsyncIterator[Work]:
            yield fake

        yield open_fake
        return
    databases = request.getfixturevalue(f"{request.param}_databases")
    db = Database.open(
        await databases.migrated(SCHEMA), source="assessment", person_keys=databases.person_keys
    )

    @asynccontextmanager
    async def open_sql() -> AsyncIterator[Work]:
        async with db.transaction(actor="service:assessment", at=NOW) as tx:
            yield SqlWork(tx)
            tx.audit("test.wrote", object="test:1")

    async with open_sql() as work:
        await work.patients.add(PATIENT, duplicate_reason=None)
    yield open_sql
    await db.close()


def an_assessment(number: int, total: int, *, days: int = 0, code: str = "phq-9") -> Assessment:
    given = Answers(by_item=answers(code, total), submitted_total=total)
    return Assessment(
        assessment_id=UUID(int=200 + number),
        patient_id=PATIENT.patient_id,
        instrument=code,
        instrument_version="1",
        taken_at=NOW + timedelta(days=days),
        taken_on=(NOW + timedelta(days=days)).date(),
        mode=Mode.TELEPHONE,
        answers=given,
        score=score(CONTENT.instruments[code], given.by_item),
        recorded_at=NOW,
        recorded_by=f"staff:{NURSE}",
    )


def a_flag(number: int, *, minutes: int = 0) -> Flag:
    return Flag(
        flag_id=UUID(int=300 + number),
        patient_id=PATIENT.patient_id,
        trigger_code="t",
        kind="suicidality",
        level=3,
        rule="t@1",
        title="Title",
        act="Act",
        source="s",
        grade="PD",
        assessment_id=None,
        raised_at=NOW + timedelta(minutes=minutes),
        due_at=NOW + timedelta(hours=1),
    )


async def test_a_patient_comes_back_as_kept(opened: Opened) -> None:
    async with opened() as work:
        assert await work.patients.get(PATIENT.patient_id) == PATIENT
        assert await work.patients.hold(PATIENT.patient_id) == PATIENT
        assert await work.patients.get(UUID(int=1)) is None


async def test_a_patient_is_replaced_version_by_version(opened: Opened) -> None:
    changed = replace(
        PATIENT,
        care_team=(NURSE,),
        status=PatientStatus.LEFT_CARE,
        left_on=date(2026, 6, 2),
        version=2,
    )
    async with opened() as work:
        await work.patients.save(changed, reason="Moved away")
    async with opened() as work:
        assert await work.patients.get(PATIENT.patient_id) == changed
        with pytest.raises(StaleVersion):
            await work.patients.save(changed)


async def test_people_alike_are_found_by_folded_name_and_birth_date(opened: Opened) -> None:
    async with opened() as work:
        alike = await work.patients.alike(identity="zoe marker", birth_date=date(1984, 2, 29))
        other_day = await work.patients.alike(identity="zoe marker", birth_date=date(1984, 3, 1))

    assert alike == (PATIENT.patient_id,)
    assert other_day == ()


async def test_a_second_person_alike_can_be_kept_with_a_reason(opened: Opened) -> None:
    twin = replace(PATIENT, patient_id=UUID(int=101))
    async with opened() as work:
        await work.patients.add(twin, duplicate_reason="A cousin")
    async with opened() as work:
        found = await work.patients.alike(
            identity=PATIENT.details.identity, birth_date=PATIENT.details.birth_date
        )

    assert found == (PATIENT.patient_id, twin.patient_id)


async def test_only_active_colleagues_work_here(opened: Opened) -> None:
    async with opened() as work:
        await work.staff.put(Colleague(staff_id=NURSE, role="nurse", active=True))
        await work.staff.put(Colleague(staff_id=PRESCRIBER, role="prescriber", active=True))
    async with opened() as work:
        await work.staff.put(Colleague(staff_id=PRESCRIBER, role="prescriber", active=False))
        assert await work.staff.active((NURSE, PRESCRIBER, UUID(int=9))) == {NURSE}
        assert await work.staff.active(()) == frozenset()


async def test_a_team_is_one_somebody_who_works_here_is_in(opened: Opened) -> None:
    nurse = Colleague(staff_id=NURSE, role="nurse", active=True, teams=frozenset({"harbour"}))
    async with opened() as work:
        await work.staff.put(nurse)
        await work.staff.put(replace(nurse, staff_id=PRESCRIBER, teams=frozenset({"hill"})))
    async with opened() as work:
        await work.staff.put(replace(nurse, teams=frozenset({"quay"})))
        await work.staff.put(
            replace(nurse, staff_id=PRESCRIBER, teams=frozenset({"hill"}), active=False)
        )
    async with opened() as work:
        works_in = {team: await work.staff.works_in(team) for team in ("quay", "harbour", "hill")}

    assert works_in == {"quay": True, "harbour": False, "hill": False}


async def test_an_assessment_comes_back_as_kept_with_its_score(opened: Opened) -> None:
    kept = an_assessment(1, 18)
    async with opened() as work:
        await work.assessments.add(kept)
    async with opened() as work:
        assert await work.assessments.get(kept.assessment_id) == kept
        assert await work.assessments.exists(
            PATIENT.patient_id, instrument="phq-9", taken_at=kept.taken_at
        )
        assert not await work.assessments.exists(
            PATIENT.patient_id, instrument="gad-7", taken_at=kept.taken_at
        )


async def test_an_assessment_is_replaced_version_by_version(opened: Opened) -> None:
    kept = an_assessment(1, 18)
    amended = replace(an_assessment(1, 17), version=2, reason="Wrong sheet")
    async with opened() as work:
        await work.assessments.add(kept)
        await work.assessments.save(amended)
    async with opened() as work:
        assert await work.assessments.get(kept.assessment_id) == amended
        with pytest.raises(StaleVersion):
            await work.assessments.save(amended)


async def test_readings_run_forward_and_only_the_latest_is_measured(opened: Opened) -> None:
    async with opened() as work:
        await work.assessments.add(an_assessment(2, 9, days=30))
        await work.assessments.add(an_assessment(1, 18))
        await work.assessments.add(an_assessment(3, 11, code="gad-7"))
    async with opened() as work:
        readings = await work.assessments.readings(PATIENT.patient_id, instrument="phq-9")
        measured = await work.assessments.measured(PATIENT.patient_id)

    assert [reading.total for reading in readings] == [18, 9]
    assert {(m.instrument, m.total, m.positive) for m in measured} == {
        ("phq-9", 9, False),
        ("gad-7", 11, True),
    }


async def test_flags_run_forward_and_are_replaced_version_by_version(opened: Opened) -> None:
    first, second = a_flag(1), a_flag(2, minutes=1)
    closed = replace(
        first,
        status=FlagStatus.CLOSED,
        closed_by=NURSE,
        closed_at=NOW,
        outcome="safety-plan-agreed",
        note="By telephone",
        version=2,
    )
    async with opened() as work:
        await work.flags.add(second)
        await work.flags.add(first)
        await work.flags.save(closed)
    async with opened() as work:
        assert await work.flags.of(PATIENT.patient_id) == (closed, second)
        assert await work.flags.get(second.flag_id) == second
        with pytest.raises(StaleVersion):
            await work.flags.save(closed)


async def test_a_link_is_found_by_its_secret_and_ends_once(opened: Opened) -> None:
    link = Invitation(
        invitation_id=UUID(int=400),
        patient_id=PATIENT.patient_id,
        instrument="phq-9",
        instrument_version="1",
        channel="email",
        secret_sha256=digest("a secret"),
        created_at=NOW,
        created_by=NURSE,
        expires_at=NOW + timedelta(hours=72),
    )
    taken_back = revoked(link, now=NOW + timedelta(hours=1))
    async with opened() as work:
        await work.invitations.add(link)
    async with opened() as work:
        assert await work.invitations.get(link.invitation_id) == link
        assert await work.invitations.by_secret(digest("a secret")) == link
        assert await work.invitations.by_secret(digest("another")) is None
        assert await work.invitations.open_of(PATIENT.patient_id, instrument="phq-9") == (link,)
        assert await work.invitations.open_of(PATIENT.patient_id, instrument="gad-7") == ()
        await work.invitations.save(taken_back)
    async with opened() as work:
        assert await work.invitations.get(link.invitation_id) == taken_back
        assert await work.invitations.open_of(PATIENT.patient_id, instrument="phq-9") == ()
        with pytest.raises(StaleVersion):
            await work.invitations.save(taken_back)


async def test_intake_answers_are_added_and_the_latest_counts(opened: Opened) -> None:
    def version(number: int) -> Intake:
        return Intake(
            patient_id=PATIENT.patient_id,
            version=number,
            answers={"preference": f"{number}"},
            recorded_at=NOW,
            recorded_by=f"staff:{NURSE}",
        )

    async with opened() as work:
        assert await work.intakes.latest(PATIENT.patient_id) == Intake(
            patient_id=PATIENT.patient_id
        )
        await work.intakes.add(version(1))
        await work.intakes.add(version(2))
    async with opened() as work:
        assert await work.intakes.latest(PATIENT.patient_id) == version(2)


async def test_an_intake_version_is_never_overwritten(opened: Opened) -> None:
    intake = Intake(
        patient_id=PATIENT.patient_id, version=1, recorded_at=NOW, recorded_by="staff:1"
    )
    async with opened() as work:
        await work.intakes.add(intake)
    with pytest.raises(StaleVersion):
        async with opened() as work:
            await work.intakes.add(intake)


async def test_a_proposal_comes_back_with_its_whole_trace_and_its_decision(
    opened: Opened,
) -> None:
    made = RecordedProposal(
        proposal_id=UUID(int=400),
        patient_id=PATIENT.patient_id,
        proposed_at=NOW,
        proposal=propose(CONTENT.pathway, ORDINARY),
    )
    decision = Decision(
        verdict=Verdict.CHANGED,
        by=PRESCRIBER,
        at=NOW,
        arm="specialist",
        reason="clinical-judgement",
        plan={"follow-on": "yes"},
        guard_reasons={"brief-only": "nothing-else-available-yet"},
    )
    async with opened() as work:
        await work.proposals.add(made)
        await work.proposals.save(made.decided(decision))
    async with opened() as work:
        found = await work.proposals.get(made.proposal_id)
        assert found == made.decided(decision)
        with pytest.raises(StaleVersion):
            await work.proposals.save(made.decided(decision))


async def test_the_course_that_runs_counts_before_a_closed_one(opened: Opened) -> None:
    old = FollowedCourse(
        course_id=UUID(int=500),
        patient_id=PATIENT.patient_id,
        started_on=date(2026, 1, 1),
        primary_instrument="phq-9",
        baselines={"phq-9": UUID(int=201)},
    )
    new = replace(old, course_id=UUID(int=501), started_on=date(2026, 5, 1), baselines={})
    async with opened() as work:
        assert await work.courses.latest(PATIENT.patient_id) is None
        await work.courses.put(old)
        await work.courses.put(new)
        assert await work.courses.latest(PATIENT.patient_id) == new
        await work.courses.put(replace(new, closed=True))
    async with opened() as work:
        assert await work.courses.latest(PATIENT.patient_id) == old
        assert await work.courses.get(new.course_id) == replace(new, closed=True)


async def test_milestones_are_one_per_person(opened: Opened) -> None:
    first = Milestones(patient_id=PATIENT.patient_id, course_id=UUID(int=500))
    met = replace(first, remission_on=date(2026, 6, 1), version=1)
    async with opened() as work:
        assert await work.courses.milestones(PATIENT.patient_id) is None
        await work.courses.put_milestones(first)
        await work.courses.put_milestones(met)
    async with opened() as work:
        assert await work.courses.milestones(PATIENT.patient_id) == met
