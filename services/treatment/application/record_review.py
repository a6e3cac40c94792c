"""Record a review that took place, with where the scores stand."""

from datetime import date, datetime
from uuid import UUID

from services.treatment.application.changing import commit, load
from services.treatment.application.citing import require_own
from services.treatment.application.ports import Work
from services.treatment.domain import course as life
from services.treatment.domain.course import Course
from services.treatment.domain.response import Response, read_response
from services.treatment.domain.rulebook import Rulebook
from shared.events.treatment import ResponseReviewed


async def record_review(
    work: Work,
    *,
    course_id: UUID,
    ordinal: int | None,
    assessment_ids: tuple[UUID, ...],
    missed_doses: int,
    side_effects: str,
    note: str | None,
    by_prescriber: bool,
    book: Rulebook,
    now: datetime,
) -> Course:
    """Raises: Unknown, IllegalMove, NoSuchItem, AlreadyDone, NotAuthorised, StaleVersion."""
    found = await load(work, course_id, now=now)
    course = found.course
    await require_own(work, course.patient_id, assessment_ids=assessment_ids)
    response = await response_of(work, course, book=book, until=found.today)
    reviewed = life.record_review(
        course,
        ordinal,
        response=response.category,
        by_prescriber=by_prescriber,
        today=found.today,
        at=now,
        cadence=book.cadence,
        rules=book.duration,
    )
    return await commit(
        work,
        course,
        reviewed,
        lambda state: ResponseReviewed(course=state, response=response.category),
        on=found.today,
        now=now,
        kind="reviewed",
        text=f"Review; response: {response.category.replace('-', ' ')}",
        reason=note,
        known_then={
            "assessments": [str(assessment_id) for assessment_id in assessment_ids],
            "missed_doses": missed_doses,
            "side_effects": side_effects,
            "rulebook": book.version,
        },
    )


async def response_of(
    work: Work, course: Course, *, book: Rulebook, until: date | None = None
) -> Response:
    """Where the scores of the course's primary instrument stand, or stood on a day."""
    readings = await work.readings.of(course.patient_id, instrument=course.instrument)
    return read_response(
        tuple(reading for reading in readings if until is None or reading.on <= until),
        instrument=course.instrument,
        started_on=course.first_dose_on,
        rules=book.outcomes,
    )
