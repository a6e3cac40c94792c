"""What a person's own calendar shows of a course: days and moments, never a drug or a dose.

An entry keeps its identity as long as the plan has that step: it moves, it is called off, it comes
back, each time with a higher sequence (RFC 5545, 3.8.7.4). Nothing is ever taken out, because a
calendar that read it before would keep it.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID, uuid5

from services.treatment.domain.course import Course
from services.treatment.domain.live_taper import Taper
from services.treatment.domain.owed import CHANGE, EARLY, GATE, LOOK, owed_by


class EntryState(StrEnum):
    """``past``: it took place. ``off``: it will not, as things stand."""

    AHEAD = "ahead"
    PAST = "past"
    OFF = "off"


KINDS = (CHANGE, EARLY, GATE, LOOK)
"""What concerns the person; supply and reviews are the clinic's work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DiaryEntry:
    """One entry. ``zone`` is the one its clock time is meant in, ``sequence`` starts at 0."""

    uid: UUID
    course_id: UUID
    patient_id: UUID
    kind: str
    on: date
    zone: str
    state: EntryState
    sequence: int
    changed_at: datetime

    def is_as(self, other: "DiaryEntry") -> bool:
        """Whether a calendar would show the same."""
        off = EntryState.OFF
        return (self.on, self.zone, self.state is off) == (
            other.on,
            other.zone,
            other.state is off,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Titles:
    """The words the person chose for the days of a change, and for being asked how they are."""

    change: str
    check_in: str

    def of(self, kind: str) -> str:
        """What an entry of that kind is called."""
        return self.change if kind == CHANGE else self.check_in


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarLink:
    """Whoever holds the secret reads the person's entries, until somebody takes it back."""

    id: UUID
    patient_id: UUID
    secret_sha256: bytes
    titles: Titles
    made_by: UUID
    made_at: datetime
    revoked_by: UUID | None = None
    revoked_at: datetime | None = None

    @property
    def is_live(self) -> bool:
        return self.revoked_at is None


def digest(secret: str) -> bytes:
    """What is kept of a secret. It has 256 random bits, so one plain round is enough."""
    return hashlib.sha256(secret.encode()).digest()


def rewritten(
    kept: Iterable[DiaryEntry], course: Course, *, zone: str, at: datetime
) -> tuple[DiaryEntry, ...]:
    """The entries of a course that are new or no longer as they were kept."""
    before = {entry.uid: entry for entry in kept}
    now = {entry.uid: entry for entry in _entries(course, zone=zone, at=at)}
    gone = [
        _next(entry, replace(entry, state=EntryState.OFF), at=at)
        for uid, entry in before.items()
        if uid not in now and entry.state is EntryState.AHEAD
    ]
    written = [_next(before.get(uid), entry, at=at) for uid, entry in now.items()]
    return tuple(entry for entry in (*written, *gone) if entry != before.get(entry.uid))


def _next(before: DiaryEntry | None, entry: DiaryEntry, *, at: datetime) -> DiaryEntry:
    if before is None:
        return entry
    if entry.is_as(before):
        return replace(entry, sequence=before.sequence, changed_at=before.changed_at)
    return replace(entry, sequence=before.sequence + 1, changed_at=at)


def _entries(course: Course, *, zone: str, at: datetime) -> Iterable[DiaryEntry]:
    """What is ahead is exactly what is owed; what took place is in the plan being lived."""
    taper = course.taper
    if taper is None:
        return

    def entry(kind: str, ordinal: int, on: date, state: EntryState) -> DiaryEntry:
        return DiaryEntry(
            uid=_uid(taper, kind, ordinal),
            course_id=course.id,
            patient_id=course.patient_id,
            kind=kind,
            on=on,
            zone=zone,
            state=state,
            sequence=0,
            changed_at=at,
        )

    for owed in owed_by(course, supply_working_days=0):
        if owed.kind in KINDS:
            yield entry(owed.kind, owed.ordinal, owed.due_on, EntryState.AHEAD)
    for kind, ordinal, on in _took_place(taper):
        yield entry(kind, ordinal, on, EntryState.PAST)


def _took_place(taper: Taper) -> Iterable[tuple[str, int, date]]:
    for step in taper.scheduled:
        if step.taken_at is not None and step.ordinal > 0:
            yield CHANGE, step.ordinal, step.taken_on or step.change_on
        if step.early_check_in_at is not None and step.check_in_early_on is not None:
            yield EARLY, step.ordinal, step.check_in_early_on
        if step.gate_check_in_at is not None and step.check_in_gate_on is not None:
            yield GATE, step.ordinal, step.check_in_gate_on
    for look in taper.looks:
        if look.done_at is not None:
            yield LOOK, look.ordinal, look.due_on


def _uid(taper: Taper, kind: str, ordinal: int) -> UUID:
    """The same for the same step of the same plan, and it says nothing to who reads it."""
    return uuid5(taper.plan_id, f"{kind}/{ordinal}")
