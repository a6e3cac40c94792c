"""What treatment says about something a prescriber is asked to sign."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """A proposed version of a plan. It is about one live version and dies with it."""

    request_id: UUID
    patient_id: UUID
    course_id: UUID
    plan_id: UUID
    plan_version: int
    for_staff_id: UUID
    rule: str
    asked_at: datetime
    status: str
    settled_at: datetime | None = None
    """When somebody signed or declined."""
