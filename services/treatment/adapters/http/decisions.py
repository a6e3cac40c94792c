"""Routes that show any past decision with what was known at that moment."""

from typing import Annotated
from uuid import UUID

from pydantic import Field
from sqlalchemy import select

from services.treatment.adapters.http.desk import CLINICAL, Desk
from services.treatment.adapters.known import decision, line
from services.treatment.adapters.tables import JournalRow
from services.treatment.application.refusals import Unknown
from shared.api.body import Page
from shared.api.treatment_decisions import DecisionBody, DecisionLine
from shared.runtime.http import Api, Call

Version = Annotated[int, Field(ge=1, le=2**31 - 1)]
journal = JournalRow.__table__.c  # type: ignore[attr-defined]


def add_decisions(api: Api, desk: Desk) -> None:
    """Add this file's routes."""

    @api.get("/api/v1/courses/{course_id}/decisions", roles=CLINICAL, raises=(404, 409))
    async def list_decisions(call: Call, course_id: UUID) -> Page[DecisionLine]:
        """What was decided and recorded about a course, newest first."""
        await desk.visible_course(call, course_id, read="decisions")
        entries = (
            select(JournalRow)
            .where(journal.course_id == course_id)
            .order_by(journal.version.desc())
        )
        rows = (await call.tx.session.execute(entries)).scalars()
        return Page[DecisionLine](items=tuple(line(row) for row in rows))

    @api.get("/api/v1/courses/{course_id}/decisions/{version}", roles=CLINICAL, raises=(404, 409))
    async def read_decision(call: Call, course_id: UUID, version: Version) -> DecisionBody:
        """One decision with the facts, rules and formulary rows of its moment."""
        await desk.visible_course(call, course_id, read="decision")
        row = await call.tx.session.get(JournalRow, (course_id, version))
        if row is None:
            raise Unknown
        return decision(row)
