"""A signed plan being lived: one step scheduled ahead, gates, holds, and the looks at the end.

Dates beyond the scheduled step are expectations. Whenever a scheduled date moves, the plan gets
a new version with the same doses, so a reminder of the old date can never be shown (T-07).
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from services.treatment.domain.errors import (
    AlreadyDone,
    BadDate,
    IllegalMove,
    NoSuchItem,
    PlanSuperseded,
)
from services.treatment.domain.gate import Proposal
from services.treatment.domain.surveillance import Look


class PlanStatus(StrEnum):
    SIGNED = "signed"
    ACTIVE = "active"
    HOLD = "hold"
    COMPLETED = "completed"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Dose:
    """Milligrams a day, and the words for what to take."""

    mg: Decimal
    text: str


NO_DOSE = Dose(Decimal(0), "nothing: the drug is stopped")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedStep:
    """A dose of the signed plan and the days it is meant to be held."""

    ordinal: int
    days: int
    dose: Dose
    supply_text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledStep:
    """A step with its dates. The check-in dates count from the day it was really taken."""

    ordinal: int
    change_on: date
    previous: Dose
    dose: Dose
    supply_text: str
    check_in_early_on: date | None = None
    check_in_gate_on: date | None = None
    supply_confirmed_at: datetime | None = None
    taken_on: date | None = None
    taken_at: datetime | None = None
    early_check_in_at: datetime | None = None
    gate_check_in_at: datetime | None = None

    @property
    def waits_at_gate(self) -> bool:
        """Taken, and the check-in that would let the next step come is not in."""
        return self.check_in_gate_on is not None and self.gate_check_in_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepCadence:
    """The rhythm inside a step, in days.

    ``gate_leads`` are (step length from, days before its end) pairs, longest length first.
    The lead is also the least time from an opened gate to the next change.
    """

    early_after_days: int
    gate_leads: tuple[tuple[int, int], ...]
    standing_order_hold_days: int
    missed_doses_limit: int

    def gate_lead(self, step_days: int) -> int:
        """How many days before the end of a step of that length its gate is asked."""
        return next((lead for length, lead in self.gate_leads if step_days >= length), 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taper:
    """The live plan. ``held_days`` and ``holds`` count since the last step was taken."""

    plan_id: UUID
    plan_version: int
    policy: str
    status: PlanStatus
    planned: tuple[PlannedStep, ...]
    scheduled: tuple[ScheduledStep, ...]
    looks: tuple[Look, ...] = ()
    hold_until: date | None = None
    held_days: int = 0
    holds: int = 0
    proposal: Proposal | None = None
    proposed_at: datetime | None = None

    @property
    def last(self) -> ScheduledStep:
        """The step scheduled last; there is always one."""
        return self.scheduled[-1]

    @property
    def is_live(self) -> bool:
        return self.status in {PlanStatus.SIGNED, PlanStatus.ACTIVE, PlanStatus.HOLD}


def begin(
    *,
    plan_id: UUID,
    plan_version: int,
    policy: str,
    planned: tuple[PlannedStep, ...],
    starts_on: date,
    current: Dose,
) -> Taper:
    """The plan just signed, with its first step scheduled."""
    first = planned[0]
    step = ScheduledStep(
        ordinal=first.ordinal,
        change_on=starts_on,
        previous=current,
        dose=first.dose,
        supply_text=first.supply_text,
    )
    return Taper(
        plan_id=plan_id,
        plan_version=plan_version,
        policy=policy,
        status=PlanStatus.SIGNED,
        planned=planned,
        scheduled=(step,),
    )


def require_version(taper: Taper, plan_version: int) -> None:
    """Refuse what was meant for an older version of the plan (H-03).

    Raises:
        PlanSuperseded: naming the version that counts now.
    """
    if taper.plan_version != plan_version:
        raise PlanSuperseded(
            f"The plan is at version {taper.plan_version} now, not {plan_version}: look again.",
            field="plan_version",
        )


def require_step(taper: Taper, ordinal: int) -> None:
    """Raises: NoSuchItem, when that step is not scheduled."""
    _step(taper, ordinal)


def confirm_supply(taper: Taper, ordinal: int, *, at: datetime) -> Taper:
    """The whole next step is in the person's hands (T-19).

    Raises:
        NoSuchItem, AlreadyDone: the step is not scheduled, or its supply is confirmed.
    """
    step = _step(taper, ordinal)
    if step.supply_confirmed_at is not None:
        raise AlreadyDone(f"The supply of step {ordinal} was confirmed before.", field="ordinal")
    return _with_step(taper, replace(step, supply_confirmed_at=at))


def take(
    taper: Taper, ordinal: int, *, taken_on: date, today: date, at: datetime, cadence: StepCadence
) -> Taper:
    """The new dose was started; its check-ins count from that day.

    Raises:
        NoSuchItem, AlreadyDone: the step is not scheduled, or was taken.
        IllegalMove: its supply is not confirmed.
        BadDate: before the day it may change, or in the future.
    """
    step = _step(taper, ordinal)
    if step.taken_at is not None:
        raise AlreadyDone(f"Step {ordinal} was taken on {step.taken_on}.", field="ordinal")
    if step.supply_confirmed_at is None:
        raise IllegalMove(f"T-19: confirm the supply of step {ordinal} first.", field="ordinal")
    if taken_on > today:
        raise BadDate("The day lies in the future.", field="taken_on")
    if taken_on < step.change_on:
        raise BadDate(f"Step {ordinal} may not start before {step.change_on}.", field="taken_on")
    is_stop = not step.dose.mg
    gate_on = None if is_stop else _gate_on(taper, step, taken_on, cadence)
    early_on = None if gate_on is None else _early_on(taken_on, gate_on, cadence)
    taken = replace(
        step,
        taken_on=taken_on,
        taken_at=at,
        check_in_early_on=early_on,
        check_in_gate_on=gate_on,
    )
    return replace(
        _with_step(taper, taken),
        status=PlanStatus.COMPLETED if is_stop else PlanStatus.ACTIVE,
        hold_until=None,
        held_days=0,
        holds=0,
        proposal=None,
        proposed_at=None,
    )


def record_early(taper: Taper, ordinal: int, proposal: Proposal, *, at: datetime) -> Taper:
    """The check-in of day 3 to 5; it never opens a gate by itself.

    Raises:
        NoSuchItem, AlreadyDone: there is nothing to check, or it was recorded.
    """
    step = _step(taper, ordinal)
    if step.check_in_early_on is None:
        raise NoSuchItem(f"Step {ordinal} was not taken: nothing to check yet.", field="ordinal")
    if step.early_check_in_at is not None:
        raise AlreadyDone(f"The early check-in of step {ordinal} is recorded.", field="ordinal")
    return replace(
        _with_step(taper, replace(step, early_check_in_at=at)),
        proposal=None if proposal.opens_gate else proposal,
        proposed_at=None if proposal.opens_gate else at,
    )


def record_gate(
    taper: Taper,
    ordinal: int,
    proposal: Proposal,
    *,
    today: date,
    at: datetime,
    cadence: StepCadence,
) -> Taper:
    """The check-in before the next step. An open gate schedules that step; nothing else does.

    A gate that stays shut stays owed: it is asked again until it opens, is held, or a
    prescriber steps back.

    Raises:
        NoSuchItem, AlreadyDone: there is no gate to answer, or it is open already.
        BadDate: the person has not had the time to judge the cut.
    """
    step = _step(taper, ordinal)
    if step.check_in_gate_on is None:
        raise NoSuchItem(f"Step {ordinal} was not taken: no gate to answer yet.", field="ordinal")
    if step.gate_check_in_at is not None:
        raise AlreadyDone(f"The gate of step {ordinal} is open already.", field="ordinal")
    if not proposal.opens_gate:
        return replace(taper, proposal=proposal, proposed_at=at)
    if today < step.check_in_gate_on:
        raise BadDate(
            f"The gate of step {ordinal} is asked from {step.check_in_gate_on}, not before: "
            "the cut needs time to show.",
            field="kind",
        )
    opened = replace(
        _with_step(taper, replace(step, gate_check_in_at=at)),
        status=PlanStatus.ACTIVE,
        hold_until=None,
        proposal=proposal,
        proposed_at=at,
    )
    return _schedule_next(opened, step, today=today, cadence=cadence)


def hold(taper: Taper, *, until: date, today: date) -> Taper:
    """Keep the dose; every date from here on moves to ``until`` or later (T-07).

    A step that is scheduled and not taken is taken back, and the gate before it is asked again
    when the hold ends; a first step just moves.
    """
    last = taper.last
    if last.taken_at is not None:
        gate_on = max(until, last.check_in_gate_on or until)
        steps = (*taper.scheduled[:-1], replace(last, check_in_gate_on=gate_on))
    elif len(taper.scheduled) == 1:
        steps = (replace(last, change_on=max(until, last.change_on)),)
    else:
        before = replace(taper.scheduled[-2], check_in_gate_on=until, gate_check_in_at=None)
        steps = (*taper.scheduled[:-2], before)
    return replace(
        taper,
        plan_version=taper.plan_version + 1,
        status=PlanStatus.HOLD,
        scheduled=steps,
        hold_until=until,
        held_days=taper.held_days + (until - today).days,
        holds=taper.holds + 1,
        proposal=None,
        proposed_at=None,
    )


def release(taper: Taper, *, on: date) -> Taper:
    """End a hold on a day; the gate is asked then, or the first step comes then."""
    last = taper.last
    if last.taken_at is None:
        moved = replace(last, change_on=on)
    else:
        moved = replace(last, check_in_gate_on=on)
    return replace(
        _with_step(taper, moved),
        plan_version=taper.plan_version + 1,
        status=PlanStatus.SIGNED if last.taken_at is None else PlanStatus.ACTIVE,
        hold_until=None,
    )


def stop(taper: Taper) -> Taper:
    """Nothing of this plan is owed any more."""
    return replace(taper, status=PlanStatus.STOPPED, hold_until=None)


def last_taken(taper: Taper) -> ScheduledStep | None:
    """The cut the person lives with now."""
    taken = [step for step in taper.scheduled if step.taken_at is not None]
    return taken[-1] if taken else None


def _step(taper: Taper, ordinal: int) -> ScheduledStep:
    for step in taper.scheduled:
        if step.ordinal == ordinal:
            return step
    raise NoSuchItem(f"Step {ordinal} is not scheduled.", field="ordinal")


def _with_step(taper: Taper, changed: ScheduledStep) -> Taper:
    return replace(
        taper,
        scheduled=tuple(
            changed if step.ordinal == changed.ordinal else step for step in taper.scheduled
        ),
    )


def _planned(taper: Taper, ordinal: int) -> PlannedStep:
    return next(step for step in taper.planned if step.ordinal == ordinal)


def _gate_on(taper: Taper, step: ScheduledStep, taken_on: date, cadence: StepCadence) -> date:
    days = _planned(taper, step.ordinal).days
    return taken_on + timedelta(days=days - cadence.gate_lead(days))


def _early_on(taken_on: date, gate_on: date, cadence: StepCadence) -> date:
    return min(taken_on + timedelta(days=cadence.early_after_days), gate_on)


def _schedule_next(
    taper: Taper, step: ScheduledStep, *, today: date, cadence: StepCadence
) -> Taper:
    """The next step comes after the days of this one, and never sooner after its gate."""
    days = _planned(taper, step.ordinal).days
    following = _planned(taper, step.ordinal + 1)
    planned_on = (step.taken_on or step.change_on) + timedelta(days=days)
    scheduled = ScheduledStep(
        ordinal=following.ordinal,
        change_on=max(planned_on, today + timedelta(days=cadence.gate_lead(days))),
        previous=step.dose,
        dose=following.dose,
        supply_text=following.supply_text,
    )
    return replace(taper, scheduled=(*taper.scheduled, scheduled))
