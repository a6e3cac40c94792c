"""Bodies of engagement: who is on call.

    GET  /api/v1/on-call                        -> Page[TeamOnCall]   of the caller's teams
    POST /api/v1/on-call                           NewShift  -> ShiftBody   a lead, or operations
    POST /api/v1/on-call/{shift_id}/end            NoBody    -> ShiftBody   the same

Problems: 404 ``unknown-shift`` (also for another lead's team), 409 ``on-call-already``,
``shift-over``, 422 ``bad-shift``, ``cannot-be-on-call``.
"""

from datetime import date, time
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field, field_validator

from shared.api.body import Body


class NewShift(Body):
    """Dates and times of the clinic's own zone. What has passed of today counts from now."""

    team: Annotated[str, Field(min_length=1, max_length=64)]
    staff_id: UUID
    starts_on: date
    starts_at: time
    ends_on: date
    ends_at: time

    @field_validator("starts_at", "ends_at")
    @classmethod
    def _on_the_clinics_wall(cls, at: time) -> time:
        if at.tzinfo is not None:
            raise ValueError("write the clinic's own time, without an offset")
        return at


class ShiftBody(Body):
    """One colleague on call for one team. ``actions`` may be posted now."""

    shift_id: UUID
    team: str
    staff_id: UUID
    from_at: AwareDatetime
    until_at: AwareDatetime
    stage: Literal["planned", "running", "over"]
    actions: tuple[Literal["end"], ...]


class StretchBody(Body):
    """A stretch of time and the shift that covers it. Without one nobody is on call then, and
    what goes up falls to the team's leads."""

    from_at: AwareDatetime
    until_at: AwareDatetime
    shift: ShiftBody | None


class TeamOnCall(Body):
    """This week and the next without a hole. ``now`` is who is on call at this moment, until
    ``until_at``; ``time_zone`` is the clinic's. ``actions`` may be posted now."""

    team: str
    now: UUID | None
    until_at: AwareDatetime
    time_zone: str
    stretches: tuple[StretchBody, ...]
    actions: tuple[Literal["add"], ...]
