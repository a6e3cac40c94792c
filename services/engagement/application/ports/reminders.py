"""Reminders as the use cases need them, and the list that is read from them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple, Protocol
from uuid import UUID

from services.engagement.domain.change import Changes
from services.engagement.domain.kind import Group, Kinds
from services.engagement.domain.ladder import Item
from services.engagement.domain.notice import Told
from services.engagement.domain.obligation import Key
from services.engagement.domain.reminder import EVERY_STATE, Reason, Reminder, State
from services.engagement.domain.worklist import Section

Subject = tuple[str, UUID]
"""Kind and id of what an obligation is about."""

Before = tuple[datetime, UUID]
"""Due time and id of the last row seen on a list that runs back in time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What somebody did about a reminder, kept for ever. ``note`` is in no event or log."""

    attempt_id: UUID
    reminder_id: UUID
    patient_id: UUID
    act: str
    by: UUID
    at: datetime
    meaning: str | None = None
    until: datetime | None = None
    to: UUID | None = None
    note: str | None = None


class Announced(Protocol):
    """As much of a reminder as the others are told."""

    @property
    def reminder_id(self) -> UUID: ...
    @property
    def key(self) -> Key: ...
    @property
    def level(self) -> int: ...
    @property
    def patient_id(self) -> UUID: ...
    @property
    def state(self) -> State: ...
    @property
    def due_at(self) -> datetime: ...
    @property
    def visible_at(self) -> datetime | None: ...
    @property
    def reason(self) -> Reason | None: ...
    @property
    def version(self) -> int: ...


class Shown(NamedTuple):
    """A reminder that has just become visible, as others and notices are told of it. A tuple,
    for there may be ten thousand of them in one minute."""

    key: Key
    reminder_id: UUID
    level: int
    patient_id: UUID
    due_at: datetime
    visible_at: datetime
    version: int
    owner_id: UUID | None
    for_role: str
    team: str
    state: State = State.VISIBLE
    reason: None = None

    def told(self, kinds: Kinds) -> Told:
        """As far as notices to colleagues depend on it."""
        return Told(
            reminder_id=self.reminder_id,
            level=self.level,
            owner_id=self.owner_id,
            for_role=self.for_role,
            team=self.team,
            is_safety=kinds[self.key.kind].group is Group.SAFETY,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A reminder as the list needs it."""

    row: Reminder
    section: Section | None
    team: str
    patient_name: str | None
    birth_date: date | None
    birth_year: int | None = None
    """Of somebody erased, in place of the birth date."""
    zone: str
    escalated_to: int | None
    comes_back_at: datetime | None
    """When its owner has it again, of what a person put off; None when it is at hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """Whose list it is; ``stands_in_for`` are colleagues whose work is on it too, for now, and
    ``on_call_for`` the teams whose rungs on call fall to them at this moment."""

    staff_id: UUID
    role: str
    teams: tuple[str, ...]
    stands_in_for: frozenset[UUID] = frozenset()
    on_call_for: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Which of one person's reminders, by when they are due: the latest first unless
    ``soonest_first``. ``after`` is the reading order of the last one seen."""

    states: frozenset[State] = EVERY_STATE
    soonest_first: bool = False
    after: Before | None = None
    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which part of the list. ``after`` is the reading order of the last row seen; ``free`` leaves
    out what somebody has in hand or put off."""

    viewer: Viewer
    mine: bool
    as_of: datetime
    section: Section | None = None
    patients: frozenset[UUID] | None = None
    action: str | None = None
    free: bool = False
    after: tuple[int, int, datetime, UUID] | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelLevels:
    """How notices fared on one channel: sent at once, sent late, or given up there."""

    channel: str
    on_time: int
    late: int
    failed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Levels:
    """How reminders fared; ``early``, ``doubled`` and ``lost`` must be 0."""

    on_time: int
    late: int
    early: int
    doubled: int
    lost: int
    waiting: int
    open: int
    done: int
    cancelled: int
    worst_lateness_s: int
    channels: tuple[ChannelLevels, ...]


class Reminders(Protocol):
    """All reminders, one row per key and level."""

    async def about(self, patient_id: UUID) -> Sequence[Reminder]:
        """Every reminder of one person, closed ones too, with the rungs of what is not done."""
        ...

    async def rungs_of(self, items: Collection[UUID]) -> Sequence[Reminder]:
        """The rungs of these reminders."""
        ...

    async def patient_of(self, reminder_id: UUID) -> UUID | None:
        """Whom this reminder is about."""
        ...

    async def item(self, reminder_id: UUID) -> Item | None:
        """The reminder this id belongs to, with its ladder, until we commit."""
        ...

    async def save(self, changes: Changes) -> None:
        """Store the rows as they are after these changes."""
        ...

    async def set_live(self, live: Mapping[Subject, int], *, retired: frozenset[Subject]) -> None:
        """From now on only rows about these versions may be shown."""
        ...

    async def show_due(self, now: datetime, *, limit: int) -> Sequence[Shown]:
        """Claim what is due, mark it visible, and return it, oldest first."""
        ...

    async def next_due(self) -> datetime | None:
        """When the next planned reminder falls due."""
        ...

    async def listed(self, wanted: Wanted) -> Sequence[Listed]:
        """One page of a list in reading order."""
        ...

    async def counts(self, wanted: Wanted) -> Mapping[Section, int]:
        """How many rows each section of the whole list has."""
        ...

    async def of_patient(
        self, patient_id: UUID, as_of: datetime, stretch: Stretch
    ) -> Sequence[Listed]:
        """That stretch of the owners' reminders of one person."""
        ...

    async def one(self, reminder_id: UUID, as_of: datetime) -> Listed | None:
        """One reminder as the list shows it."""
        ...

    async def add_lost(self, found: Sequence[Reminder], now: datetime) -> None:
        """Remember that these had been missing until they were recounted."""
        ...

    async def levels(self, since: datetime | None, as_of: datetime) -> Levels:
        """Count how reminders fared that fell due since then."""
        ...


class Attempts(Protocol):
    """What people did about reminders."""

    async def add(self, attempt: Attempt) -> None:
        """Keep one."""
        ...

    async def deferrals(self, reminder_id: UUID) -> int:
        """How often a person has put this reminder off to a time they chose."""
        ...


def key_subject(key: Key) -> Subject:
    """What this key is about."""
    return (key.subject_kind, key.subject_id)
