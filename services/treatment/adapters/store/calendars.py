"""What people's own calendars show, and the secret links to it."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.treatment.adapters.store.upsert import upsert
from services.treatment.adapters.tables import CalendarLinkRow, DiaryRow
from services.treatment.domain.diary import CalendarLink, DiaryEntry, EntryState, Titles

diary_table = DiaryRow.__table__  # type: ignore[attr-defined]
link_table = CalendarLinkRow.__table__  # type: ignore[attr-defined]


class SqlDiary:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def of_course(self, course_id: UUID) -> tuple[DiaryEntry, ...]:
        return await self._those(diary_table.c.course_id == course_id)

    async def of_patient(self, patient_id: UUID) -> tuple[DiaryEntry, ...]:
        return await self._those(diary_table.c.patient_id == patient_id)

    async def put(self, entries: Sequence[DiaryEntry]) -> None:
        for entry in entries:
            await upsert(self._session, DiaryRow, asdict(entry))

    async def _those(self, which: ColumnElement[bool]) -> tuple[DiaryEntry, ...]:
        query = select(diary_table).where(which).order_by(diary_table.c.on, diary_table.c.uid)
        rows = (await self._session.execute(query)).mappings()
        return tuple(DiaryEntry(**{**row, "state": EntryState(row["state"])}) for row in rows)


class SqlCalendarLinks:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def get(self, link_id: UUID) -> CalendarLink | None:
        return await self._one(link_table.c.id == link_id)

    async def live(self, patient_id: UUID) -> CalendarLink | None:
        theirs = link_table.c.patient_id == patient_id
        return await self._one(theirs & link_table.c.revoked_at.is_(None))

    async def with_secret(self, secret_sha256: bytes) -> CalendarLink | None:
        return await self._one(link_table.c.secret_sha256 == secret_sha256)

    async def of(self, patient_id: UUID) -> tuple[CalendarLink, ...]:
        query = (
            select(link_table)
            .where(link_table.c.patient_id == patient_id)
            .order_by(link_table.c.made_at.desc(), link_table.c.id)
        )
        return tuple(_link(row) for row in (await self._session.execute(query)).mappings())

    async def add(self, link: CalendarLink) -> None:
        await self._session.execute(insert(link_table), [_values(link)])

    async def save(self, link: CalendarLink) -> None:
        changed = update(link_table).where(link_table.c.id == link.id)
        await self._session.execute(changed.values(_values(link)))

    async def _one(self, which: ColumnElement[bool]) -> CalendarLink | None:
        row = (await self._session.execute(select(link_table).where(which))).mappings().first()
        return None if row is None else _link(row)


def _values(link: CalendarLink) -> dict[str, Any]:
    return {
        "id": link.id,
        "patient_id": link.patient_id,
        "secret_sha256": link.secret_sha256,
        "change_title": link.titles.change,
        "check_in_title": link.titles.check_in,
        "made_by": link.made_by,
        "made_at": link.made_at,
        "revoked_by": link.revoked_by,
        "revoked_at": link.revoked_at,
    }


def _link(row: Any) -> CalendarLink:
    return CalendarLink(
        id=row["id"],
        patient_id=row["patient_id"],
        secret_sha256=row["secret_sha256"],
        titles=Titles(change=row["change_title"], check_in=row["check_in_title"]),
        made_by=row["made_by"],
        made_at=row["made_at"],
        revoked_by=row["revoked_by"],
        revoked_at=row["revoked_at"],
    )
