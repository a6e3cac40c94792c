"""The list, straight from rows: it shows what is due whether or not an engine ran."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, Uuid, literal, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from services.engagement.adapters import list_statements as statements
from services.engagement.adapters.list_statements import IN_FULL, OWNERS
from services.engagement.adapters.names import named
from services.engagement.adapters.rows import reminder, reminder_of
from services.engagement.application.ports import Listed, Stretch, Viewer, Wanted
from services.engagement.domain.kind import Kinds
from services.engagement.domain.obligation import Key
from services.engagement.domain.reminder import EVERY_STATE
from services.engagement.domain.worklist import Section, section_of
from shared.runtime.columns import UtcDateTime
from shared.runtime.db import Transaction


@dataclass(frozen=True, slots=True)
class Listing:
    """Reads of one transaction."""

    tx: Transaction
    kinds: Kinds
    _of_other_teams: dict[Viewer, Sequence[UUID]] = field(default_factory=dict, init=False)
    """What was asked already: a page and its counts are about the same people."""

    @property
    def session(self) -> AsyncSession:
        """Where the rows are."""
        return self.tx.session

    async def page(self, wanted: Wanted) -> Sequence[Listed]:
        """One page in reading order."""
        others = await self._of_others(wanted.viewer)
        query = statements.page(statements.shape_of(wanted, others, whole=False))
        given = statements.given(wanted, self.kinds, others)
        return await self._listed(query, wanted.as_of, given)

    async def counts(self, wanted: Wanted) -> Mapping[Section, int]:
        """How many rows each section of the whole list has."""
        others = await self._of_others(wanted.viewer)
        query = statements.counts(statements.shape_of(wanted, others, whole=True))
        given = statements.given(wanted, self.kinds, others)
        rows = await self.session.execute(query, given)
        found = {Section(number): count for number, count in rows}
        return {one: found.get(one, 0) for one in Section}

    async def keys(self, viewer: Viewer, as_of: datetime) -> Sequence[Key]:
        """Of courses and plans on the team's list, the longest owed first."""
        others = await self._of_others(viewer)
        given = {**statements.of_viewer(viewer, others), "as_of": as_of}
        found = await self.session.execute(statements.keys(of_others=bool(others)), given)
        return [Key(*row) for row in found.all()]

    async def of_patient(
        self, patient_id: UUID, as_of: datetime, stretch: Stretch
    ) -> Sequence[Listed]:
        """That stretch of the owners' reminders of one person."""
        place = (reminder.c.due_at, reminder.c.reminder_id)
        query = IN_FULL.where(reminder.c.patient_id == patient_id, OWNERS)
        if stretch.states != EVERY_STATE:
            query = query.where(reminder.c.state.in_(sorted(stretch.states)))
        if stretch.after is not None:
            due_at, reminder_id = stretch.after
            seen = tuple_(literal(due_at, UtcDateTime), literal(reminder_id, Uuid))
            here = tuple_(*place)
            query = query.where(here > seen if stretch.soonest_first else here < seen)
        order = place if stretch.soonest_first else [column.desc() for column in place]
        return await self._listed(query.order_by(*order).limit(stretch.limit), as_of)

    async def of_keys(
        self, keys: Collection[Key], viewer: Viewer, as_of: datetime
    ) -> Sequence[Listed]:
        """The latest life of each of these keys, of people the viewer is related to."""
        others = await self._of_others(viewer)
        key = tuple_(*(reminder.c[name] for name in Key._fields))
        related = statements.related(of_others=bool(others))
        query = IN_FULL.where(OWNERS, key.in_(sorted(keys)), related).order_by(reminder.c.life)
        rows = await self._listed(query, as_of, statements.of_viewer(viewer, others))
        return tuple({listed.row.key: listed for listed in rows}.values())

    async def one(self, reminder_id: UUID, as_of: datetime) -> Listed | None:
        """One reminder as the list shows it."""
        found = await self._listed(IN_FULL.where(reminder.c.reminder_id == reminder_id), as_of)
        return found[0] if found else None

    async def _of_others(self, viewer: Viewer) -> Sequence[UUID]:
        """People of other teams who are the viewer's all the same."""
        if viewer not in self._of_other_teams:
            given = statements.of_viewer(viewer, ())
            found = await self.session.execute(statements.OF_OTHER_TEAMS, given)
            self._of_other_teams[viewer] = found.scalars().all()
        return self._of_other_teams[viewer]

    async def _listed(
        self, query: Select[Any], as_of: datetime, given: Mapping[str, Any] | None = None
    ) -> Sequence[Listed]:
        rows = (await self.session.execute(query, {**(given or {}), "as_of": as_of})).all()
        back = await self._coming_back({row.item_id for row in rows if row.level}, as_of)
        return [self._row(row, back.get(row.item_id), as_of) for row in rows]

    async def _coming_back(
        self, items: Collection[UUID], as_of: datetime
    ) -> Mapping[UUID, datetime | None]:
        """When the owners of what went up have it again."""
        if not items:
            return {}
        query = select(reminder).where(OWNERS, reminder.c.reminder_id.in_(items))
        owners = map(reminder_of, await self.session.execute(query))
        return {owner.item_id: owner.comes_back_at(as_of) for owner in owners}

    def _row(self, row: Row[Any], owner_has_it_at: datetime | None, as_of: datetime) -> Listed:
        found = reminder_of(row)
        who = named(row, self.tx)
        return Listed(
            row=found,
            section=section_of(found, self.kinds[found.key.kind].group, as_of),
            team=row.team,
            patient_name=who.full,
            birth_date=who.birth.day,
            birth_year=who.birth.year,
            zone=row.zone,
            escalated_to=row.told,
            comes_back_at=owner_has_it_at if found.level else found.comes_back_at(as_of),
        )
