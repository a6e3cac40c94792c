"""Whether a taper may start now (T-01): time, last score, open flags, and what was asked."""

from collections.abc import Iterator
from datetime import date

from services.treatment.domain.clock import read_clock
from services.treatment.domain.course import Course
from services.treatment.domain.errors import ReasonNeeded
from services.treatment.domain.findings import Finding, Level
from services.treatment.domain.phases import Phase
from services.treatment.domain.plan import Readiness
from services.treatment.domain.response import Response
from services.treatment.domain.rulebook import Rulebook


def require_reason_if_early(course: Course, starts_on: date, early_reason: str | None) -> None:
    """A start before the minimum end needs a reason; it still goes through a taper.

    Raises:
        ReasonNeeded: naming the day from which none is needed.
    """
    end = read_clock(course.history).minimum_end_on
    if early_reason is not None or (end is not None and starts_on >= end):
        return
    when = f"before the minimum end on {end}" if end else "although no remission counts"
    raise ReasonNeeded(f"T-01: this taper starts {when}: say why.", field="early_reason")


def readiness_findings(
    course: Course,
    *,
    starts_on: date,
    today: date,
    readiness: Readiness | None,
    response: Response,
    flagged: bool,
    book: Rulebook,
) -> tuple[Finding, ...]:
    """What T-01, T-02 and T-09 say, the hardest first."""
    return (
        *_flag(flagged=flagged),
        *_asked(readiness),
        *_score(course, response, today=today, book=book),
        *_early(course, starts_on),
        *_after_step_back(course),
    )


def _flag(*, flagged: bool) -> Iterator[Finding]:
    if flagged:
        yield Finding(
            "T-01", Level.BLOCK, "A safety flag is open: no taper starts before it is closed."
        )


def _asked(readiness: Readiness | None) -> Iterator[Finding]:
    if readiness is None or readiness.baseline is None:
        yield Finding(
            "T-01",
            Level.BLOCK,
            "Take the baseline of the four symptoms before the first cut, agree a crisis plan, and "
            "ask about a supporter first.",
        )
        return
    missing = [
        words
        for asked, words in (
            (readiness.crisis_plan_agreed, "a crisis plan"),
            (readiness.supporter_asked, "the question about a supporter"),
            (readiness.pace_is_the_patients, "the agreement that the person sets the pace"),
        )
        if not asked
    ]
    if missing:
        yield Finding("T-01", Level.BLOCK, f"Still missing: {', '.join(missing)}.")


def _score(course: Course, response: Response, *, today: date, book: Rulebook) -> Iterator[Finding]:
    latest = response.latest
    below = book.outcomes.remission_below[course.instrument]
    if latest is None or (today - latest.on).days > book.last_score_days:
        yield Finding(
            "T-01-score", Level.STRONG_WARN, f"No score of the last {book.last_score_days} days."
        )
    elif latest.total >= below:
        yield Finding("T-01-score", Level.STRONG_WARN, f"The last score is not below {below}.")


def _early(course: Course, starts_on: date) -> Iterator[Finding]:
    end = read_clock(course.history).minimum_end_on
    if end is None or starts_on < end:
        yield Finding(
            "T-01-early",
            Level.STRONG_WARN,
            f"Earlier than the rules give ({end or 'no remission counts'}).",
        )


def _after_step_back(course: Course) -> Iterator[Finding]:
    if course.phase is Phase.STEP_BACK:
        yield Finding(
            "T-09", Level.WARN, "After a step back: cuts half as large, one interval level longer."
        )
