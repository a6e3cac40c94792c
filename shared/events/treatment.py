"""Facts the treatment service owns: courses, reviews, remission, tapers.

Every fact about a course carries the course's full current state, so a reader derives
what is owed from state and never from a sequence of deltas.
"""

from datetime import date
from decimal import Decimal
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime

from shared.events.envelope import Fact, Payload


class ReviewState(Payload):
    """One planned look at the course. ``for_role`` is who should do it."""

    ordinal: int
    kind: str
    due_on: date
    for_role: str
    rule: str
    done_at: AwareDatetime | None = None


class TaperStepState(Payload):
    """One dose on the way down, in milligrams a day and in the words on the box.

    Scheduled one step ahead only. ``dose_mg`` 0 is the stop. A ``done`` time closes the
    obligation of that kind; the check-in dates are None for the stop.
    """

    ordinal: int
    change_on: date
    previous_dose_mg: Decimal
    previous_dose_text: str
    dose_mg: Decimal
    dose_text: str
    supply_text: str
    check_in_early_on: date | None
    check_in_gate_on: date | None
    supply_confirmed_at: AwareDatetime | None = None
    taken_at: AwareDatetime | None = None
    early_check_in_at: AwareDatetime | None = None
    gate_check_in_at: AwareDatetime | None = None


class SurveillanceState(Payload):
    """One look at the person after the last dose (evidence pack 3.6)."""

    ordinal: int
    due_on: date
    done_at: AwareDatetime | None = None


class TaperState(Payload):
    """The live taper plan. ``steps`` reaches from the first step to the one scheduled next."""

    plan_id: UUID
    plan_version: int
    policy: str
    status: Literal["signed", "active", "hold", "completed", "stopped"]
    steps: tuple[TaperStepState, ...]
    step_count: int
    surveillance: tuple[SurveillanceState, ...] = ()


class CourseState(Payload):
    """One antidepressant course from start to close. Doses in milligrams a day."""

    course_id: UUID
    patient_id: UUID
    phase: str
    drug: str
    indication: str
    dose_mg: Decimal
    dose_text: str
    prescriber_id: UUID
    started_on: date | None
    remission_on: date | None
    decision_review_on: date | None
    reviews: tuple[ReviewState, ...]
    taper: TaperState | None = None


class CourseFact(Fact):
    """Aggregate ``course:<course_id>``."""

    course: CourseState


class CourseProposed(CourseFact):
    TYPE: ClassVar[str] = "care.treatment.course.proposed.v1"


class CourseConfirmed(CourseFact):
    TYPE: ClassVar[str] = "care.treatment.course.confirmed.v1"


class CourseDoseChanged(CourseFact):
    TYPE: ClassVar[str] = "care.treatment.course.dose-changed.v1"


class CourseSuspended(CourseFact):
    TYPE: ClassVar[str] = "care.treatment.course.suspended.v1"


class CourseResumed(CourseFact):
    TYPE: ClassVar[str] = "care.treatment.course.resumed.v1"


class CourseSwitched(CourseFact):
    TYPE: ClassVar[str] = "care.treatment.course.switched.v1"


class CourseClosed(CourseFact):
    TYPE: ClassVar[str] = "care.treatment.course.closed.v1"


class CourseStopped(CourseFact):
    """The drug was stopped at once because going on did serious harm."""

    TYPE: ClassVar[str] = "care.treatment.course.stopped.v1"


class ContinuationDecided(CourseFact):
    TYPE: ClassVar[str] = "care.treatment.course.continuation-decided.v1"


class AdherenceGapRecorded(CourseFact):
    TYPE: ClassVar[str] = "care.treatment.course.adherence-gap-recorded.v1"


class ReviewPlanned(CourseFact):
    """A rule asks a person to look, outside the cadence."""

    TYPE: ClassVar[str] = "care.treatment.course.review-planned.v1"


class ResponseReviewed(CourseFact):
    TYPE: ClassVar[str] = "care.treatment.course.response-reviewed.v1"
    response: str


class RemissionRecorded(CourseFact):
    TYPE: ClassVar[str] = "care.treatment.course.remission-recorded.v1"


class RelapseRecorded(CourseFact):
    TYPE: ClassVar[str] = "care.treatment.course.relapse-recorded.v1"


class SignatureState(Payload):
    """Something a named prescriber is asked to sign. ``what`` is ``plan-change``: a proposed
    version that replaces ``plan_version`` of the plan, and dies with it; ``taper-plan``: the newest
    draft of a course's taper; or ``course``: a proposed course, whose ``plan_id`` is its own id;
    ``taper-second`` or ``course-second``: the second signature under either, by anybody but
    ``not_staff_id``. Of these four each course has one request, which may be asked again after
    it was settled."""

    request_id: UUID
    what: str
    course_id: UUID
    patient_id: UUID
    plan_id: UUID
    plan_version: int
    for_staff_id: UUID
    rule: str
    asked_at: AwareDatetime
    status: Literal["open", "signed", "declined", "overtaken"]
    not_staff_id: UUID | None = None


class SignatureFact(Fact):
    """Aggregate ``signature:<request_id>``."""

    signature: SignatureState


class SignatureRequested(SignatureFact):
    TYPE: ClassVar[str] = "care.treatment.signature.requested.v1"


class SignatureSettled(SignatureFact):
    """Signed, declined, or overtaken by something newer."""

    TYPE: ClassVar[str] = "care.treatment.signature.settled.v1"


class FormularyChanged(Fact):
    """Aggregate ``formulary:<drug>``. What is known of a drug here is not what it was.

    ``digest`` is of the drug's file, the rules about it, and what is sold that day.
    """

    TYPE: ClassVar[str] = "care.treatment.formulary.changed.v1"
    drug: str
    jurisdiction: str
    file_version: int
    review_status: str
    digest: str


class TaperPlanned(CourseFact):
    TYPE: ClassVar[str] = "care.treatment.taper.planned.v1"


class TaperStepScheduled(CourseFact):
    TYPE: ClassVar[str] = "care.treatment.taper.step-scheduled.v1"


class TaperSupplyConfirmed(CourseFact):
    TYPE: ClassVar[str] = "care.treatment.taper.supply-confirmed.v1"


class TaperStepTaken(CourseFact):
    TYPE: ClassVar[str] = "care.treatment.taper.step-taken.v1"


class CheckInState(Payload):
    """What a check-in said that cannot wait for anybody to open the record.

    ``dangers`` are codes: ``suicidal-thoughts``, ``marked-agitation``, ``mania-signs``,
    ``emergency-signs``. ``flag_ids`` are the safety flags that were raised for them already.
    ``scored_in`` are the questionnaires cited for suicidal thoughts that nobody said otherwise:
    where one of them is this person's and raised its own flag, that flag is the one.
    """

    check_in_id: UUID
    dangers: tuple[str, ...]
    flag_ids: tuple[UUID, ...] = ()
    scored_in: tuple[UUID, ...] = ()


class TaperCheckInRecorded(CourseFact):
    TYPE: ClassVar[str] = "care.treatment.taper.check-in-recorded.v1"
    check_in: CheckInState | None = None


class TaperHeld(CourseFact):
    TYPE: ClassVar[str] = "care.treatment.taper.held.v1"


class TaperSteppedBack(CourseFact):
    TYPE: ClassVar[str] = "care.treatment.taper.stepped-back.v1"


class TaperReplanned(CourseFact):
    TYPE: ClassVar[str] = "care.treatment.taper.re-planned.v1"


class TaperCompleted(CourseFact):
    TYPE: ClassVar[str] = "care.treatment.taper.completed.v1"


class TaperStopped(CourseFact):
    TYPE: ClassVar[str] = "care.treatment.taper.stopped.v1"
