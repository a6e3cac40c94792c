"""Notices in SQL: planned in batches, claimed like reminders, never two senders at once."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import (
    CursorResult,
    Row,
    and_,
    case,
    delete,
    func,
    insert,
    literal_column,
    or_,
    select,
    update,
)

from services.engagement.adapters.claim import RETURNED, shown_of
from services.engagement.adapters.list_statements import patient
from services.engagement.adapters.names import NAME_COLUMNS, named
from services.engagement.adapters.people import staff, upserting
from services.engagement.adapters.reach import quiet_hours, reach_of, wall
from services.engagement.adapters.rows import reminder
from services.engagement.adapters.tables import DigestRow, NoticeRow, PreferenceRow, TryRow
from services.engagement.application.ports import Digest, Reach, Shown, Try
from services.engagement.domain.kind import Kinds
from services.engagement.domain.notice import (
    Channel,
    Notice,
    Pace,
    Preference,
    Purpose,
    Reason,
    State,
    Wording,
    turn_of,
)
from services.engagement.domain.notice_wording import Line
from shared.api.identity import CLINICIANS
from shared.runtime.bulk import among, given_among
from shared.runtime.db import Transaction

notice = NoticeRow.metadata.tables["notice"]
delivery = TryRow.metadata.tables["delivery"]
preference = PreferenceRow.metadata.tables["notice_preference"]
digest = DigestRow.metadata.tables["digest"]
_CLINICIANS = sorted(role.value for role in CLINICIANS)
_PLANNED = notice.c.state == literal_column("'planned'")
_TURN = case({one.value: turn_of(one) for one in Purpose}, value=notice.c.purpose)
_UNSENT = or_(
    notice.c.state == literal_column("'failed'"), notice.c.state == literal_column("'not-done'")
)

# Built once: building a statement costs as much as running it.
_PREFERENCES = select(preference)
_REACHABLE = {
    dialect: select(patient.c.patient_id, patient.c.reach, *NAME_COLUMNS)
    .where(given_among(patient.c.patient_id, "people", dialect=dialect))
    .where(patient.c.reach.is_not(None))
    .order_by(patient.c.patient_id)
    for dialect in ("sqlite", "postgresql")
}


class SqlNotices:
    """What is sent, to whom, and what came of it."""

    def __init__(self, tx: Transaction, kinds: Kinds) -> None:
        self._tx = tx
        self._session = tx.session
        self._dialect = tx.session.get_bind().dialect.name
        self._insert = upserting(tx)
        self._kinds = kinds

    async def preferences(self) -> Mapping[UUID, Preference]:
        """Everybody who wants to be told something outside the portal."""
        rows = await self._session.execute(_PREFERENCES)
        return {row.staff_id: _preference(row) for row in rows}

    async def preference(self, staff_id: UUID) -> Preference | None:
        """One colleague's; locked until we commit."""
        query = select(preference).where(preference.c.staff_id == staff_id).with_for_update()
        row = (await self._session.execute(query)).first()
        return None if row is None else _preference(row)

    async def prefer(self, wish: Preference) -> None:
        """Keep it."""
        values = {
            "staff_id": wish.staff_id,
            "channels": [channel.value for channel in wish.channels],
            "email": wish.email,
            "webhook_url": wish.webhook_url,
            "webhook_secret": wish.webhook_secret,
            "pace": wish.pace.value,
            "wording": wish.wording.value,
            "quiet_begins": wall(wish.quiet.begins if wish.quiet else None),
            "quiet_ends": wall(wish.quiet.ends if wish.quiet else None),
            "version": wish.version,
        }
        new = self._insert(preference).values(values)
        changed = {name: new.excluded[name] for name in values if name != "staff_id"}
        await self._session.execute(
            new.on_conflict_do_update(index_elements=["staff_id"], set_=changed)
        )

    async def told(self, shown: Collection[UUID]) -> Sequence[Shown]:
        """These reminders as notices need them."""
        these = among(reminder.c.reminder_id, shown, dialect=self._dialect)
        query = select(*RETURNED).where(these).order_by(reminder.c.reminder_id)
        return [shown_of(row) for row in await self._session.execute(query)]

    async def reachable(self, patients: Collection[UUID]) -> Mapping[UUID, Reach]:
        """Those of these people who left a way to write to them."""
        if not patients:
            return {}
        given = {"people": list(patients)}
        rows = await self._session.execute(_REACHABLE[self._dialect], given)
        return {
            row.patient_id: replace(reach, email=named(row, self._tx).email or reach.email)
            for row in rows
            for reach in (reach_of(row.reach),)
        }

    async def add(self, notices: Sequence[Notice]) -> None:
        """Plan to send these; one that exists already stays as it is."""
        if notices:
            new = self._insert(notice).on_conflict_do_nothing(index_elements=["notice_id"])
            await self._session.execute(new, [_values(one) for one in notices])

    async def claim(
        self, now: datetime, real_now: datetime, *, lease_until: datetime, limit: int
    ) -> Sequence[Notice]:
        """Notices whose time has come; an urgent one never waits behind routine ones."""
        ready = (
            select(notice)
            .where(_PLANNED, notice.c.not_before <= now, notice.c.retry_at <= real_now)
            .order_by(_TURN, notice.c.not_before, notice.c.notice_id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        found = [_notice(row) for row in await self._session.execute(ready)]
        if found:
            claimed = notice.c.notice_id.in_([one.notice_id for one in found])
            await self._session.execute(update(notice).where(claimed).values(retry_at=lease_until))
        return found

    async def about(self, reminder_id: UUID) -> Sequence[Notice]:
        """Every safety notice about this reminder."""
        query = select(notice).where(
            notice.c.purpose == Purpose.SAFETY.value, notice.c.about == [str(reminder_id)]
        )
        rows = await self._session.execute(query.order_by(notice.c.made_at, notice.c.notice_id))
        return [_notice(row) for row in rows]

    async def hold(self, notice_id: UUID) -> Notice | None:
        """One notice; locked until we commit."""
        query = select(notice).where(notice.c.notice_id == notice_id).with_for_update()
        row = (await self._session.execute(query)).first()
        return None if row is None else _notice(row)

    async def keep(self, one: Notice) -> None:
        """Store it as it is now."""
        values = _values(one)
        change = update(notice).where(notice.c.notice_id == values.pop("notice_id"))
        await self._session.execute(change.values(values))

    async def tries(self, notice_id: UUID) -> int:
        """How many attempts there were."""
        query = select(func.count()).where(delivery.c.notice_id == notice_id)
        return (await self._session.execute(query)).scalar_one()

    async def add_try(self, one: Try) -> None:
        """Remember an attempt."""
        values = {name: getattr(one, name) for name in TryRow.model_fields}
        await self._session.execute(insert(delivery), values)

    async def lines(self, reminders: Collection[UUID]) -> Sequence[Line]:
        """Those of these reminders that are open, as a notice may speak of them."""
        if not reminders:
            return ()
        query = (
            select(reminder.c.kind, patient.c.patient_id, *NAME_COLUMNS)
            .join(patient, patient.c.patient_id == reminder.c.patient_id)
            .where(reminder.c.reminder_id.in_(list(reminders)), reminder.c.is_open)
            .order_by(reminder.c.risk, reminder.c.due_at, reminder.c.reminder_id)
        )
        return [
            Line(
                kind=self._kinds[row.kind].notice,
                initials=initials(*named(row, self._tx)[:2]),
            )
            for row in await self._session.execute(query)
        ]

    async def of_staff(
        self, staff_id: UUID, *, limit: int, after: tuple[datetime, UUID] | None = None
    ) -> Sequence[Notice]:
        """What was sent to one colleague, latest first."""
        query = select(notice).where(notice.c.staff_id == staff_id)
        return await self._latest(query, limit, after)

    async def unsent(
        self, teams: Collection[str], *, limit: int, after: tuple[datetime, UUID] | None = None
    ) -> Sequence[Notice]:
        """What could not be sent to colleagues or people of these teams, latest first."""
        theirs = select(patient.c.patient_id).where(patient.c.team.in_(list(teams)))
        people = [
            row.staff_id
            for row in await self._session.execute(select(staff.c.staff_id, staff.c.teams))
            if set(row.teams) & set(teams)
        ]
        readers = or_(notice.c.staff_id.in_(people), notice.c.patient_id.in_(theirs))
        return await self._latest(select(notice).where(_UNSENT, readers), limit, after)

    async def digest(self, staff_id: UUID, day: date) -> Digest | None:
        """The list of that morning."""
        query = select(digest).where(digest.c.staff_id == staff_id, digest.c.day == day)
        row = (await self._session.execute(query)).first()
        if row is None:
            return None
        items = await self._with_names(row.items)
        return Digest(staff_id=row.staff_id, day=row.day, made_at=row.made_at, items=items)

    async def _with_names(self, items: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
        """A kept list names nobody: who its people are is read where it is kept sealed."""
        people = {UUID(item["patient_id"]) for item in items if item["patient_name"] is None}
        query = select(patient.c.patient_id, *NAME_COLUMNS).where(patient.c.patient_id.in_(people))
        known = {
            str(row.patient_id): named(row, self._tx) for row in await self._session.execute(query)
        }
        return [
            {
                **item,
                "patient_name": who.full,
                "birth_date": _iso(who.birth.day),
                "birth_year": who.birth.year,
            }
            if who
            else item
            for item in items
            for who in (known.get(item["patient_id"]),)
        ]

    async def without_digest(self, day: date) -> Sequence[UUID]:
        """Whose list of this morning was not kept yet."""
        kept = select(digest.c.staff_id).where(digest.c.day == day)
        query = select(staff.c.staff_id).where(
            staff.c.active.is_(True), staff.c.role.in_(_CLINICIANS), staff.c.staff_id.not_in(kept)
        )
        rows = await self._session.execute(query.order_by(staff.c.staff_id))
        return rows.scalars().all()

    async def forget_digests(self, before: date) -> int:
        """Delete the lists of mornings before that day."""
        gone = await self._session.execute(delete(digest).where(digest.c.day < before))
        return cast("CursorResult[Any]", gone).rowcount

    async def forget_ended(self, before: datetime, *, limit: int) -> int:
        """Delete messages that ended before that, with their attempts, the oldest first."""
        ended = select(notice.c.notice_id).where(notice.c.ended_at < before)
        oldest = ended.order_by(notice.c.ended_at).limit(limit)
        ids = list((await self._session.execute(oldest)).scalars())
        if ids:
            for table in (delivery, notice):
                await self._session.execute(delete(table).where(table.c.notice_id.in_(ids)))
        return len(ids)

    async def unname(self, person: UUID) -> None:
        """Take somebody's name and birth date out of the lists that were kept."""
        for row in await self._session.execute(select(digest)):
            if any(item.get("patient_id") == str(person) for item in row.items):
                items = [
                    {**item, "patient_name": None, "birth_date": None}
                    if item.get("patient_id") == str(person)
                    else item
                    for item in row.items
                ]
                this = update(digest).where(
                    digest.c.staff_id == row.staff_id, digest.c.day == row.day
                )
                await self._session.execute(this.values(items=items))

    async def keep_digest(self, one: Digest) -> bool:
        """Keep it; False when another engine has."""
        items = [dict(item) for item in one.items]
        if self._tx.sealing is not None:
            items = [{**item, "patient_name": None, "birth_date": None} for item in items]
        new = self._insert(digest).values(
            staff_id=one.staff_id, day=one.day, made_at=one.made_at, items=items
        )
        kept = new.on_conflict_do_nothing().returning(digest.c.staff_id)
        return (await self._session.execute(kept)).first() is not None

    async def _latest(
        self, query: Any, limit: int, after: tuple[datetime, UUID] | None
    ) -> Sequence[Notice]:
        order = (notice.c.made_at.desc(), notice.c.notice_id)
        if after is not None:
            at, id_ = after
            same_moment = and_(notice.c.made_at == at, notice.c.notice_id > id_)
            query = query.where(or_(notice.c.made_at < at, same_moment))
        rows = await self._session.execute(query.order_by(*order).limit(limit))
        return [_notice(row) for row in rows]


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def initials(given: str | None, family: str | None) -> str:
    """A person in a notice: two letters at most."""
    letters = [name[0].upper() for name in (given, family) if name]
    return ".".join(letters) + "." if letters else "?"


def _preference(row: Row[Any]) -> Preference:
    return Preference(
        staff_id=row.staff_id,
        channels=tuple(Channel(channel) for channel in row.channels),
        email=row.email,
        webhook_url=row.webhook_url,
        webhook_secret=row.webhook_secret,
        pace=Pace(row.pace),
        wording=Wording(row.wording),
        quiet=quiet_hours(row.quiet_begins, row.quiet_ends),
        version=row.version,
    )


_SAME = (
    "notice_id",
    "staff_id",
    "patient_id",
    "count",
    "tries",
    "made_at",
    "not_before",
    "retry_at",
    "ended_at",
)


def _values(one: Notice) -> dict[str, Any]:
    return {
        **{name: getattr(one, name) for name in _SAME},
        "purpose": one.purpose.value,
        "about": [str(reminder_id) for reminder_id in one.about],
        "channels": [channel.value for channel in one.channels],
        "state": one.state.value,
        "reason": None if one.reason is None else one.reason.value,
    }


def _notice(row: Row[Any]) -> Notice:
    return Notice(
        **{name: row._mapping[name] for name in _SAME},  # noqa: SLF001 - SQLAlchemy's own name
        purpose=Purpose(row.purpose),
        about=tuple(UUID(reminder_id) for reminder_id in row.about),
        channels=tuple(Channel(channel) for channel in row.channels),
        state=State(row.state),
        reason=None if row.reason is None else Reason(row.reason),
    )
