"""A course that is being followed: when it started, which instrument leads, its baselines."""

from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from services.assessment.domain.trajectory import Response


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowedCourse:
    """``baselines`` holds, by instrument, the assessment the course is measured against.

    It is a reading and not a number: correcting that assessment corrects the baseline.
    """

    course_id: UUID
    patient_id: UUID
    started_on: date
    primary_instrument: str
    closed: bool = False
    baselines: dict[str, UUID] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Milestones:
    """What has been published about a person's trajectory so far; ``version`` counts facts."""

    patient_id: UUID
    course_id: UUID
    remission_on: date | None = None
    relapse_on: date | None = None
    response: Response = Response.UNKNOWN
    version: int = 0
