"""What treatment says about something a prescriber is asked to sign."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """A proposed version of a plan is about one live version and dies with it; a draft taper and a
    proposed course have none yet."""

    request_id: UUID
    patient_id: UUID
    course_id: UUID
    plan_id: UUID
    plan_version: int
    for_staff_id: UUID
    rule: str
    asked_at: datetime
    status: str
    what: str = "plan-change"
    not_staff_id: UUID | None = None
    """Who signed first and may not sign second."""
    settled_at: datetime | None = None
    """When somebody signed or declined."""
