"""The taper that is being lived: its row, its scheduled steps, and the looks after it."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, bindparam, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.treatment.adapters.store.documents import PLANNED, PROPOSAL
from services.treatment.adapters.store.upsert import upsert
from services.treatment.adapters.tables import LookRow, StepRow, TaperRow
from services.treatment.domain.calendar_days import working_days_before
from services.treatment.domain.live_taper import Dose, PlanStatus, ScheduledStep, Taper
from services.treatment.domain.surveillance import Look

taper_table = TaperRow.__table__  # type: ignore[attr-defined]
step_table = StepRow.__table__  # type: ignore[attr-defined]
look_table = LookRow.__table__  # type: ignore[attr-defined]


def _of_plans(table: Any) -> Select[Any]:
    """Built once, as nearly every page asks it: building one costs as much as running it."""
    return select(table).where(table.c.plan_id.in_(bindparam("plans", expanding=True)))


_TAPERS = _of_plans(taper_table)
_STEPS = _of_plans(step_table).order_by(step_table.c.ordinal)
_LOOKS = _of_plans(look_table).order_by(look_table.c.ordinal)
LIVE = (PlanStatus.SIGNED, PlanStatus.ACTIVE, PlanStatus.HOLD)


async def save_taper(
    session: AsyncSession, taper: Taper, *, course_id: UUID, supply_working_days: int
) -> None:
    """Replace the taper's row, its steps and its looks; whatever it follows is stopped."""
    earlier = update(taper_table).where(
        taper_table.c.course_id == course_id,
        taper_table.c.plan_id != taper.plan_id,
        taper_table.c.status.in_(LIVE),
    )
    await session.execute(earlier.values(status=PlanStatus.STOPPED))
    await upsert(session, TaperRow, _values(taper, course_id))
    for table in (step_table, look_table):
        await session.execute(delete(table).where(table.c.plan_id == taper.plan_id))
    steps = [_step_values(taper, step, supply_working_days) for step in taper.scheduled]
    await session.execute(insert(step_table), steps)
    looks = [
        {
            "plan_id": taper.plan_id,
            "ordinal": look.ordinal,
            "due_on": look.due_on,
            "done_at": look.done_at,
        }
        for look in taper.looks
    ]
    if looks:
        await session.execute(insert(look_table), looks)


async def load_tapers(session: AsyncSession, plan_ids: Sequence[UUID]) -> dict[UUID, Taper]:
    """The tapers of these plans, by plan."""
    if not plan_ids:
        return {}
    rows = (await session.execute(_TAPERS, {"plans": plan_ids})).mappings().all()
    steps = await _children(session, _STEPS, plan_ids)
    looks = await _children(session, _LOOKS, plan_ids)
    return {
        row["plan_id"]: _taper(row, steps.get(row["plan_id"], []), looks.get(row["plan_id"], []))
        for row in rows
    }


async def _children(
    session: AsyncSession, query: Select[Any], plan_ids: Sequence[UUID]
) -> dict[UUID, list[Any]]:
    found: dict[UUID, list[Any]] = {}
    for row in (await session.execute(query, {"plans": plan_ids})).mappings():
        found.setdefault(row["plan_id"], []).append(row)
    return found


def _values(taper: Taper, course_id: UUID) -> dict[str, Any]:
    return {
        "plan_id": taper.plan_id,
        "course_id": course_id,
        "plan_version": taper.plan_version,
        "policy": taper.policy,
        "status": taper.status,
        "planned": PLANNED.dump(taper.planned),
        "hold_until": taper.hold_until,
        "held_days": taper.held_days,
        "holds": taper.holds,
        "proposal": PROPOSAL.dump(taper.proposal) if taper.proposal else None,
        "proposed_at": taper.proposed_at,
        "starts_on": taper.starts_on,
        "standing_days": taper.standing_days,
    }


def _step_values(taper: Taper, step: ScheduledStep, supply_working_days: int) -> dict[str, Any]:
    return {
        "plan_id": taper.plan_id,
        "ordinal": step.ordinal,
        "supply_on": working_days_before(step.change_on, supply_working_days),
        "change_on": step.change_on,
        "previous_mg": step.previous.mg,
        "previous_text": step.previous.text,
        "dose_mg": step.dose.mg,
        "dose_text": step.dose.text,
        "supply_text": step.supply_text,
        "check_in_early_on": step.check_in_early_on,
        "check_in_gate_on": step.check_in_gate_on,
        "supply_confirmed_at": step.supply_confirmed_at,
        "taken_on": step.taken_on,
        "taken_at": step.taken_at,
        "early_check_in_at": step.early_check_in_at,
        "gate_check_in_at": step.gate_check_in_at,
    }


def _taper(row: Any, steps: list[Any], looks: list[Any]) -> Taper:
    return Taper(
        plan_id=row["plan_id"],
        plan_version=row["plan_version"],
        policy=row["policy"],
        status=PlanStatus(row["status"]),
        planned=PLANNED.load(row["planned"]),
        scheduled=tuple(_step(step) for step in steps),
        looks=tuple(
            Look(ordinal=look["ordinal"], due_on=look["due_on"], done_at=look["done_at"])
            for look in looks
        ),
        hold_until=row["hold_until"],
        held_days=row["held_days"],
        holds=row["holds"],
        proposal=PROPOSAL.load(row["proposal"]) if row["proposal"] else None,
        proposed_at=row["proposed_at"],
        starts_on=row["starts_on"],
        standing_days=row["standing_days"],
    )


def _step(row: Any) -> ScheduledStep:
    return ScheduledStep(
        ordinal=row["ordinal"],
        change_on=row["change_on"],
        previous=Dose(row["previous_mg"], row["previous_text"]),
        dose=Dose(row["dose_mg"], row["dose_text"]),
        supply_text=row["supply_text"],
        check_in_early_on=row["check_in_early_on"],
        check_in_gate_on=row["check_in_gate_on"],
        supply_confirmed_at=row["supply_confirmed_at"],
        taken_on=row["taken_on"],
        taken_at=row["taken_at"],
        early_check_in_at=row["early_check_in_at"],
        gate_check_in_at=row["gate_check_in_at"],
    )
