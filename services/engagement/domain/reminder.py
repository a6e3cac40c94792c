"""The life of a reminder: planned, visible, acknowledged, done, or cancelled for a reason.

What is closed stays closed and keeps what became of it. When the facts owe the same thing again
(a suspended course is resumed, a record is withdrawn as a mistake), a new reminder is planned
under the same key for its next *life*: of one key at most one life is open.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID, uuid5

from services.engagement.domain.obligation import Acknowledgement, Key, Obligation

_NAMESPACE = UUID("6f0d2f5e-6d6f-4f72-a969-6e6774696465")


class State(StrEnum):
    """Where a reminder stands."""

    PLANNED = "planned"
    VISIBLE = "visible"
    ACKNOWLEDGED = "acknowledged"
    DONE = "done"
    CANCELLED = "cancelled"


OPEN = frozenset({State.PLANNED, State.VISIBLE, State.ACKNOWLEDGED})
EVERY_STATE = frozenset(State)


class Reason(StrEnum):
    """Why a reminder was cancelled."""

    SUPERSEDED = "superseded"
    STOPPED = "stopped"
    OUT_OF_PHASE = "out-of-phase"
    WITHDRAWN = "withdrawn"
    LEFT_CARE = "left-care"
    DECEASED = "deceased"
    ANSWERED = "answered"
    COMPLETED = "completed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder:
    """One obligation at one level: 0 is its owner's, 1 and up are the rungs of the ladder.

    ``owed_at`` is the instant the facts ask for and ``due_at`` the one that counts: a person
    may put it off. ``planned_at`` is when it was last planned; a ladder never starts earlier.
    """

    reminder_id: UUID
    item_id: UUID
    """The owner's reminder, whose id all rungs of one ladder share."""
    key: Key
    level: int
    life: int = 1
    """1 the first time this key and level is owed; one more each time it is owed again."""
    patient_id: UUID
    course_id: UUID | None
    for_role: str
    owner_id: UUID | None
    risk: int
    due_on: date
    owed_at: datetime
    due_at: datetime
    overdue_from: datetime
    planned_at: datetime
    state: State = State.PLANNED
    reason: Reason | None = None
    visible_at: datetime | None = None
    acknowledged: Acknowledgement | None = None
    answered_before: bool = False
    """The acknowledgement was given on the plan version this one replaces."""
    done_at: datetime | None = None
    attempts: int = 0
    handed_over: bool = False
    """A person gave it to its owner; a change of care team leaves that alone."""
    detail: Mapping[str, str | int] = field(default_factory=dict)
    version: int = 1

    @property
    def is_open(self) -> bool:
        """Whether something is still owed."""
        return self.state in OPEN

    @property
    def is_put_off(self) -> bool:
        """Whether a person moved it away from the instant the facts ask for."""
        return self.due_at != self.owed_at

    def comes_back_at(self, now: datetime) -> datetime | None:
        """When an owner's reminder that a person put off is due again; None when it is at hand."""
        waits = self.state is State.PLANNED and self.is_put_off and self.due_at > now
        return self.due_at if waits else None


def reminder_id(key: Key, level: int, life: int = 1) -> UUID:
    """The same key always has the same id, so even a rebuilt table names it alike."""
    again = () if life == 1 else (f"life-{life}",)
    return uuid5(_NAMESPACE, "/".join((*map(str, key), str(level), *again)))


def planned(one: Obligation, *, owner_id: UUID | None, now: datetime, life: int = 1) -> Reminder:
    """A new reminder for its owner."""
    own_id = reminder_id(one.key, 0, life)
    return Reminder(
        reminder_id=own_id,
        item_id=own_id,
        key=one.key,
        level=0,
        life=life,
        patient_id=one.patient_id,
        course_id=one.course_id,
        for_role=one.for_role,
        owner_id=owner_id,
        risk=one.risk,
        due_on=one.due_on,
        owed_at=one.due_at,
        due_at=one.due_at,
        overdue_from=one.overdue_from,
        planned_at=now,
        detail=one.detail,
    )


def shown(row: Reminder, now: datetime) -> Reminder:
    """It is on somebody's list from now on."""
    return replace(row, state=State.VISIBLE, visible_at=now, version=row.version + 1)


def acknowledged(row: Reminder, answer: Acknowledgement) -> Reminder:
    """A person has it in hand."""
    return replace(
        row,
        state=State.ACKNOWLEDGED,
        visible_at=row.visible_at or answer.at,
        acknowledged=answer,
        answered_before=False,
        version=row.version + 1,
    )


def done(row: Reminder, at: datetime) -> Reminder:
    """The work behind it is recorded."""
    return replace(row, state=State.DONE, done_at=at, version=row.version + 1)


def cancelled(row: Reminder, reason: Reason) -> Reminder:
    """It is no longer owed."""
    return replace(row, state=State.CANCELLED, reason=reason, version=row.version + 1)


def put_off(row: Reminder, until: datetime, now: datetime) -> Reminder:
    """The same reminder, at a later instant a person chose."""
    return replace(
        row,
        state=State.PLANNED,
        due_at=until,
        planned_at=now,
        visible_at=None,
        version=row.version + 1,
    )


def assigned(row: Reminder, *, owner_id: UUID | None, by_hand: bool) -> Reminder:
    """The same reminder on another list."""
    return replace(row, owner_id=owner_id, handed_over=by_hand, version=row.version + 1)


def replanned(row: Reminder, one: Obligation, now: datetime) -> Reminder:
    """The same reminder at the time the facts ask for now."""
    return replace(
        row,
        state=State.PLANNED,
        for_role=one.for_role,
        risk=one.risk,
        due_on=one.due_on,
        owed_at=one.due_at,
        due_at=one.due_at,
        overdue_from=one.overdue_from,
        planned_at=now,
        visible_at=None,
        answered_before=row.acknowledged is not None,
        detail=one.detail,
        version=row.version + 1,
    )


def reworded(row: Reminder, one: Obligation) -> Reminder:
    """The owning service describes it in other words."""
    return replace(row, detail=one.detail, version=row.version + 1)


def tried(row: Reminder) -> Reminder:
    """Somebody tried to reach the person."""
    return replace(row, attempts=row.attempts + 1, version=row.version + 1)


def touched(row: Reminder) -> Reminder:
    """Nothing about it changed, but whoever saw it before has to look again."""
    return replace(row, version=row.version + 1)
