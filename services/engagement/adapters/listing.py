"""The list, straight from rows: it shows what is due whether or not an engine ran.

The sections and their order are ``domain.worklist`` in SQL; a test holds the two alike.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Row,
    Select,
    Subquery,
    Uuid,
    and_,
    case,
    func,
    literal,
    literal_column,
    not_,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncSession

from services.engagement.adapters.names import NAME_COLUMNS, named
from services.engagement.adapters.rows import reminder, reminder_of
from services.engagement.adapters.tables import CareTeamRow, PatientRow
from services.engagement.application.ports import Listed, Stretch, Viewer, Wanted
from services.engagement.domain.kind import Group, Kinds
from services.engagement.domain.obligation import COURSE, PLAN, Key
from services.engagement.domain.on_call import ON_CALL
from services.engagement.domain.reminder import EVERY_STATE
from services.engagement.domain.worklist import Section, section_of
from shared.runtime.columns import UtcDateTime
from shared.runtime.db import Transaction

patient = PatientRow.metadata.tables["patient"]
care_team = CareTeamRow.metadata.tables["care_team"]

_COLUMNS = (
    *reminder.c,
    patient.c.zone,
    *NAME_COLUMNS,
)
_OWNERS = reminder.c.level == literal_column("0")
_MOVED = reminder.c.due_at != reminder.c.owed_at
_PUT_OFF = and_(_MOVED, _OWNERS)
"""By a person; a rung has other times by nature."""
_MOST_KEYS = 500


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
        """One page in reading order: first which rows, then those rows in full."""
        whole = await self._whole(wanted)
        order = (whole.c.section, whole.c.risk, whole.c.due_at, whole.c.reminder_id)
        query = select(whole.c.reminder_id).order_by(*order).limit(wanted.limit)
        if wanted.section is not None:
            query = query.where(whole.c.section == int(wanted.section))
        if wanted.after is not None:
            query = query.where(tuple_(*order) > _position(wanted.after))
        page = (await self.session.execute(query)).scalars().all()
        rows = await self._listed(_joined().where(reminder.c.reminder_id.in_(page)), wanted.as_of)
        place = {reminder_id: number for number, reminder_id in enumerate(page)}
        return sorted(rows, key=lambda listed: place[listed.row.reminder_id])

    async def counts(self, wanted: Wanted) -> Mapping[Section, int]:
        """How many rows each section of the whole list has."""
        whole = await self._whole(replace(wanted, patients=None, action=None, free=False))
        query = select(whole.c.section, func.count()).group_by(whole.c.section)
        found = {Section(number): count for number, count in await self.session.execute(query)}
        return {one: found.get(one, 0) for one in Section}

    async def keys(self, viewer: Viewer, as_of: datetime) -> Sequence[Key]:
        """Of courses and plans on the team's list, the longest owed first."""
        query = (
            select(*(reminder.c[name] for name in Key._fields))
            .where(
                reminder.c.is_open,
                _OWNERS,
                or_(reminder.c.due_at <= as_of, _MOVED),
                reminder.c.subject_kind.in_((COURSE, PLAN)),
                await self._related(viewer),
            )
            .order_by(reminder.c.due_at, reminder.c.reminder_id)
            .limit(_MOST_KEYS)
        )
        return [Key(*row) for row in await self.session.execute(query)]

    async def of_patient(
        self, patient_id: UUID, as_of: datetime, stretch: Stretch
    ) -> Sequence[Listed]:
        """That stretch of the owners' reminders of one person."""
        place = (reminder.c.due_at, reminder.c.reminder_id)
        query = _joined().where(reminder.c.patient_id == patient_id, reminder.c.level == 0)
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
        named = tuple_(*(reminder.c[name] for name in Key._fields))
        query = _joined().where(
            reminder.c.level == 0, named.in_(sorted(keys)), await self._related(viewer)
        )
        rows = await self._listed(query.order_by(reminder.c.life), as_of)
        return tuple({listed.row.key: listed for listed in rows}.values())

    async def one(self, reminder_id: UUID, as_of: datetime) -> Listed | None:
        """One reminder as the list shows it."""
        found = await self._listed(_joined().where(reminder.c.reminder_id == reminder_id), as_of)
        return found[0] if found else None

    async def _whole(self, wanted: Wanted) -> Subquery:
        """Everything on this list, as little of it as the order needs.

        A team's list asks for the level once, as its index does: asked for again among the times,
        the level would be read from every row.
        """
        put_off = _PUT_OFF if wanted.mine else _MOVED
        query = select(
            reminder.c.reminder_id,
            reminder.c.item_id,
            reminder.c.level,
            reminder.c.risk,
            reminder.c.due_at,
            self._section(wanted.as_of).label("section"),
        ).where(
            reminder.c.is_open,
            or_(reminder.c.due_at <= wanted.as_of, put_off),
            await self._related(wanted.viewer),
        )
        if wanted.patients is not None:
            query = query.where(reminder.c.patient_id.in_(sorted(wanted.patients)))
        if wanted.action is not None:
            query = query.where(reminder.c.kind.in_(self._done_by(wanted.action)))
        if wanted.free:
            query = query.where(~reminder.c.is_in_hand, not_(put_off))
        if wanted.mine:
            return _mine(query, wanted.viewer)
        return query.where(_OWNERS).subquery("whole")

    async def _related(self, viewer: Viewer) -> ColumnElement[bool]:
        """People of my teams, and the few of other teams whose care team I am in, or somebody
        for whom I stand in."""
        if viewer not in self._of_other_teams:
            others = (
                select(care_team.c.patient_id)
                .join(patient, patient.c.patient_id == care_team.c.patient_id)
                .where(
                    care_team.c.staff_id.in_((viewer.staff_id, *viewer.stands_in_for)),
                    patient.c.team.not_in(viewer.teams),
                )
            )
            self._of_other_teams[viewer] = (await self.session.execute(others)).scalars().all()
        found = self._of_other_teams[viewer]
        of_my_teams = reminder.c.team.in_(viewer.teams)
        return or_(of_my_teams, reminder.c.patient_id.in_(found)) if found else of_my_teams

    def _section(self, as_of: datetime) -> ColumnElement[int]:
        return case(
            (reminder.c.due_at > as_of, int(Section.WAITING)),
            (reminder.c.kind.in_(self._of(Group.SAFETY)), int(Section.SAFETY_NOW)),
            (reminder.c.overdue_from <= as_of, int(Section.OVERDUE)),
            (reminder.c.is_in_hand, int(Section.WAITING)),
            (reminder.c.kind.in_(self._of(Group.PREPARE)), int(Section.PREPARE)),
            else_=int(Section.DUE_TODAY),
        )

    def _of(self, group: Group) -> Sequence[str]:
        return [code for code, kind in self.kinds.items() if kind.group is group]

    def _done_by(self, action: str) -> Sequence[str]:
        return [code for code, kind in self.kinds.items() if kind.action == action]

    async def _listed(self, query: Select[Any], as_of: datetime) -> Sequence[Listed]:
        rows = (await self.session.execute(query)).all()
        told = await self._told({row.item_id for row in rows}, as_of)
        back = await self._coming_back({row.item_id for row in rows if row.level}, as_of)
        return [self._row(row, told.get(row.item_id), back.get(row.item_id), as_of) for row in rows]

    async def _told(self, items: Iterable[UUID], as_of: datetime) -> Mapping[UUID, int]:
        """The highest level that knows, for each reminder that went up."""
        due = and_(reminder.c.is_open, reminder.c.due_at <= as_of)
        query = (
            select(reminder.c.item_id, func.max(reminder.c.level).label("level"))
            .where(reminder.c.item_id.in_(list(items)), reminder.c.level > 0, due)
            .group_by(reminder.c.item_id)
        )
        return {row.item_id: row.level for row in await self.session.execute(query)}

    async def _coming_back(
        self, items: Collection[UUID], as_of: datetime
    ) -> Mapping[UUID, datetime | None]:
        """When the owners of what went up have it again."""
        if not items:
            return {}
        query = select(reminder).where(_OWNERS, reminder.c.reminder_id.in_(items))
        owners = map(reminder_of, await self.session.execute(query))
        return {owner.item_id: owner.comes_back_at(as_of) for owner in owners}

    def _row(
        self,
        row: Row[Any],
        escalated_to: int | None,
        owner_has_it_at: datetime | None,
        as_of: datetime,
    ) -> Listed:
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
            escalated_to=escalated_to,
            comes_back_at=owner_has_it_at if found.level else found.comes_back_at(as_of),
        )


def _joined() -> Select[Any]:
    return select(*_COLUMNS).join(patient, patient.c.patient_id == reminder.c.patient_id)


def _mine(query: Select[Any], viewer: Viewer) -> Subquery:
    """Mine by name, theirs for whom I stand in, nobody's and for my role, or mine because I am on
    call at this moment; each reminder once, at the lowest such level."""
    nobodys = and_(reminder.c.owner_id.is_(None), reminder.c.for_role == viewer.role)
    parts = [
        query.where(reminder.c.owner_id.in_((viewer.staff_id, *viewer.stands_in_for))),
        query.where(nobodys),
    ]
    if viewer.on_call_for:
        called = and_(reminder.c.owner_id.is_(None), reminder.c.for_role == ON_CALL)
        of_teams = reminder.c.team.in_(sorted(viewer.on_call_for))
        parts.append(query.where(called, of_teams))
    both = union_all(*parts).subquery("both")
    nth = func.row_number().over(partition_by=both.c.item_id, order_by=both.c.level)
    counted = select(both, nth.label("nth")).subquery("counted")
    return select(counted).where(counted.c.nth == 1).subquery("whole")


def _position(after: tuple[int, int, datetime, UUID]) -> ColumnElement[Any]:
    section, risk, due_at, reminder_id = after
    return tuple_(
        literal(section, BigInteger),
        literal(risk, BigInteger),
        literal(due_at, UtcDateTime),
        literal(reminder_id, Uuid),
    )
