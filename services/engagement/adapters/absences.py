"""Absences in SQL."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row, and_, bindparam, or_, select

from services.engagement.adapters.people import upserting
from services.engagement.adapters.tables import AbsenceRow, CoverRow
from services.engagement.domain.absence import Absence, Answer
from services.engagement.domain.team import Away
from shared.events.engagement import StandInState
from shared.runtime import standing
from shared.runtime.db import Transaction

absence = AbsenceRow.metadata.tables["absence"]
cover = CoverRow.metadata.tables["cover"]

_AWAY = (
    select(absence.c.staff_id, absence.c.starts_on, absence.c.cover_id, cover.c.patient_id)
    .outerjoin(
        cover,
        and_(
            cover.c.absence_id == absence.c.absence_id,
            cover.c.patient_id == bindparam("whose"),
            cover.c.answer == Answer.ACCEPTED.value,
        ),
    )
    .where(
        absence.c.starts_on <= bindparam("on"),
        absence.c.ends_on >= bindparam("on"),
        absence.c.withdrawn.is_(False),
    )
)
"""Asked at every look at a person; built once, for building a statement costs as much as running
it."""


class SqlAbsences:
    """Every absence, with what was said about each person."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._session = tx.session
        self._insert = upserting(tx)

    async def put(self, one: Absence) -> None:
        """Keep it as it is now."""
        values = {name: getattr(one, name) for name in AbsenceRow.model_fields}
        new = self._insert(absence).values(values)
        changed = {name: new.excluded[name] for name in ("withdrawn", "followed", "version")}
        await self._session.execute(
            new.on_conflict_do_update(index_elements=["absence_id"], set_=changed)
        )
        if one.people:
            said = self._insert(cover)
            said = said.on_conflict_do_update(
                index_elements=["absence_id", "patient_id"],
                set_={"answer": said.excluded.answer},
            )
            await self._session.execute(
                said,
                [
                    {"absence_id": one.absence_id, "patient_id": person, "answer": answer.value}
                    for person, answer in sorted(one.people.items())
                ],
            )

    async def find(self, absence_id: UUID) -> Absence | None:
        """One absence; locked until we commit."""
        query = select(absence).where(absence.c.absence_id == absence_id).with_for_update()
        row = (await self._session.execute(query)).first()
        return None if row is None else await self._whole(row)

    async def of(self, people: Sequence[UUID], *, until: date) -> Sequence[Absence]:
        """Absences of these colleagues, or covered by them, that end on that day or later."""
        query = (
            select(absence)
            .where(
                or_(absence.c.staff_id.in_(people), absence.c.cover_id.in_(people)),
                absence.c.ends_on >= until,
                absence.c.withdrawn.is_(False),
            )
            .order_by(absence.c.starts_on, absence.c.absence_id)
        )
        return [await self._whole(row) for row in (await self._session.execute(query)).all()]

    async def away(self, patient_id: UUID, *, on: date) -> Mapping[UUID, Away]:
        """Who is away on that day, since when, and who said yes to this patient."""
        rows = await self._session.execute(_AWAY, {"whose": patient_id, "on": on})
        return {
            row.staff_id: Away(row.starts_on, row.cover_id if row.patient_id else None)
            for row in rows
        }

    async def let_in(self, state: StandInState) -> None:
        """From now on the one who said yes may see those people, on those days."""
        await standing.stand_in(self._tx, state)

    async def unfollowed(self, on: date) -> Sequence[UUID]:
        """Absences that began or ended without the lists having followed yet."""
        begun = and_(
            absence.c.followed == "planned", or_(absence.c.starts_on <= on, absence.c.withdrawn)
        )
        ended = and_(
            absence.c.followed == "running", or_(absence.c.ends_on < on, absence.c.withdrawn)
        )
        query = select(absence.c.absence_id).where(or_(begun, ended))
        rows = await self._session.execute(query.order_by(absence.c.absence_id))
        return rows.scalars().all()

    async def _whole(self, row: Row[Any]) -> Absence:
        query = select(cover.c.patient_id, cover.c.answer)
        said = await self._session.execute(query.where(cover.c.absence_id == row.absence_id))
        return Absence(
            **{name: getattr(row, name) for name in AbsenceRow.model_fields},
            people={person: Answer(answer) for person, answer in said},
        )
