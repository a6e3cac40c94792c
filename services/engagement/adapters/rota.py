"""The rota in SQL."""

from collections.abc import Collection, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, or_, select

from services.engagement.adapters.people import upserting
from services.engagement.adapters.rows import reminder
from services.engagement.adapters.tables import ShiftRow
from services.engagement.domain.on_call import ON_CALL, Shift
from shared.events.engagement import StandInState
from shared.runtime import standing
from shared.runtime.db import Transaction

shift = ShiftRow.metadata.tables["on_call_shift"]
_CHANGING = ("until_at", "withdrawn", "followed", "version")


class SqlRota:
    """Every time on call, past and to come."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._session = tx.session
        self._insert = upserting(tx)

    async def hold(self, team: str) -> None:
        """Nobody else changes this team's rota until we commit. SQLite has one writer anyway."""
        if self._session.get_bind().dialect.name == "sqlite":
            return
        digest = blake2b(f"on-call/{team}".encode(), digest_size=8).digest()
        key = int.from_bytes(digest, "big", signed=True)
        await self._session.execute(select(func.pg_advisory_xact_lock(key)))

    async def put(self, one: Shift) -> None:
        """Keep it as it is now."""
        values = {name: getattr(one, name) for name in ShiftRow.model_fields}
        new = self._insert(shift).values(values)
        changed = {name: new.excluded[name] for name in _CHANGING}
        await self._session.execute(
            new.on_conflict_do_update(index_elements=["shift_id"], set_=changed)
        )

    async def find(self, shift_id: UUID) -> Shift | None:
        """One of them."""
        query = select(shift).where(shift.c.shift_id == shift_id)
        row = (await self._session.execute(query)).first()
        return None if row is None else _shift(row)

    async def between(
        self, from_at: datetime, until_at: datetime, teams: Collection[str] | None = None
    ) -> Sequence[Shift]:
        """Those that touch this time and were not taken back, in order; of these teams or all."""
        query = select(shift).where(
            shift.c.from_at < until_at, shift.c.until_at > from_at, shift.c.withdrawn.is_(False)
        )
        if teams is not None:
            query = query.where(shift.c.team.in_(sorted(teams)))
        rows = await self._session.execute(query.order_by(shift.c.team, shift.c.from_at))
        return [_shift(row) for row in rows]

    async def to_follow(self, now: datetime) -> Sequence[Shift]:
        """Those that began or were taken back, and whose end nobody has followed yet."""
        query = (
            select(shift)
            .where(
                shift.c.followed.in_(("planned", "running")),
                or_(shift.c.from_at <= now, shift.c.withdrawn),
            )
            .order_by(shift.c.from_at, shift.c.shift_id)
        )
        rows = await self._session.execute(query.with_for_update(skip_locked=True))
        return [_shift(row) for row in rows]

    async def waiting(self, team: str, *, shown_before: datetime) -> Sequence[UUID]:
        """Rungs on call of this team's people that were shown by then and are still open."""
        query = select(reminder.c.reminder_id).where(
            reminder.c.is_open,
            reminder.c.owner_id.is_(None),
            reminder.c.for_role == ON_CALL,
            reminder.c.team == team,
            reminder.c.visible_at < shown_before,
        )
        rows = await self._session.execute(query.order_by(reminder.c.reminder_id))
        return rows.scalars().all()

    async def let_in(self, state: StandInState) -> None:
        """From now on whoever is on call may see that team's people, at that time."""
        await standing.stand_in(self._tx, state)


def _shift(row: Row[Any]) -> Shift:
    return Shift(**{name: getattr(row, name) for name in ShiftRow.model_fields})
