"""Decide at a decision review: go on, maintain, or write a taper plan. Nothing stops here."""

from datetime import datetime
from uuid import UUID

from services.treatment.application.changing import commit, load, stating
from services.treatment.application.ports import Work
from services.treatment.domain import course as life
from services.treatment.domain.course import Course
from services.treatment.domain.rulebook import Rulebook
from shared.events.treatment import ContinuationDecided


async def decide_continuation(
    work: Work,
    *,
    course_id: UUID,
    expected: int,
    decision: str,
    reason: str,
    book: Rulebook,
    now: datetime,
) -> Course:
    """Raises: Unknown, StaleVersion, IllegalMove."""
    found = await load(work, course_id, now=now, expected=expected)
    return await commit(
        work,
        found.course,
        life.decide(found.course, decision, today=found.today, at=now, rules=book.duration),
        stating(ContinuationDecided),
        on=found.today,
        now=now,
        kind="decided",
        text=f"Decision: {decision}",
        reason=reason,
    )
