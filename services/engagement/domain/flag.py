"""What assessment says about a safety flag."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class FlagStatus(StrEnum):
    """Where the flag stands."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """Something that needs a person now. ``severity`` 0 is an emergency, 3 is prompt.

    ``due_at`` is the latest instant for a named person's answer; ``changed_at`` is when the
    status became what it is.
    """

    flag_id: UUID
    patient_id: UUID
    kind: str
    severity: int
    rule: str
    raised_at: datetime
    due_at: datetime
    status: FlagStatus
    changed_at: datetime
    acknowledged_by: UUID | None = None
