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
from services.treatment.domain.gate import CheckInRules, Proposal
from services.treatment.domain.supply import SupplyPart
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
    supply_parts: tuple[SupplyPart, ...] = ()


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
    """The rhythm inside a step, in days, and the figures its check-ins are judged by.

    ``gate_leads`` are (step length from, days before its end) pairs, longest length first.
    The lead is also the least time from an opened gate to the next change.
    """

    early_after_days: int
    gate_leads: tuple[tuple[int, int], ...]
    standing_order_hold_days: int
    check_in: CheckInRules

    def gate_lead(self, step_days: int) -> int:
        """How many days before the end of a step of that length its gate is asked."""
        return next((lead for length, lead in self.gate_leads if step_days >= length), 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taper:
    """The live plan. ``held_days`` and ``holds`` count since the last step was taken.

    ``starts_on`` is the signed day of the first cut: no change of dates brings it forward.
    ``standing_days`` is how long the signature lets a nurse hold at one dose; None where the
    plan was signed before it said so, and the content's figure counts.
    """

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
    starts_on: date | None = None
    standing_days: int | None = None
    proposal: Proposal | None = None
    proposed_at: datetime | None = None

    @property
    def last(self) -> ScheduledStep:
        """The step scheduled last; there is always one."""
        return self.scheduled[-1]

    @property
    def step_count(self) -> int:
        """How many cuts the plan has. Step 0, where there is one, is the dose it starts from."""
        return sum(step.ordinal > 0 for step in self.planned)

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
    standing_days: int | None = None,
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
        starts_on=starts_on,
        standing_days=standing_days,
    )


def begin_again(
    *,
    plan_id: UUID,
    plan_version: int,
    policy: str,
    planned: tuple[PlannedStep, ...],
    starts_on: date,
    living: ScheduledStep,
    cadence: StepCadence,
    standing_days: int | None = None,
) -> Taper:
    """A plan that follows another while a dose is being lived.

    That dose becomes step 0, so that its gate is asked before the first new cut: time alone
    opens it as little as any other (T-06).
    """
    taken_on = living.taken_on or living.change_on
    days = (starts_on - taken_on).days
    gate_on = starts_on - timedelta(days=cadence.gate_lead(days))
    early_on = living.check_in_early_on
    start = replace(
        living,
        ordinal=0,
        check_in_early_on=None if early_on is None else min(early_on, gate_on),
        check_in_gate_on=gate_on,
        gate_check_in_at=None,
    )
    zero = PlannedStep(ordinal=0, days=days, dose=living.dose, supply_text=living.supply_text)
    return Taper(
        plan_id=plan_id,
        plan_version=plan_version,
        policy=policy,
        status=PlanStatus.ACTIVE,
        planned=(zero, *planned),
        scheduled=(start,),
        starts_on=starts_on,
        standing_days=standing_days,
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


def scheduled(taper: Taper, ordinal: int) -> ScheduledStep:
    """The step with that number.

    Raises:
        NoSuchItem: it is not scheduled.
    """
    return _step(taper, ordinal)


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


def record_unscheduled(
    taper: Taper, proposal: Proposal, *, at: datetime, within: timedelta
) -> Taper:
    """Something said between the check-ins. It opens no gate; bad news stands until it is
    answered or until good news that is not so close to it that the two contradict."""
    if not proposal.opens_gate:
        return replace(taper, proposal=proposal, proposed_at=at)
    if contradicts(taper, at=at, within=within):
        return taper
    shut = taper.proposal is not None and not taper.proposal.opens_gate
    return replace(taper, proposal=None, proposed_at=None) if shut else taper


def contradicts(taper: Taper, *, at: datetime, within: timedelta) -> bool:
    """Whether good news now would follow bad news of a moment ago."""
    bad = taper.proposal is not None and taper.proposal.is_bad_news
    return bad and taper.proposed_at is not None and at - taper.proposed_at < within


def hold(taper: Taper, *, days: int, today: date) -> Taper:
    """Keep the dose for so many days; on a held plan, for so many days more (T-07).

    The step's own time stands still meanwhile, so its gate and the next cut both come later by
    the days of the hold; how the person is, is asked again on the day the hold ends. A step that
    is scheduled and not taken is taken back, and the gate before it is asked again. A first
    step just moves.
    """
    until = held_from(taper, today) + timedelta(days=days)
    held = replace(
        taper,
        plan_version=taper.plan_version + 1,
        status=PlanStatus.HOLD,
        hold_until=until,
        held_days=taper.held_days + days,
        holds=taper.holds + 1,
        proposal=None,
        proposed_at=None,
    )
    last = taper.last
    if last.taken_at is None and len(taper.scheduled) == 1:
        return _with_step(held, replace(last, change_on=max(until, last.change_on)))
    living = last if last.taken_at is not None else taper.scheduled[-2]
    gate_on = max(until, (living.check_in_gate_on or until) + timedelta(days=days))
    asked_again = until < gate_on
    waiting = replace(
        living,
        check_in_gate_on=gate_on,
        gate_check_in_at=None,
        check_in_early_on=until if asked_again else living.check_in_early_on,
        early_check_in_at=None if asked_again else living.early_check_in_at,
    )
    kept = tuple(step for step in taper.scheduled if step.ordinal < living.ordinal)
    return replace(held, scheduled=(*kept, waiting))


def held_from(taper: Taper, today: date) -> date:
    """From when the days of a hold count: today, or the end of the hold that is running."""
    if taper.status is not PlanStatus.HOLD or taper.hold_until is None:
        return today
    return max(today, taper.hold_until)


def release(taper: Taper, *, on: date) -> Taper:
    """End a hold on a day; what the hold had moved comes back by the days that are not used.

    A first step never comes before the day that was signed, nor any gate before ``on``.
    """
    unused = (taper.hold_until or on) - on
    last = taper.last
    if last.taken_at is None:
        moved = replace(last, change_on=max(on, taper.starts_on or last.change_on))
    else:
        gate_on = max(on, (last.check_in_gate_on or on) - unused)
        early = last.check_in_early_on if last.early_check_in_at else min(on, gate_on)
        moved = replace(last, check_in_gate_on=gate_on, check_in_early_on=early)
    return replace(
        _with_step(taper, moved),
        plan_version=taper.plan_version + 1,
        status=PlanStatus.SIGNED if last.taken_at is None else PlanStatus.ACTIVE,
        hold_until=None,
        held_days=max(0, taper.held_days - unused.days),
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


def next_on(taper: Taper, step: ScheduledStep, *, today: date, cadence: StepCadence) -> date:
    """When the step after this one comes if the gate opens today: after the days of this one and
    of its holds, never too soon after the gate."""
    days = _planned(taper, step.ordinal).days
    planned_on = (step.taken_on or step.change_on) + timedelta(days=days + taper.held_days)
    return max(planned_on, today + timedelta(days=cadence.gate_lead(days)))


def _schedule_next(
    taper: Taper, step: ScheduledStep, *, today: date, cadence: StepCadence
) -> Taper:
    following = _planned(taper, step.ordinal + 1)
    scheduled = ScheduledStep(
        ordinal=following.ordinal,
        change_on=next_on(taper, step, today=today, cadence=cadence),
        previous=step.dose,
        dose=following.dose,
        supply_text=following.supply_text,
    )
    return replace(taper, scheduled=(*taper.scheduled, scheduled))
