"""Stop at once because going on does serious harm: a prescriber's path with a coded harm (T-16)."""

from datetime import date, datetime
from uuid import UUID

from services.treatment.application.changing import commit, load, stopping
from services.treatment.application.ports import Work
from services.treatment.domain import tapering
from services.treatment.domain.course import Course
from services.treatment.domain.errors import Blocked
from services.treatment.domain.rulebook import Rulebook
from shared.events.treatment import CourseStopped


async def stop_for_harm(
    work: Work,
    *,
    course_id: UUID,
    expected: int,
    harm: str,
    last_dose_on: date,
    reason: str,
    book: Rulebook,
    now: datetime,
) -> Course:
    """Raises: Unknown, StaleVersion, IllegalMove, BadDate; Blocked for another harm."""
    if harm not in book.harms:
        raise Blocked(f"T-16: a harm is one of {', '.join(sorted(book.harms))}.", field="harm")
    found = await load(work, course_id, now=now, expected=expected)
    stopped = tapering.harm_stop(
        found.course,
        harm=harm,
        last_dose_on=last_dose_on,
        today=found.today,
        surveillance=book.surveillance,
    )
    return await commit(
        work,
        found.course,
        stopped,
        *stopping(found.course, CourseStopped),
        on=last_dose_on,
        now=now,
        kind="stopped-for-harm",
        text=f"Stopped at once: {harm}",
        reason=reason,
    )
