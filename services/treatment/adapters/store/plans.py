"""Taper plans as documents."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.treatment.adapters.store.documents import OUTLINE, READINESS
from services.treatment.adapters.tables import PlanRow
from services.treatment.application.refusals import StaleVersion
from services.treatment.domain.plan import Plan, PlanState

plan_table = PlanRow.__table__  # type: ignore[attr-defined]


class SqlPlans:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def get(self, plan_id: UUID) -> Plan | None:
        query = select(plan_table).where(plan_table.c.id == plan_id)
        row = (await self._session.execute(query)).mappings().first()
        return None if row is None else _plan(row)

    async def of(self, course_id: UUID) -> Sequence[Plan]:
        query = (
            select(plan_table)
            .where(plan_table.c.course_id == course_id)
            .order_by(plan_table.c.drafted_at.desc(), plan_table.c.id)
        )
        return [_plan(row) for row in (await self._session.execute(query)).mappings()]

    async def add(self, plan: Plan) -> None:
        await self._session.execute(insert(plan_table), [_values(plan)])

    async def save(self, plan: Plan, *, expected: int) -> None:
        replaced = (
            update(plan_table)
            .where(plan_table.c.id == plan.id, plan_table.c.version == expected)
            .values(_values(plan))
            .returning(plan_table.c.id)
        )
        if (await self._session.execute(replaced)).first() is None:
            raise StaleVersion


def _values(plan: Plan) -> dict[str, Any]:
    return {
        "id": plan.id,
        "course_id": plan.course_id,
        "patient_id": plan.patient_id,
        "version": plan.version,
        "plan_version": plan.plan_version,
        "state": plan.state,
        "outline": OUTLINE.dump(plan.outline),
        "readiness": READINESS.dump(plan.readiness) if plan.readiness else None,
        "early_reason": plan.early_reason,
        "drafted_by": plan.drafted_by,
        "drafted_at": plan.drafted_at,
        "rulebook": plan.rulebook,
        "signed_by": plan.signed_by,
        "signed_at": plan.signed_at,
        "standing_days": plan.standing_days,
    }


def _plan(row: Any) -> Plan:
    return Plan(
        id=row["id"],
        course_id=row["course_id"],
        patient_id=row["patient_id"],
        version=row["version"],
        plan_version=row["plan_version"],
        state=PlanState(row["state"]),
        outline=OUTLINE.load(row["outline"]),
        readiness=READINESS.load(row["readiness"]) if row["readiness"] else None,
        early_reason=row["early_reason"],
        drafted_by=row["drafted_by"],
        drafted_at=row["drafted_at"],
        rulebook=row["rulebook"],
        signed_by=row["signed_by"],
        signed_at=row["signed_at"],
        standing_days=row["standing_days"],
    )
