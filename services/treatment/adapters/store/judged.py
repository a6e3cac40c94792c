"""With which formulary the running courses were last judged."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from services.treatment.adapters.store.upsert import upsert
from services.treatment.adapters.tables import CourseRow, FormularySeenRow, JudgedRow
from services.treatment.domain.phases import ON_DRUG

course = CourseRow.__table__  # type: ignore[attr-defined]
seen = FormularySeenRow.__table__  # type: ignore[attr-defined]
judged = JudgedRow.__table__  # type: ignore[attr-defined]


class SqlJudged:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def seen(self, drug: str) -> tuple[str, int] | None:
        row = await self._session.get(FormularySeenRow, drug)
        return None if row is None else (row.digest, row.changes)

    async def see(
        self, drug: str, *, digest: str, before: str | None, changes: int, at: datetime
    ) -> bool:
        values = {"drug": drug, "digest": digest, "changes": changes, "at": at}
        if before is None:
            is_postgres = self._session.get_bind().dialect.name == "postgresql"
            dialect = postgresql if is_postgres else sqlite
            noted: Any = dialect.insert(seen).values(**values).on_conflict_do_nothing()
        else:
            noted = (
                update(seen).where(seen.c.drug == drug, seen.c.digest == before).values(**values)
            )
        returned = await self._session.execute(noted.returning(seen.c.drug))
        return returned.first() is not None

    async def outdated(self, digests: Mapping[str, str], *, limit: int) -> Sequence[UUID]:
        changed = or_(
            *(
                and_(
                    course.c.drug == drug,
                    or_(judged.c.digest.is_(None), judged.c.digest != digest),
                )
                for drug, digest in digests.items()
            )
        )
        query = (
            select(course.c.id)
            .outerjoin(judged, judged.c.course_id == course.c.id)
            .where(course.c.phase.in_(sorted(ON_DRUG)), changed)
            .order_by(course.c.id)
            .limit(limit)
        )
        return (await self._session.execute(query)).scalars().all()

    async def found(self, course_id: UUID) -> frozenset[str] | None:
        query = select(judged.c.found).where(judged.c.course_id == course_id)
        row = (await self._session.execute(query)).first()
        return None if row is None else frozenset(row[0])

    async def judge(
        self, course_id: UUID, *, digest: str, found: frozenset[str], at: datetime
    ) -> None:
        values = {"course_id": course_id, "digest": digest, "found": sorted(found), "at": at}
        await upsert(self._session, JudgedRow, values)
