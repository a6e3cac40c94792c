"""Whether the engine keeps its promises, counted from the rows themselves."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Float,
    Select,
    and_,
    bindparam,
    case,
    cast,
    extract,
    func,
    literal_column,
    or_,
    select,
    true,
)
from sqlalchemy.ext.asyncio import AsyncSession

from services.engagement.adapters.rows import reminder
from services.engagement.adapters.tables import LostRow
from services.engagement.adapters.tables.notices import NoticeRow, TryRow
from services.engagement.adapters.tables.reminders import KEY
from services.engagement.application.ports import ChannelLevels, Levels
from services.engagement.domain.notice import Answer, State

PROMPT = timedelta(seconds=60)
"""How soon after its time a reminder is promised to be visible (reliability.md P4)."""

SOON = timedelta(seconds=120)
"""How soon after it may go out a notice is promised to be sent (reliability.md P4)."""

lost = LostRow.metadata.tables["lost"]
notice = NoticeRow.metadata.tables["notice"]
delivery = TryRow.metadata.tables["delivery"]
_SECONDS_A_DAY = 86_400


async def service_levels(
    session: AsyncSession, *, since: datetime | None, as_of: datetime
) -> Levels:
    """Count how reminders fared that fell due since then; all of them when ``since`` is None.

    A reminder planned after its time (its facts came late) counts from when it was planned.
    """
    shape = _Shape(session.get_bind().dialect.name == "sqlite", since is not None)
    given = {"as_of": as_of} if since is None else {"as_of": as_of, "since": since}
    row = (await session.execute(_reminders(shape), given)).one()
    channels = (await session.execute(_channels(shape), given)).all()
    return Levels(
        on_time=row.on_time,
        late=row.late,
        early=row.early,
        doubled=(await session.execute(_DOUBLED)).scalar_one(),
        lost=(await session.execute(_lost(shape), given)).scalar_one(),
        waiting=row.waiting,
        open=row.open,
        done=row.done,
        cancelled=row.cancelled,
        worst_lateness_s=max(0, int(row.worst)),
        channels=tuple(
            ChannelLevels(
                channel=one.channel, on_time=one.on_time, late=one.late, failed=one.failed
            )
            for one in channels
        ),
    )


@dataclass(frozen=True, slots=True)
class _Shape:
    """What tells one statement from another of the same kind; each is built once."""

    sqlite: bool
    since: bool


@cache
def _reminders(shape: _Shape) -> Select[Any]:
    """How reminders fared, and how many there are."""
    wait = _seconds_between(_owed_from(), reminder.c.visible_at, sqlite=shape.sqlite)
    late = wait > PROMPT.total_seconds()
    early = and_(reminder.c.state == "visible", reminder.c.visible_at < reminder.c.due_at)
    fell_due = reminder.c.due_at >= bindparam("since") if shape.since else true()
    due = and_(reminder.c.is_open, reminder.c.due_at <= bindparam("as_of"))
    cancelled = reminder.c.reason.is_not(None)

    def how_many(*which: ColumnElement[bool]) -> ColumnElement[int]:
        """Each from an index of its own; closed without a reason is done."""
        return select(func.count()).where(*which, fell_due).scalar_subquery()

    return select(
        _count(~late).label("on_time"),
        _count(late).label("late"),
        _count(early).label("early"),
        how_many(due, reminder.c.state == "planned").label("waiting"),
        how_many(due).label("open"),
        how_many(~reminder.c.is_open, ~cancelled).label("done"),
        how_many(cancelled).label("cancelled"),
        func.coalesce(func.max(wait), 0).label("worst"),
    ).where(reminder.c.visible_at.is_not(None), fell_due)


@cache
def _channels(shape: _Shape) -> Select[Any]:
    """How notices fared on each channel they were tried on; one still being tried is not in it.

    A notice waits for quiet hours and closed days before it counts as late. One that a second
    channel took failed on the first.
    """
    taken = func.max(case((delivery.c.answer == Answer.TAKEN.value, 1), else_=0))
    last = select(delivery.c.notice_id, delivery.c.channel, taken.label("taken")).group_by(
        delivery.c.notice_id, delivery.c.channel
    )
    tried = last.subquery()
    came_through = tried.c.taken == 1
    wait = _seconds_between(_may_go_from(), notice.c.ended_at, sqlite=shape.sqlite)
    late = wait > SOON.total_seconds()
    over = notice.c.state != State.PLANNED.value
    query = (
        select(
            tried.c.channel,
            _count(and_(came_through, ~late)).label("on_time"),
            _count(and_(came_through, late)).label("late"),
            _count(and_(~came_through, over)).label("failed"),
        )
        .join(notice, notice.c.notice_id == tried.c.notice_id)
        .group_by(tried.c.channel)
        .order_by(tried.c.channel)
    )
    return query.where(notice.c.made_at >= bindparam("since")) if shape.since else query


def _may_go_from() -> ColumnElement[Any]:
    later = notice.c.not_before > notice.c.made_at
    return case((later, notice.c.not_before), else_=notice.c.made_at)


def _doubled() -> Select[Any]:
    """Reminders that stood on a list while an earlier life of the same key did.

    Unique indexes keep a second open row out; this looks at the rows as they are and at when they
    were shown and done, so that it would say so if an index were gone or had been wrong. Of a
    cancelled one the rows do not say when it ended.
    """
    former, later = reminder.alias("former"), reminder.alias("later")
    same_key = and_(*(former.c[name] == later.c[name] for name in KEY))
    meets = or_(
        and_(former.c.is_open, or_(later.c.is_open, later.c.visible_at.is_not(None))),
        later.c.visible_at < former.c.done_at,
    )
    return (
        select(func.count(later.c.reminder_id.distinct()))
        .select_from(later.join(former, and_(same_key, former.c.life < later.c.life)))
        .where(later.c.life > literal_column("1"), meets)
    )


_DOUBLED = _doubled()


@cache
def _lost(shape: _Shape) -> Select[Any]:
    """Reminders that should have existed and did not until they were recounted."""
    query = select(func.count()).select_from(lost)
    return query.where(lost.c.found_at >= bindparam("since")) if shape.since else query


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def _owed_from() -> ColumnElement[Any]:
    later = reminder.c.planned_at > reminder.c.due_at
    return case((later, reminder.c.planned_at), else_=reminder.c.due_at)


def _seconds_between(
    start: ColumnElement[Any], end: ColumnElement[Any], *, sqlite: bool
) -> ColumnElement[Any]:
    if sqlite:
        return (func.julianday(end) - func.julianday(start)) * _SECONDS_A_DAY
    return cast(extract("epoch", end - start), Float)
