"""A proposed new version of a plan: what would change, readable, and nothing before it is signed.

The change is calculated from the plan as it stands, kept with what it shows, and calculated again
when it is signed: if it no longer comes out the same, it is overtaken and proposed anew.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from services.treatment.domain.course import Course
from services.treatment.domain.live_taper import Dose, StepCadence, Taper
from services.treatment.domain.owed import REVIEW, owed_by
from services.treatment.domain.plan import Outline
from services.treatment.domain.quantities import ZERO
from services.treatment.domain.schedule import Expected, expected
from services.treatment.domain.supply import SupplyPart


class ChangeKind(StrEnum):
    """``reinstate`` goes back to the last dose after the drug was stopped."""

    HOLD = "hold"
    RESUME = "resume"
    STEP_BACK = "step-back"
    SLOW_DOWN = "slow-down"
    REINSTATE = "reinstate"


class ChangeState(StrEnum):
    PROPOSED = "proposed"
    SIGNED = "signed"
    DECLINED = "declined"
    OVERTAKEN = "overtaken"


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffRow:
    """One step ahead: as the plan says now, and as it would say. Either may be missing."""

    ordinal: int
    on: date
    dose: Dose
    supply_text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """How much of one product the steps ahead take, now and then."""

    label: str
    unit: str
    before: Decimal
    after: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderMove:
    """One thing owed: moved where both days are there, cancelled or new where one is."""

    kind: str
    ordinal: int
    before: date | None
    after: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Diff:
    """What would be different, and nothing else that is not."""

    dose_before: Dose
    dose_after: Dose
    before: tuple[DiffRow, ...]
    after: tuple[DiffRow, ...]
    quantities: tuple[Quantity, ...]
    reminders: tuple[ReminderMove, ...]

    def is_as(self, shown: "Diff") -> bool:
        """Whether doses and days are those that were shown; reviews may have come and gone."""
        return (self.dose_before, self.dose_after, self.before, self.after) == (
            shown.dose_before,
            shown.dose_after,
            shown.before,
            shown.after,
        )

    @property
    def ends_before(self) -> date | None:
        return self.before[-1].on if self.before else None

    @property
    def ends_after(self) -> date | None:
        return self.after[-1].on if self.after else None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanChange:
    """``days`` is the length of a hold, ``on`` the day of the others. ``outline`` is the plan that
    follows, where there is one. ``proposed_by`` is a person or the rule that proposed it."""

    id: UUID
    course_id: UUID
    patient_id: UUID
    version: int
    kind: ChangeKind
    state: ChangeState
    plan_id: UUID
    from_version: int
    days: int | None
    on: date | None
    outline: Outline | None
    diff: Diff
    rule: str
    reason: str
    proposed_by: str
    proposed_at: datetime
    decided_by: UUID | None = None
    decided_at: datetime | None = None
    decline_reason: str | None = None

    @property
    def is_open(self) -> bool:
        return self.state is ChangeState.PROPOSED

    def fits(self, taper: Taper | None) -> bool:
        """Whether the plan it would change is still the live version."""
        return taper is not None and (taper.plan_id, taper.plan_version) == (
            self.plan_id,
            self.from_version,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanVersion:
    """A version as it was when it became the live one; versions are only added."""

    plan_id: UUID
    plan_version: int
    course_id: UUID
    patient_id: UUID
    kind: str
    made_at: datetime
    made_on: date
    reason: str | None
    taper: Taper
    made_by: str = ""


def compare(
    before: Course, after: Course, *, today: date, cadence: StepCadence, supply_working_days: int
) -> Diff:
    """What a person has to see before saying yes."""
    steps_before = _ahead(before, today=today, cadence=cadence)
    steps_after = _ahead(after, today=today, cadence=cadence)
    return Diff(
        dose_before=before.dose,
        dose_after=after.dose,
        before=rows(steps_before),
        after=rows(steps_after),
        quantities=_quantities(steps_before, steps_after),
        reminders=tuple(
            _moves(
                _owed(before, supply_working_days=supply_working_days),
                _owed(after, supply_working_days=supply_working_days),
            )
        ),
    )


def rows(steps: Iterable[Expected]) -> tuple[DiffRow, ...]:
    """Steps ahead, as they are read."""
    return tuple(
        DiffRow(ordinal=step.ordinal, on=step.on, dose=step.dose, supply_text=step.supply_text)
        for step in steps
    )


def _ahead(course: Course, *, today: date, cadence: StepCadence) -> tuple[Expected, ...]:
    return expected(course.taper, today=today, cadence=cadence) if course.taper else ()


def _quantities(before: tuple[Expected, ...], after: tuple[Expected, ...]) -> tuple[Quantity, ...]:
    old, new = _totals(before), _totals(after)
    return tuple(
        Quantity(
            label=(new.get(code) or old[code])[0].label,
            unit=(new.get(code) or old[code])[0].unit,
            before=_units(old, code),
            after=_units(new, code),
        )
        for code in dict.fromkeys((*old, *new))
    )


def _totals(steps: tuple[Expected, ...]) -> dict[str, tuple[SupplyPart, Decimal]]:
    found: dict[str, tuple[SupplyPart, Decimal]] = {}
    for step in steps:
        for part in step.supply_parts:
            _, so_far = found.get(part.product, (part, ZERO))
            found[part.product] = (part, so_far + part.units)
    return found


def _units(totals: Mapping[str, tuple[SupplyPart, Decimal]], code: str) -> Decimal:
    return totals[code][1] if code in totals else ZERO


Owing = Mapping[tuple[str, str, int], date]


def _owed(course: Course, *, supply_working_days: int) -> Owing:
    plan = str(course.taper.plan_id) if course.taper else ""
    return {
        (owed.kind, "" if owed.kind == REVIEW else plan, owed.ordinal): owed.due_on
        for owed in owed_by(course, supply_working_days=supply_working_days)
    }


def _moves(before: Owing, after: Owing) -> Iterable[ReminderMove]:
    for key in dict.fromkeys((*before, *after)):
        kind, _, ordinal = key
        if before.get(key) != after.get(key):
            yield ReminderMove(
                kind=kind, ordinal=ordinal, before=before.get(key), after=after.get(key)
            )
