"""No improvement in time puts a person on the review list, whoever took the score (E-01)."""

from datetime import datetime, timedelta
from uuid import UUID

from services.treatment.application.changing import commit, stating
from services.treatment.application.ports import Work
from services.treatment.application.record_review import response_of
from services.treatment.domain import reviews as looks
from services.treatment.domain.course import Course, plan_review
from services.treatment.domain.person import known
from services.treatment.domain.phases import BEFORE_REMISSION
from services.treatment.domain.response import not_improving
from services.treatment.domain.rulebook import Rulebook
from shared.events.treatment import ReviewPlanned


async def watch_response(work: Work, *, patient_id: UUID, book: Rulebook, now: datetime) -> None:
    """Open one prescriber's review per course that is not improving in time."""
    watched = [
        course
        for course in await work.courses.of(patient_id)
        if course.phase in BEFORE_REMISSION and not _was_looked_at(course, now, book)
    ]
    patient = await work.patients.get(patient_id) if watched else None
    person = known(patient) if patient else None
    if person is None:
        return
    today = person.today(now)
    for course in watched:
        findings = not_improving(
            await response_of(work, course, book=book),
            started_on=course.first_dose_on,
            at_dose_since=course.at_dose_since,
            today=today,
            rules=book.outcomes,
        )
        if not findings:
            continue
        asked = plan_review(
            course,
            kind=looks.NOT_IMPROVING,
            due_on=today,
            for_role="prescriber",
            rule=findings[0].rule,
        )
        if asked is not course:
            await commit(
                work,
                course,
                asked,
                stating(ReviewPlanned),
                on=today,
                now=now,
                kind="not-improving",
                text=findings[0].detail,
            )


def _was_looked_at(course: Course, now: datetime, book: Rulebook) -> bool:
    """A review of this kind done within the ordinary rhythm has weighed it already."""
    lately = now - timedelta(days=book.cadence.then_every_days)
    done = [review.done_at for review in course.reviews if review.kind == looks.NOT_IMPROVING]
    return any(at is not None and at > lately for at in done)
