"""Requests for a signature: one row for each course and thing to sign."""

from dataclasses import asdict
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from services.treatment.adapters.tables import SignatureRequestRow
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
        query = select(table).where(table.c.id == uuid5(course_id, what.value)).with_for_update()
        row = (await self._session.execute(query)).mappings().first()
        if row is None:
            return None
        return Request(**{**row, "what": Signable(row["what"]), "status": Asking(row["status"])})

    async def put(self, request: Request) -> None:
        values = _values(request)
        await self._session.execute(update(table).where(table.c.id == request.id).values(values))


def _values(request: Request) -> dict[str, Any]:
    return asdict(request) | {"what": request.what.value, "status": request.status.value}
