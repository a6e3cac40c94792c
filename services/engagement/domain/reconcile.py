"""Bring reminders in line with what is owed. Running it twice changes nothing the second time."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from services.engagement.domain import ladder, reminder
from services.engagement.domain.change import Change, Changes, What
from services.engagement.domain.kind import ClosedBy
from services.engagement.domain.ladder import Item, Setting
from services.engagement.domain.obligation import Acknowledgement, Key, Obligation
from services.engagement.domain.reminder import Reason, Reminder, State


def reconcile(
    existing: Iterable[Reminder],
    owed: Iterable[Obligation],
    *,
    gone: Callable[[Reminder], Reason],
    setting: Setting,
    now: datetime,
) -> Changes:
    """The changes that make ``existing`` say what ``owed`` says.

    ``gone`` names the reason for a reminder that is owed no longer. ``existing`` is every
    reminder of the person, closed ones too, with its rungs unless it is done for good.
    """
    items = items_of(existing)
    wanted = {one.key: one for one in owed}
    changes: list[Change] = []
    for key, item in items.items():
        if key not in wanted and item.owner.is_open:
            changes += withdrawn(item, gone(item.owner))
    for key, one in wanted.items():
        if key in items:
            changes += _known(items[key], one, setting, now)
        elif one.done_at is None:
            row = _first(one, _predecessor(key, items), setting, now)
            changes += _planned(Item(row), one, setting)
    return tuple(changes)


def owed_again(existing: Iterable[Reminder], owed: Iterable[Obligation]) -> frozenset[UUID]:
    """Reminders that were done and are not: a record was withdrawn as a mistake."""
    undone = {one.key for one in owed if one.done_at is None}
    return frozenset(
        row.reminder_id
        for row in existing
        if row.level == 0 and row.state is State.DONE and row.key in undone
    )


def items_of(rows: Iterable[Reminder]) -> Mapping[Key, Item]:
    """Each reminder with its rungs, by key: of every level the latest life."""
    levels: dict[Key, dict[int, Reminder]] = {}
    for row in sorted(rows, key=lambda row: row.life):
        levels.setdefault(row.key, {})[row.level] = row
    return {
        key: Item(at.pop(0), tuple(at[level] for level in sorted(at)))
        for key, at in levels.items()
        if 0 in at
    }


def finished(item: Item, at: datetime) -> Changes:
    """The work behind it is recorded; its ladder ends."""
    return (Change(reminder.done(item.owner, at), What.DONE), *ladder.completed(item, at))


def withdrawn(item: Item, reason: Reason) -> Changes:
    """It is no longer owed; its ladder ends."""
    row = reminder.cancelled(item.owner, reason)
    return (Change(row, What.CANCELLED), *ladder.stopped(item, reason))


def answered(item: Item, answer: Acknowledgement) -> Changes:
    """A person has it in hand; its ladder stops."""
    row = reminder.acknowledged(item.owner, answer)
    return (Change(row, What.ACKNOWLEDGED), *ladder.stopped(item, Reason.ANSWERED))


def _first(
    one: Obligation, before: Reminder | None, setting: Setting, now: datetime, *, life: int = 1
) -> Reminder:
    """A new reminder; it shows who had the one before it in hand."""
    owner_id = setting.staffing.owner(one.for_role, one.owner, besides=one.not_for)
    row = reminder.planned(one, owner_id=owner_id, now=now, life=life)
    if before is None or before.acknowledged is None:
        return row
    return replace(row, acknowledged=before.acknowledged, answered_before=True)


def _planned(item: Item, one: Obligation, setting: Setting) -> Changes:
    planned = (Change(item.owner, What.PLANNED), *ladder.restarted(item, setting))
    if one.acknowledged is None:
        return planned
    return (*planned, *answered(item.after(planned), one.acknowledged))


def _known(item: Item, one: Obligation, setting: Setting, now: datetime) -> Changes:
    row = item.owner
    if row.is_open and one.done_at is not None:
        return finished(item, one.done_at)
    if row.is_open:
        moved_lists = _assigned(item, one, setting)
        return (*moved_lists, *_still_owed(item.after(moved_lists), one, setting, now))
    if one.done_at is None and _may_return(row, setting):
        before = row if row.state is State.CANCELLED else None
        again = _first(one, before, setting, now, life=row.life + 1)
        return _planned(Item(again, item.rungs), one, setting)
    return ()


def _may_return(row: Reminder, setting: Setting) -> bool:
    """Closed by facts, owed again by facts; but a person's word and a newer plan are final."""
    if row.state is State.DONE:
        return setting.kind_of(row).closed_by is not ClosedBy.ENGAGEMENT
    return row.reason is not Reason.SUPERSEDED


def _assigned(item: Item, one: Obligation, setting: Setting) -> Changes:
    """Follow the care team, unless a person gave it to somebody who still works here."""
    rungs = ladder.reassigned(item, setting)
    row, staffing = item.owner, setting.staffing
    owner_id = staffing.owner(one.for_role, one.owner, besides=one.not_for)
    stays = row.handed_over and row.owner_id is not None and staffing.works_here(row.owner_id)
    if stays or row.owner_id == owner_id:
        return rungs
    row = reminder.assigned(row, owner_id=owner_id, by_hand=False)
    changes = (*rungs, Change(row, What.ASSIGNED))
    return (*changes, *ladder.retimed(item.after(changes), setting))


def _still_owed(item: Item, one: Obligation, setting: Setting, now: datetime) -> Changes:
    row = item.owner
    if moves(row, one):
        return _moved(item, one, setting, now)
    if one.acknowledged is not None and row.state is not State.ACKNOWLEDGED:
        return answered(item, one.acknowledged)
    if row.detail != one.detail:
        return (Change(reminder.reworded(row, one), What.REWORDED),)
    return ()


def moves(row: Reminder, one: Obligation) -> bool:
    """Another instant; but another zone alone moves neither what is shown nor what was put off."""
    if row.owed_at == one.due_at:
        return False
    is_waiting = row.state is State.PLANNED and not row.is_put_off
    return is_waiting or row.due_on != one.due_on


def _moved(item: Item, one: Obligation, setting: Setting, now: datetime) -> Changes:
    row = reminder.replanned(item.owner, one, now)
    return (Change(row, What.MOVED), *ladder.restarted(Item(row, item.rungs), setting))


def _predecessor(key: Key, items: Mapping[Key, Item]) -> Reminder | None:
    """The same step's reminder in the latest earlier version of the plan."""
    earlier = [
        item.owner
        for other, item in items.items()
        if other._replace(subject_version=0) == key._replace(subject_version=0)
        and other.subject_version < key.subject_version
    ]
    return max(earlier, key=lambda row: row.key.subject_version, default=None)
