"""A person's timeline. Each service tells what it knows; the portal puts the three together.

    GET /api/v1/patients/{patient_id}/timeline  query TimelineQuery -> Page[TimelineEntry]

Oldest first. A reader shows kinds it does not know by their text.
"""

from datetime import UTC, date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Field

from shared.api.body import Body, Code, DoseMg

_FIRST = datetime(2000, 1, 1, tzinfo=UTC)
_LAST = datetime(9000, 1, 1, tzinfo=UTC)


class TimelineQuery(Body):
    """As it was known at ``as_of``; now when it is left out."""

    as_of: Annotated[AwareDatetime, Field(ge=_FIRST, lt=_LAST)] | None = None


class TimelineEntry(Body):
    """Something that happened: ``on`` a local day, known since ``at``.

    ``dose_mg`` is the daily dose from that day on, where the entry is about a course;
    ``instrument`` and ``total`` are a score, null when it could not be worked out.
    """

    at: AwareDatetime
    on: date
    kind: Code
    text: str
    recorded_by: str
    course_id: UUID | None = None
    dose_mg: DoseMg | None = None
    instrument: Code | None = None
    total: int | None = None
    highest: int | None = None
    about: UUID | None = Field(
        default=None, description="the assessment or flag this is about, to open its page"
    )
