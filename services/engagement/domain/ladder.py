"""The escalation ladder of a reminder: rows planned with it, so nobody has to remember them."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.engagement.domain.change import Change, Changes, What
from services.engagement.domain.errors import LadderExhausted
from services.engagement.domain.kind import Group, Kind, Kinds, Ladder, Patience
from services.engagement.domain.reminder import (
    Reason,
    Reminder,
    State,
    assigned,
    cancelled,
    done,
    reminder_id,
    shown,
)
from services.engagement.domain.team import Staffing
from services.engagement.domain.working_days import ClinicHours, after_working_time


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a decision about a patient's reminders needs besides the reminders."""

    kinds: Kinds
    hours: ClinicHours
    staffing: Staffing
    patience: Patience

    def kind_of(self, row: Reminder) -> Kind:
        """The kind of this reminder, as the content files have it."""
        return self.kinds[row.key.kind]

    def ladder_of(self, row: Reminder) -> Ladder:
        """Who hears of this reminder after its owner."""
        return self.kind_of(row).ladder(row.risk)


@dataclass(frozen=True, slots=True)
class Item:
    """A reminder with the rungs that exist above it."""

    owner: Reminder
    rungs: tuple[Reminder, ...] = ()

    def rung(self, level: int) -> Reminder | None:
        """The latest row at this level, if it was ever planned."""
        return next((row for row in self.rungs if row.level == level), None)

    def after(self, changes: Changes) -> "Item":
        """The item once these changes to its own rows have happened."""
        rows = {row.level: row for row in (self.owner, *self.rungs)}
        rows |= {change.row.level: change.row for change in changes}
        return Item(rows.pop(0), tuple(rows.values()))

    @property
    def standing(self) -> int:
        """The highest level that knows and still waits for an answer; 0 is its owner alone."""
        known = (row.level for row in self.rungs if row.is_open and row.visible_at is not None)
        return max(known, default=0)

    @property
    def told(self) -> int:
        """The highest level that has been shown to somebody."""
        return max((row.level for row in self.rungs if row.visible_at is not None), default=0)


def restarted(item: Item, setting: Setting) -> Changes:
    """Plan every rung from the reminder's own due time, as if nobody had been told yet."""
    return tuple(
        Change(_planned(item, level, due_at, setting), What.PLANNED)
        for level, due_at in _times(item.owner, setting)
    )


def postponed(item: Item, setting: Setting) -> Changes:
    """Go on from the time it was put off to: who was told stays told, and is told only once."""
    return tuple(
        Change(_planned(item, level, due_at, setting), What.PLANNED)
        for level, due_at in _times(item.owner, setting, above=item.standing)
        if (row := item.rung(level)) is None or not row.is_open or row.visible_at is None
    )


def retimed(item: Item, setting: Setting) -> Changes:
    """Move the first rung unless it was seen: the reminder has another owner, or none."""
    first = item.rung(1)
    if first is None or first.state is not State.PLANNED:
        return ()
    _, due_at = _times(item.owner, setting)[0]
    if first.due_at == due_at:
        return ()
    return (Change(_planned(item, 1, due_at, setting), What.MOVED),)


def reassigned(item: Item, setting: Setting) -> Changes:
    """Give each rung to whoever has its role around the person now."""
    return tuple(
        Change(assigned(row, owner_id=owner_id, by_hand=False), What.ASSIGNED)
        for row in item.rungs
        if row.is_open and (owner_id := setting.staffing.owner(row.for_role)) != row.owner_id
    )


def climbed(item: Item, setting: Setting, now: datetime) -> Changes:
    """Tell the next person at once, and count the rungs above from this moment.

    Raises:
        LadderExhausted: everybody on it was told already.
    """
    above = setting.ladder_of(item.owner)[item.told :]
    if not above:
        raise LadderExhausted
    level = item.told + 1
    told = _planned(item, level, now, setting)
    times = [rung.later_than(above[0]).due_at(now, setting.hours) for rung in above[1:]]
    return (
        Change(told, What.PLANNED),
        Change(shown(told, now), What.ESCALATED),
        *(
            Change(_planned(item, higher, due_at, setting), What.PLANNED)
            for higher, due_at in enumerate(times, start=level + 1)
        ),
    )


def stopped(item: Item, reason: Reason) -> Changes:
    """Nobody further needs to hear of it."""
    return tuple(
        Change(cancelled(row, reason), What.CANCELLED) for row in item.rungs if row.is_open
    )


def completed(item: Item, at: datetime) -> Changes:
    """Those who had been told see it done; the rest never hear of it."""
    return tuple(_completed(row, at) for row in item.rungs if row.is_open)


def _completed(row: Reminder, at: datetime) -> Change:
    if row.state is State.PLANNED:
        return Change(cancelled(row, Reason.COMPLETED), What.CANCELLED)
    return Change(done(row, at), What.DONE)


def _times(
    owner: Reminder, setting: Setting, *, above: int = 0
) -> tuple[tuple[int, datetime], ...]:
    """When each rung is reached; those above the level ``above`` count from when that one knew.

    Without an owner the first is reached at once. Each deferral is bounded and their sum is not:
    so the first rung of what was put off counts from no later than ``_latest``.
    """
    base = _base(owner, setting)
    first = min(base, _latest(owner, setting)) if owner.is_put_off else base
    nobody = owner.owner_id is None
    ladder = setting.ladder_of(owner)
    known = ladder[above - 1] if above else None
    return tuple(
        (level, start if nobody and level == 1 else left.due_at(start, setting.hours))
        for level, rung in enumerate(ladder, start=1)
        for start in (first if level == 1 else base,)
        for left in (rung.later_than(known) if known and level > above else rung,)
    )


def _latest(owner: Reminder, setting: Setting) -> datetime:
    """The longest deferral after it was owed, and the clinic's own waits between tries."""
    waits = sum(setting.patience.retries[: owner.attempts], timedelta())
    allowed = owner.owed_at + setting.patience.longest_deferral
    return after_working_time(allowed, waits, setting.hours)


def _base(owner: Reminder, setting: Setting) -> datetime:
    """A safety ladder counts from the event; a routine one never from before it was planned."""
    if setting.kind_of(owner).group is Group.SAFETY:
        return owner.due_at
    return max(owner.due_at, owner.planned_at)


def _planned(item: Item, level: int, due_at: datetime, setting: Setting) -> Reminder:
    """The rung from now on: the row that is open, or a new one after what is closed."""
    before = item.rung(level)
    is_new = before is None or not before.is_open
    life = 1 if before is None else before.life + is_new
    role = setting.ladder_of(item.owner)[level - 1].role
    return replace(
        item.owner,
        reminder_id=reminder_id(item.owner.key, level, life),
        level=level,
        life=life,
        for_role=role,
        owner_id=setting.staffing.owner(role),
        owed_at=due_at,
        due_at=due_at,
        state=State.PLANNED,
        reason=None,
        visible_at=None,
        acknowledged=None,
        answered_before=False,
        done_at=None,
        attempts=0,
        handed_over=False,
        version=1 if before is None or is_new else before.version + 1,
    )
