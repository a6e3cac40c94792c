"""Reminders in SQL: decisions read and write whole batches, never a row at a time."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Executable,
    Select,
    and_,
    bindparam,
    delete,
    func,
    insert,
    not_,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from services.engagement.adapters.claim import PLANNED, claim, live, shown_of
from services.engagement.adapters.levels import lost, service_levels
from services.engagement.adapters.list_statements import patient
from services.engagement.adapters.listing import Listing
from services.engagement.adapters.rows import WRITTEN, reminder, reminder_of, values_of
from services.engagement.application.ports import (
    Levels,
    Listed,
    Shown,
    Stretch,
    Subject,
    Viewer,
    Wanted,
)
from services.engagement.domain.change import Changes
from services.engagement.domain.kind import Kinds
from services.engagement.domain.ladder import Item
from services.engagement.domain.obligation import Key
from services.engagement.domain.reconcile import items_of
from services.engagement.domain.reminder import Reason, Reminder, State
from services.engagement.domain.worklist import Section
from shared.runtime.db import Transaction

_SPENT = (Reason.SUPERSEDED.value, Reason.COMPLETED.value)
_ABOUT = (
    select(reminder)
    .where(
        reminder.c.patient_id == bindparam("whose"),
        or_(
            reminder.c.level == 0,
            not_(
                or_(
                    reminder.c.state == State.DONE.value,
                    func.coalesce(reminder.c.reason, "").in_(_SPENT),
                )
            ),
        ),
    )
    .order_by(reminder.c.reminder_id)
    .with_for_update()
)


class SqlReminders:
    """All reminders of this service's database, inside one transaction."""

    def __init__(self, tx: Transaction, kinds: Kinds) -> None:
        self._session = tx.session
        self._dialect = tx.session.get_bind().dialect.name
        self._listing = Listing(tx, kinds)

    async def about(self, patient_id: UUID) -> Sequence[Reminder]:
        """Every reminder with the rungs of what is not done; locked until we commit."""
        return await self._read(_ABOUT, {"whose": patient_id})

    async def rungs_of(self, items: Collection[UUID]) -> Sequence[Reminder]:
        """The rungs of these reminders; locked until we commit."""
        if not items:
            return ()
        return await self._locked(reminder.c.item_id.in_(items), reminder.c.level > 0)

    async def patient_of(self, reminder_id: UUID) -> UUID | None:
        """Whom this reminder is about."""
        query = select(reminder.c.patient_id).where(reminder.c.reminder_id == reminder_id)
        return (await self._session.execute(query)).scalar_one_or_none()

    async def item(self, reminder_id: UUID) -> Item | None:
        """The reminder this id belongs to, with its ladder; locked until we commit."""
        rows = await self._locked(_of_item(reminder_id))
        return next(iter(items_of(rows).values()), None)

    async def look_at(self, reminder_id: UUID) -> Item | None:
        """The same, to be read alone: others may decide about it meanwhile."""
        rows = await self._session.execute(select(reminder).where(_of_item(reminder_id)))
        return next(iter(items_of([reminder_of(row) for row in rows]).values()), None)

    async def save(self, changes: Changes) -> None:
        """One batch of new rows and one of changed ones."""
        first: dict[UUID, int] = {}
        last: dict[UUID, Reminder] = {}
        for row, _ in changes:
            first.setdefault(row.reminder_id, row.version)
            last[row.reminder_id] = row
        new = [values_of(row) for row in last.values() if first[row.reminder_id] == 1]
        changed = [values_of(row) for row in last.values() if first[row.reminder_id] > 1]
        if new:
            rows = [{**values, "whose": values["patient_id"]} for values in new]
            await self._session.execute(_INSERT, rows)
        if changed:
            await self._session.execute(_UPDATE, [_bound(values) for values in changed])

    async def set_live(self, live_: Mapping[Subject, int], *, retired: frozenset[Subject]) -> None:
        """From now on only rows about these versions may be shown."""
        if live_:
            await self._session.execute(_SET_LIVE[self._dialect], _subjects(live_))
        for kind, subject_id in sorted(retired):
            gone = and_(live.c.subject_kind == kind, live.c.subject_id == subject_id)
            await self._session.execute(delete(live).where(gone))

    async def show_due(self, now: datetime, *, limit: int) -> Sequence[Shown]:
        """Claim what is due, mark it visible, and return it, oldest first."""
        given = {"now": now, "limit": limit}
        rows = (await self._session.execute(claim(self._dialect), given)).all()
        return sorted(map(shown_of, rows), key=lambda row: (row.due_at, row.reminder_id.int))

    async def next_due(self) -> datetime | None:
        """When the next planned reminder falls due."""
        query = select(func.min(reminder.c.due_at)).where(PLANNED)
        found: datetime | None = (await self._session.execute(query)).scalar_one_or_none()
        return found

    async def listed(self, wanted: Wanted) -> Sequence[Listed]:
        """One page of a list in reading order."""
        return await self._listing.page(wanted)

    async def counts(self, wanted: Wanted) -> Mapping[Section, int]:
        """How many rows each section of the whole list has."""
        return await self._listing.counts(wanted)

    async def keys_on_list(self, viewer: Viewer, as_of: datetime) -> Sequence[Key]:
        """Keys of courses and plans on the team's list, the longest owed first."""
        return await self._listing.keys(viewer, as_of)

    async def of_patient(
        self, patient_id: UUID, as_of: datetime, stretch: Stretch
    ) -> Sequence[Listed]:
        """That stretch of the owners' reminders of one person."""
        return await self._listing.of_patient(patient_id, as_of, stretch)

    async def of_keys(
        self, keys: Collection[Key], viewer: Viewer, as_of: datetime
    ) -> Sequence[Listed]:
        """How the reminders of these keys stand, as far as the viewer may know of them."""
        return await self._listing.of_keys(keys, viewer, as_of)

    async def one(self, reminder_id: UUID, as_of: datetime) -> Listed | None:
        """One reminder as the list shows it."""
        return await self._listing.one(reminder_id, as_of)

    async def add_lost(self, found: Sequence[Reminder], now: datetime) -> None:
        """Remember that these had been missing until they were recounted."""
        if found:
            rows = [{"reminder_id": row.reminder_id, "found_at": now} for row in found]
            await self._session.execute(insert(lost), rows)

    async def levels(self, since: datetime | None, as_of: datetime) -> Levels:
        """Count how reminders fared that fell due since then."""
        return await service_levels(self._session, since=since, as_of=as_of)

    async def _locked(self, *conditions: ColumnElement[bool]) -> Sequence[Reminder]:
        query = select(reminder).where(*conditions).order_by(reminder.c.reminder_id)
        return await self._read(query.with_for_update())

    async def _read(
        self, query: Select[Any], given: Mapping[str, object] | None = None
    ) -> Sequence[Reminder]:
        rows = (await self._session.execute(query, given)).all()
        return [reminder_of(row) for row in rows]


def _set_live(new: Any) -> Executable:
    return new.on_conflict_do_update(  # type: ignore[no-any-return]
        index_elements=["subject_kind", "subject_id"],
        set_={"subject_version": new.excluded.subject_version},
        where=live.c.subject_version != new.excluded.subject_version,
    )


_SET_LIVE = {
    "sqlite": _set_live(sqlite.insert(live)),
    "postgresql": _set_live(postgresql.insert(live)),
}


def _of_item(reminder_id: UUID) -> ColumnElement[bool]:
    """Every level of the reminder this id belongs to."""
    owner = select(reminder.c.item_id).where(reminder.c.reminder_id == reminder_id)
    return reminder.c.item_id == owner.scalar_subquery()


_FIXED = {"reminder_id", "item_id", "level", "life", "patient_id", "team"}
_TEAM = select(patient.c.team).where(patient.c.patient_id == bindparam("whose"))
_INSERT = insert(reminder).values(team=_TEAM.scalar_subquery())
_UPDATE = (
    update(reminder)
    .where(reminder.c.reminder_id == bindparam("changed_id"))
    .values({one.name: bindparam(f"new_{one.name}") for one in WRITTEN if one.name not in _FIXED})
)


def _bound(values: dict[str, object]) -> dict[str, object]:
    new = {f"new_{name}": value for name, value in values.items() if name not in _FIXED}
    return {"changed_id": values["reminder_id"], **new}


def _subjects(live_: Mapping[Subject, int]) -> Sequence[dict[str, object]]:
    return [
        {"subject_kind": kind, "subject_id": subject_id, "subject_version": version}
        for (kind, subject_id), version in sorted(live_.items())
    ]
