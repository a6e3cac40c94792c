"""What every service tells operations and auditors. Counts and codes, never clinical data."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from shared.api.body import Body, Code

COPY = "restored-copy"
"""The reason under which a restored installation waits, where people sign in, for two of them to
have looked at it."""


class ClockBody(Body):
    """A service's idea of now. ``unpublished`` and ``pending`` are events still on their way;
    ``offset_seconds`` is the demo clock's distance from real time."""

    now: AwareDatetime
    offset_seconds: int
    next_due: AwareDatetime | None
    unpublished: int
    pending: int


class SetClock(Body):
    """Move the demo clock. It never moves back."""

    offset_seconds: Annotated[int, Field(ge=0, le=20 * 366 * 24 * 3600)]


class OperationsBody(Body):
    """The state of one service. Ages in seconds; None where there is nothing to be old.

    ``offset_seconds`` is the demo clock's distance from real time.
    ``clock_suspect``: clocks disagree, so only what is due by all of them is announced.
    """

    service: str
    release: str
    instance: str
    schema_version: str | None
    demo: bool
    now: AwareDatetime
    offset_seconds: int = 0
    unpublished: int
    oldest_unpublished_s: float | None
    pending: int | None
    parked: int
    last_tick_at: AwareDatetime | None
    oldest_due_at: AwareDatetime | None
    clock_suspect: bool = False
    person_keys: str = ""
    """What is wrong with the folder of people's keys; empty while all is well."""


class ParkedBody(Body):
    """An event that could not be applied: what it was and why, without its contents.

    ``proposed``: what ``proposed_by`` wants done to it; somebody else has to ask for the same
    within a day. Nobody wants anything while both are null.
    """

    id: UUID
    event_id: UUID | None
    type: str
    reason: str
    error: str
    tries: int
    parked_at: AwareDatetime
    status: str
    proposed: Literal["replay", "discard"] | None = None
    proposed_by: str | None = None


class Resolve(Body):
    """Why a parked event is replayed or discarded, as a code."""

    reason: Code


class Refill(Body):
    """Why the broker needs a service's events again, as a code. Without ``since``, all kept."""

    reason: Code
    since: AwareDatetime | None = None


class Refilled(Body):
    """How many events are on their way to the broker again."""

    service: str
    events: int


class RelationFact(Body):
    """One event as its owner wrote it."""

    event_id: UUID
    body: Annotated[str, Field(min_length=2, max_length=40_000)]


class RelationFacts(Body):
    """Facts that may take access away, oldest first; ``next`` is where the rest begins."""

    facts: tuple[RelationFact, ...]
    next: int | None = None


class Taken(Body):
    """A carried fact is in force at this service, now or since before."""

    service: str
    event_id: UUID


class AuditVerdict(Body):
    """The audit chain checked from the first entry, and compared with ``anchors`` heads that are
    kept outside the database."""

    service: str
    entries: int
    head: str
    anchors: int = 0
    intact: bool
    broken: tuple[str, ...]


class LookBody(Body):
    """Somebody looked at a person's record. ``reason`` is ``break-glass`` in an emergency; of a
    look that was refused (``access.denied``), why."""

    at: AwareDatetime
    actor: str
    action: str
    reason: str | None


class AuditEntryBody(Body):
    """One entry of the audit trail."""

    seq: int
    at: AwareDatetime
    actor: str
    action: str
    object: str
    object_version: int | None
    subject: str | None
    reason: str | None
    correlation_id: str
