"""Nobody has to take a score for a course to come to the review list: time alone does it (E-01)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from services.treatment.application.ports import Work
from services.treatment.application.watch_response import watch_response
from services.treatment.domain.rulebook import Rulebook


async def long_enough(work: Work, *, book: Rulebook, now: datetime) -> Sequence[UUID]:
    """Who takes a drug, has no remission, and has taken it for the shorter of the two times.

    A day more than by the service's own date: where the person is it may be tomorrow.
    """
    outcomes = book.outcomes
    weeks = min(outcomes.review_no_improvement_weeks, outcomes.review_no_response_weeks)
    latest = now.date() + timedelta(days=1) - timedelta(weeks=weeks)
    return await work.courses.before_remission(started_by=latest)


async def watch_courses(
    work: Work, people: Sequence[UUID], *, book: Rulebook, now: datetime
) -> None:
    """The review list is asked about each of them. Raises: StaleVersion."""
    for patient_id in people:
        await watch_response(work, patient_id=patient_id, book=book, now=now)
    work.audit("courses.watched", object="courses")
