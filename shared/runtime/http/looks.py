"""Who looked at a person's record: every service answers from its own audit trail."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from pydantic import AwareDatetime
from sqlalchemy import or_, select

from shared.api.body import Page
from shared.api.operations import LookBody
from shared.runtime.http.paging import PageQuery, decode_cursor, encode_cursor
from shared.runtime.http.router import Api, Call
from shared.runtime.tables import audit

PATH = "/api/v1/patients/{patient_id}/looks"


class LooksQuery(PageQuery):
    """Looks until an instant, which is included."""

    until: AwareDatetime | None = None


def add_looks(api: Api, admit: Callable[[Call, UUID], Awaitable[object]]) -> None:
    """Add the route. ``admit`` lets only those through who may see the record."""

    @api.get(PATH, raises=(404, 409, 422))
    async def list_record_looks(call: Call, patient_id: UUID, query: LooksQuery) -> Page[LookBody]:
        """Who looked at this person's record, or was refused, newest first."""
        await admit(call, patient_id)
        rows = (
            select(audit)
            .where(
                audit.c.subject == str(patient_id),
                or_(audit.c.action.like("%.read"), audit.c.action == "access.denied"),
            )
            .order_by(audit.c.seq.desc())
            .limit(query.limit + 1)
        )
        if after := decode_cursor(query.cursor, int):
            rows = rows.where(audit.c.seq < after[0])
        if query.until is not None:
            rows = rows.where(audit.c.at <= query.until)
        found = (await call.tx.session.execute(rows)).all()
        items = tuple(
            LookBody(at=row.at, actor=row.actor, action=row.action, reason=row.reason)
            for row in found[: query.limit]
        )
        call.tx.audit(
            "looks.read",
            object=f"patient:{patient_id}",
            subject=patient_id,
            reason=call.emergency,
        )
        last = found[query.limit - 1].seq if len(found) > query.limit else None
        return Page(items=items, next=None if last is None else encode_cursor(last))
