"""The arms of treatment help each other: what to add when one alone is not enough (R-22, R-23)."""

from collections.abc import Sequence
from datetime import date

from services.engagement.domain.course import Course
from services.engagement.domain.support.outcomes import Score, baseline_of
from services.engagement.domain.support.programme import Programme
from services.engagement.domain.support.rules import OutcomeRules

_NEVER_OR_OVER = frozenset({"draft", "withdrawn", "closed", "stopped-watch", "switched"})
_PARTICIPATION = "facilitated-participation"
_THERAPIES = frozenset({"cbt", "self-help"})


def proposals(
    *,
    programmes: Sequence[Programme],
    courses: Sequence[Course],
    scores: Sequence[Score],
    rules: OutcomeRules,
    today: date,
) -> tuple[str, ...]:
    """Codes in words of the interface; a person decides.

    ``link-course``: a course runs beside participation and does not say that it serves it.
    The others ask for more than four weeks of treatment and an answer that is partial by now:
    fallen by less than half and not below the mark of improvement.
    """
    open_ones = [one for one in programmes if one.is_open]
    taken = [c for c in courses if c.started_on and c.phase not in _NEVER_OR_OVER]
    found = []
    if taken and any(
        one.kind == _PARTICIPATION and one.serves_course_id is None for one in open_ones
    ):
        found.append("link-course")
    starts = [c.started_on for c in taken if c.started_on]
    starts += [one.started_on for one in open_ones]
    if starts and is_partial(scores, min(starts), rules, today):
        running = {one.kind for one in open_ones}
        if taken and not running & _THERAPIES:
            found.append("add-cbt")
        if _PARTICIPATION not in running:
            found.append("add-participation")
        if running and not taken:
            found.append("consider-medication")
    return tuple(found)


def is_partial(scores: Sequence[Score], start: date, rules: OutcomeRules, today: date) -> bool:
    """Whether treatment has had its four weeks and the latest reading says it is not enough."""
    baseline = baseline_of(scores, start, rules)
    later = [one for one in scores if baseline and one.on > baseline.on]
    if baseline is None or not later or (today - start).days < rules.contact_within_days:
        return False
    latest = later[-1].total
    halved = 100 * (baseline.total - latest) >= rules.response_percent * baseline.total
    return not halved and latest >= rules.improved_below
