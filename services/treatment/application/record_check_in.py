"""Record a check-in after a cut or after the last dose; an open gate schedules the next step."""

from datetime import datetime
from uuid import UUID

from services.treatment.application.changing import MakeFact, commit, load, stating
from services.treatment.application.draft_taper import is_flagged
from services.treatment.application.ports import RecordedCheckIn, Work
from services.treatment.domain import tapering
from services.treatment.domain.course import Course
from services.treatment.domain.gate import CheckIn, Proposal
from services.treatment.domain.rulebook import Rulebook
from shared.events.treatment import TaperCheckInRecorded, TaperStepScheduled


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
    book: Rulebook,
    now: datetime,
) -> tuple[Course, Proposal]:
    """Raises: Unknown, IllegalMove, PlanSuperseded, NoSuchItem, AlreadyDone, BadDate,
    StaleVersion."""
    found = await load(work, course_id, now=now)
    course = found.course
    checked, proposal = tapering.check_in(
        course,
        said,
        kind=kind,
        ordinal=ordinal,
        plan_version=plan_version,
        today=found.today,
        at=now,
        flagged=await is_flagged(work, found.patient.id, book=book),
        cadence=book.steps,
    )
    stored = await commit(
        work,
        course,
        checked,
        *_facts(course, checked),
        on=found.today,
        now=now,
        kind=f"check-in-{kind}",
        text=f"{proposal.rule}: {proposal.detail}",
    )
    await _keep(
        work,
        stored,
        RecordedCheckIn(
            id=work.new_id(),
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
    return stored, proposal


def _facts(before: Course, after: Course) -> tuple[MakeFact, ...]:
    known = len(before.taper.scheduled) if before.taper else 0
    now = len(after.taper.scheduled) if after.taper else 0
    scheduled = (stating(TaperStepScheduled),) if now > known else ()
    return (stating(TaperCheckInRecorded), *scheduled)


async def _keep(work: Work, course: Course, recorded: RecordedCheckIn) -> None:
    await work.records.check_in(recorded)
    work.audit(
        "check-in.recorded",
        object=f"check-in:{recorded.id}",
        subject=course.patient_id,
        version=1,
    )
