"""Record a gap in taking the drug; a long one pauses the clock and asks the prescriber."""

from datetime import date, datetime
from uuid import UUID

from services.treatment.application.changing import commit, load, stating
from services.treatment.application.ports import Work
from services.treatment.domain import course as life
from services.treatment.domain.clock import Pause
from services.treatment.domain.course import Course
from services.treatment.domain.rulebook import Rulebook
from shared.events.treatment import AdherenceGapRecorded


async def record_adherence_gap(
    work: Work,
    *,
    course_id: UUID,
    first_missed_on: date,
    resumed_on: date | None,
    book: Rulebook,
    now: datetime,
) -> Course:
    """Raises: Unknown, IllegalMove, BadDate, StaleVersion."""
    found = await load(work, course_id, now=now)
    gap = Pause(since=first_missed_on, until=resumed_on)
    return await commit(
        work,
        found.course,
        life.record_gap(found.course, gap, today=found.today, rules=book.duration),
        stating(AdherenceGapRecorded),
        on=first_missed_on,
        now=now,
        kind="adherence-gap",
        text=f"Not taken from {first_missed_on} to {resumed_on or 'now'}",
    )
