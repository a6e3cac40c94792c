"""Record a check-in after a cut or after the last dose; an open gate schedules the next step."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.treatment.application.around import around
from services.treatment.application.changing import MakeFact, commit, load, stating
from services.treatment.application.citing import require_own
from services.treatment.application.ports import Formulary, RecordedCheckIn, Work
from services.treatment.application.propose_plan_change import propose_after_check_in
from services.treatment.domain import tapering
from services.treatment.domain.course import Course
from services.treatment.domain.gate import CheckIn, Proposal, dangers
from services.treatment.domain.life_events import LifeEvent
from services.treatment.domain.plan_change import PlanChange
from services.treatment.domain.rulebook import Rulebook
from shared.events.treatment import (
    CheckInState,
    CourseState,
    TaperCheckInRecorded,
    TaperStepScheduled,
)


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of it: the course, what it means, and the version that is proposed from it."""

    course: Course
    proposal: Proposal
    change: PlanChange | None


async def record_check_in(
    work: Work,
    *,
    course_id: UUID,
    plan_version: int,
    kind: str,
    ordinal: int,
    said: CheckIn,
    assessment_ids: tuple[UUID, ...],
    note: str | None,
    formulary: Formulary,
    book: Rulebook,
    now: datetime,
    flag_ids: tuple[UUID, ...] = (),
) -> Recorded:
    """``flag_ids`` are the safety flags raised for it already; assessment raises the others.

    Raises:
        Unknown, IllegalMove, PlanSuperseded, NoSuchItem, AlreadyDone, BadDate, StaleVersion,
        SomebodyElses
    """
    found = await load(work, course_id, now=now)
    course = found.course
    await require_own(work, course.patient_id, assessment_ids=assessment_ids, flag_ids=flag_ids)
    check_in_id = work.new_id()
    if said.life_event_on is not None:
        await work.life_events.put(
            LifeEvent(
                id=check_in_id,
                patient_id=found.patient.id,
                kind=said.life_event or "life-event",
                on=said.life_event_on,
            )
        )
    bearing = await around(work, found, book=book)
    checked, proposal = tapering.check_in(
        course,
        said,
        kind=kind,
        ordinal=ordinal,
        plan_version=plan_version,
        around=bearing,
        today=found.today,
        at=now,
        cadence=book.steps,
    )
    heard = CheckInState(
        check_in_id=check_in_id,
        dangers=dangers(said),
        flag_ids=flag_ids,
        scored_in=() if said.suicidal_thoughts else assessment_ids,
    )
    stored = await commit(
        work,
        course,
        checked,
        *_facts(course, checked, heard),
        on=found.today,
        now=now,
        kind=f"check-in-{kind}",
        text=f"{proposal.rule}: {proposal.detail}",
    )
    await _keep(
        work,
        stored,
        RecordedCheckIn(
            id=check_in_id,
            course_id=course_id,
            plan_id=checked.taper.plan_id if checked.taper else course_id,
            plan_version=plan_version,
            kind=kind,
            ordinal=ordinal,
            at=now,
            said=said,
            proposal=proposal,
            assessment_ids=assessment_ids,
            note=note,
        ),
    )
    change = await propose_after_check_in(
        work,
        stored,
        proposal,
        around=bearing,
        formulary=formulary,
        book=book,
        today=found.today,
        now=now,
    )
    return Recorded(stored, proposal, change)


def _facts(before: Course, after: Course, heard: CheckInState) -> tuple[MakeFact, ...]:
    def recorded(state: CourseState) -> TaperCheckInRecorded:
        return TaperCheckInRecorded(course=state, check_in=heard)

    known = len(before.taper.scheduled) if before.taper else 0
    now = len(after.taper.scheduled) if after.taper else 0
    scheduled = (stating(TaperStepScheduled),) if now > known else ()
    return (recorded, *scheduled)


async def _keep(work: Work, course: Course, recorded: RecordedCheckIn) -> None:
    await work.records.check_in(recorded)
    work.audit(
        "check-in.recorded",
        object=f"check-in:{recorded.id}",
        subject=course.patient_id,
        version=1,
    )
