"""Record remission: a named prescriber starts the clock."""

from datetime import date, datetime
from uuid import UUID

from services.treatment.application.changing import commit, load, stating
from services.treatment.application.ports import Work
from services.treatment.application.record_review import response_of
from services.treatment.domain import course as life
from services.treatment.domain.clock import Remission, default_months
from services.treatment.domain.course import Course, require_reason
from services.treatment.domain.errors import Blocked
from services.treatment.domain.phases import Move, require
from services.treatment.domain.rulebook import Rulebook
from shared.events.treatment import RemissionRecorded


async def record_remission(
    work: Work,
    *,
    course_id: UUID,
    expected: int,
    remission_on: date | None,
    episodes: int,
    risk_factors: frozenset[str],
    months: int | None,
    reason: str | None,
    book: Rulebook,
    now: datetime,
) -> Course:
    """From the confirming reading unless a reason is given for an earlier day (C-01, C-07).

    Raises:
        Unknown, StaleVersion, IllegalMove, BadDate, Blocked
        ReasonNeeded: an earlier day, no confirming reading, or other months than the rules give.
    """
    found = await load(work, course_id, now=now, expected=expected)
    course = found.course
    require(Move.RECORD_REMISSION, course.phase)
    _check_factors(risk_factors, book)
    response = await response_of(work, course, book=book)
    day = _day(remission_on, response.remission_confirmed_on, reason)
    chosen, why = _months(
        course,
        episodes=episodes,
        factors=risk_factors,
        asked=months,
        reason=reason,
        book=book,
    )
    remitted = life.record_remission(
        course,
        Remission(on=day, months=chosen, why=why),
        today=found.today,
        at=now,
        rules=book.duration,
    )
    return await commit(
        work,
        course,
        remitted,
        stating(RemissionRecorded),
        on=day,
        now=now,
        kind="remission",
        text=f"Remission; {chosen} months from here ({why})",
        reason=reason,
        known_then={
            "episodes": episodes,
            "risk_factors": sorted(risk_factors),
            "confirming_reading": str(response.remission_confirmed_on),
            "rulebook": book.version,
        },
    )


def _check_factors(factors: frozenset[str], book: Rulebook) -> None:
    strange = factors - book.duration.factors
    if strange:
        known = ", ".join(sorted(book.duration.factors))
        raise Blocked(f"C-05: a relapse-risk factor is one of {known}.", field="risk_factors")


def _day(asked: date | None, confirmed_on: date | None, reason: str | None) -> date:
    if asked is None and confirmed_on is not None:
        return confirmed_on
    if confirmed_on is None or (asked is not None and asked < confirmed_on):
        require_reason(
            reason,
            sentence="No second low reading confirms this day: say why it counts.",
        )
    if asked is None:
        raise Blocked(
            "C-07: no second low reading confirms remission; name the day and say why.",
            field="remission_on",
        )
    return asked


def _months(
    course: Course,
    *,
    episodes: int,
    factors: frozenset[str],
    asked: int | None,
    reason: str | None,
    book: Rulebook,
) -> tuple[int, str]:
    if asked is not None and course.indication not in book.duration.first_months:
        require_reason(reason, sentence="No rule gives these months: say why.")
        return asked, "the prescriber's choice"
    proposed, why = default_months(
        indication=course.indication, episodes=episodes, factors=factors, rules=book.duration
    )
    if asked is None or asked == proposed:
        return proposed, why
    require_reason(reason, sentence=f"The rules give {proposed} months ({why}): say why not.")
    return asked, f"the prescriber's choice; the rules give {proposed} ({why})"
