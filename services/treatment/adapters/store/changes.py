"""Proposed versions of a plan, and the stressors they keep away from."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.treatment.adapters.store.documents import DIFF, OUTLINE
from services.treatment.adapters.store.upsert import upsert
from services.treatment.adapters.tables import LifeEventRow, PlanChangeRow
from services.treatment.application.refusals import StaleVersion
from services.treatment.domain.life_events import LifeEvent
from services.treatment.domain.plan_change import ChangeKind, ChangeState, PlanChange

change_table = PlanChangeRow.__table__  # type: ignore[attr-defined]
event_table = LifeEventRow.__table__  # type: ignore[attr-defined]


class SqlPlanChanges:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def get(self, change_id: UUID) -> PlanChange | None:
        query = select(change_table).where(change_table.c.id == change_id)
        row = (await self._session.execute(query)).mappings().first()
        return None if row is None else _change(row)

    async def of(self, course_id: UUID) -> Sequence[PlanChange]:
        query = (
            select(change_table)
            .where(change_table.c.course_id == course_id)
            .order_by(change_table.c.proposed_at.desc(), change_table.c.id)
        )
        return [_change(row) for row in (await self._session.execute(query)).mappings()]

    async def add(self, change: PlanChange) -> None:
        await self._session.execute(insert(change_table), [_values(change)])

    async def save(self, change: PlanChange, *, expected: int) -> None:
        replaced = (
            update(change_table)
            .where(change_table.c.id == change.id, change_table.c.version == expected)
            .values(_values(change))
            .returning(change_table.c.id)
        )
        if (await self._session.execute(replaced)).first() is None:
            raise StaleVersion


class SqlLifeEvents:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def put(self, event: LifeEvent) -> None:
        await upsert(self._session, LifeEventRow, asdict(event))

    async def forget(self, event_id: UUID) -> None:
        await self._session.execute(delete(event_table).where(event_table.c.id == event_id))

    async def of(self, patient_id: UUID) -> tuple[LifeEvent, ...]:
        query = (
            select(event_table)
            .where(event_table.c.patient_id == patient_id)
            .order_by(event_table.c.on, event_table.c.id)
        )
        return tuple(LifeEvent(**row) for row in (await self._session.execute(query)).mappings())


def _values(change: PlanChange) -> dict[str, Any]:
    shallow = {name: getattr(change, name) for name in PlanChange.__dataclass_fields__}
    return shallow | {
        "outline": OUTLINE.dump(change.outline) if change.outline else None,
        "diff": DIFF.dump(change.diff),
    }


def _change(row: Any) -> PlanChange:
    return PlanChange(
        **{
            **row,
            "kind": ChangeKind(row["kind"]),
            "state": ChangeState(row["state"]),
            "outline": OUTLINE.load(row["outline"]) if row["outline"] else None,
            "diff": DIFF.load(row["diff"]),
        }
    )
