"""What a proposed change of a plan makes of a course: calculated to be shown, then to be signed."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from services.treatment.domain import live_taper, tapering
from services.treatment.domain.course import Course
from services.treatment.domain.errors import BadDate, IllegalMove
from services.treatment.domain.live_taper import ScheduledStep, StepCadence, begin_again
from services.treatment.domain.phases import Move, Phase, require
from services.treatment.domain.plan import Outline
from services.treatment.domain.plan_change import ChangeKind
from services.treatment.domain.reviews import Cadence


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is asked for: a hold of ``days``, anything else from a day ``on``."""

    kind: ChangeKind
    plan_version: int
    days: int | None = None
    on: date | None = None

    def require_days(self) -> int:
        """Raises: BadDate, when a hold does not say for how long."""
        if self.days is None:
            raise BadDate("Say for how many days.", field="days")
        return self.days

    def require_on(self) -> date:
        """Raises: BadDate, when the day is missing."""
        if self.on is None:
            raise BadDate("Say from which day.", field="on")
        return self.on


@dataclass(frozen=True, slots=True, kw_only=True)
class NextPlan:
    """The plan that follows, where one does."""

    plan_id: UUID
    outline: Outline
    standing_days: int | None


def carry_out(
    course: Course,
    wanted: Wanted,
    *,
    following: NextPlan | None,
    today: date,
    at: datetime,
    cadence: StepCadence,
    rhythm: Cadence,
) -> Course:
    """The course as it would be.

    Raises:
        IllegalMove, PlanSuperseded, BadDate
    """
    if wanted.kind is ChangeKind.HOLD:
        return tapering.hold(
            course,
            plan_version=wanted.plan_version,
            days=wanted.require_days(),
            today=today,
            at=at,
            by_prescriber=True,
            cadence=cadence,
        )
    if wanted.kind is ChangeKind.RESUME:
        _require_version(course, wanted)
        return tapering.release(course, on=wanted.require_on(), today=today)
    if wanted.kind is ChangeKind.SLOW_DOWN:
        require(Move.SLOW_DOWN, course.phase)
        _require_version(course, wanted)
        if following is None:
            raise IllegalMove("There is no gentler way down to follow: write one by hand.")
        return _followed(course, course, following, today=today, at=at, cadence=cadence)
    move = tapering.step_back if wanted.kind is ChangeKind.STEP_BACK else tapering.reinstate
    back = move(
        course,
        plan_version=wanted.plan_version,
        from_on=wanted.require_on(),
        today=today,
        at=at,
        cadence=rhythm,
    )
    if following is None:
        return back
    return _followed(course, back, following, today=today, at=at, cadence=cadence, on=wanted.on)


def _require_version(course: Course, wanted: Wanted) -> None:
    if course.taper is None:
        raise IllegalMove("This course has no live taper plan.")
    live_taper.require_version(course.taper, wanted.plan_version)


def _followed(
    before: Course,
    course: Course,
    following: NextPlan,
    *,
    today: date,
    at: datetime,
    cadence: StepCadence,
    on: date | None = None,
) -> Course:
    """``course`` with the next plan in place of ``before``'s; ``on`` is the day of going back."""
    old = before.taper
    cut = live_taper.last_taken(old) if old else None
    if old is None or cut is None:
        raise IllegalMove("No step was taken yet: draft another plan instead.")
    outline = following.outline
    living = cut if on is None else _again(cut, outline, on=on, at=at)
    taper = begin_again(
        plan_id=following.plan_id,
        plan_version=old.plan_version + 1,
        policy=outline.policy,
        planned=tuple(row.planned() for row in outline.rows),
        starts_on=outline.starts_on,
        living=living,
        cadence=cadence,
        standing_days=following.standing_days,
    )
    held = old.hold_until if before.phase is Phase.TAPER_HOLD else None
    if held is not None and taper.last.check_in_gate_on is not None:
        later = max(held, taper.last.check_in_gate_on)
        taper = replace(taper, scheduled=(replace(taper.last, check_in_gate_on=later),))
    return tapering.follow(course, taper, today=today, at=at)


def _again(cut: ScheduledStep, outline: Outline, *, on: date, at: datetime) -> ScheduledStep:
    """The dose before the cut, taken again. Its supply is not confirmed: somebody has to ask."""
    days = (outline.starts_on - on).days
    parts = ", ".join(f"{part.units * days:f} x {part.label}" for part in outline.start_parts)
    return ScheduledStep(
        ordinal=0,
        change_on=on,
        previous=cut.dose,
        dose=cut.previous,
        supply_text=parts or f"{days} days of {cut.previous.text}",
        taken_on=on,
        taken_at=at,
    )
