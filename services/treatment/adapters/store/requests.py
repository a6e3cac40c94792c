"""Requests for a signature: one row for each course and thing to sign."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import RowMapping, Select, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from services.treatment.adapters.tables import SignatureRequestRow
from services.treatment.domain.second_signature import FirstSignature
from services.treatment.domain.signature_request import Asking, Request, Signable

table = SignatureRequestRow.__table__  # type: ignore[attr-defined]


class SqlRequests:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def hold(self, course_id: UUID, what: Signable) -> Request:
        """The request, nobody else deciding about it until we commit; made when there is none."""
        new = Request(id=uuid5(course_id, what.value), course_id=course_id, what=what)
        is_postgres = self._session.get_bind().dialect.name == "postgresql"
        insert = (postgresql if is_postgres else sqlite).insert(table).values(**_values(new))
        await self._session.execute(insert.on_conflict_do_nothing())
        return await self.find(course_id, what) or new

    async def find(self, course_id: UUID, what: Signable) -> Request | None:
        """The request, locked as well, or None when nobody was ever asked."""
        return await self._one(_by_id(course_id, what).with_for_update())

    async def look(self, course_id: UUID, what: Signable) -> Request | None:
        return await self._one(_by_id(course_id, what))

    async def _one(self, query: Select[Any]) -> Request | None:
        row = (await self._session.execute(query)).mappings().first()
        return None if row is None else _request(row)

    async def put(self, request: Request) -> None:
        values = _values(request)
        await self._session.execute(update(table).where(table.c.id == request.id).values(values))

    async def open_since(
        self, what: Sequence[Signable], *, before: datetime, limit: int
    ) -> Sequence[Request]:
        query = (
            select(table)
            .where(
                table.c.status == Asking.OPEN.value,
                table.c.what.in_([one.value for one in what]),
                table.c.asked_at <= before,
            )
            .order_by(table.c.asked_at)
            .limit(limit)
        )
        return [_request(row) for row in (await self._session.execute(query)).mappings()]


def _by_id(course_id: UUID, what: Signable) -> Select[Any]:
    return select(table).where(table.c.id == uuid5(course_id, what.value))


_FIRST = ("first_by", "first_hash", "first_reasons")


def _request(row: RowMapping) -> Request:
    kept = {name: value for name, value in row.items() if name not in _FIRST}
    by, hash_, reasons = (row[name] for name in _FIRST)
    first = FirstSignature(by, row["asked_at"], hash_, reasons) if by is not None else None
    return Request(
        **{**kept, "what": Signable(row["what"]), "status": Asking(row["status"]), "first": first}
    )


def _values(request: Request) -> dict[str, Any]:
    values = asdict(request) | {"what": request.what.value, "status": request.status.value}
    del values["first"]
    first = request.first
    kept = (first.by, first.hash, dict(first.reasons)) if first else (None, None, None)
    return values | dict(zip(_FIRST, kept, strict=True))
