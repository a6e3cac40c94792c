"""What came of it, counted from what was recorded up to a day and from nothing else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median

from services.engagement.domain.support.rules import OutcomeRules

YES, NO, NOT_DUE, IMPROVED, UNKNOWN = "yes", "no", "not-due", "improved", "unknown"


@dataclass(frozen=True, slots=True)
class Score:
    """One total on one day."""

    on: date
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """One person as far as outcomes go: days and numbers, no names. All in order of days."""

    key: str
    counts_from: date | None
    """The birth date, or the first day of the year that is known of it."""
    language: str
    barriers: tuple[str, ...]
    in_care: bool
    started_on: date | None
    depression: tuple[Score, ...]
    network: tuple[Score, ...]
    loneliness: tuple[Score, ...]
    contacts: tuple[date, ...]
    """Days on which somebody spoke with the person."""
    meetings: int
    missed: int
    minutes: int
    reviews: tuple[date, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one person's treatment by the day of the report."""

    history: History
    baseline: Score | None
    latest: Score | None
    days_to_response: int | None
    days_to_remission: int | None
    contact_4_weeks: str
    review_8_12: str

    @property
    def is_case(self) -> bool:
        """Whether there is a later reading to judge by."""
        return self.baseline is not None and self.latest is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measure: how many of how many, how many are unknown, and the median days."""

    code: str
    numerator: int
    denominator: int
    missing: int = 0
    median_days: int | None = None


def outcome_of(history: History, rules: OutcomeRules, as_of: date) -> Outcome:
    """Judge one person."""
    start = history.started_on
    baseline = _baseline(history.depression, start, rules)
    later = [one for one in history.depression if baseline and one.on > baseline.on]
    response = _first_response(baseline, later, rules)
    remission = _confirmed_remission(later, rules)
    return Outcome(
        history=history,
        baseline=baseline,
        latest=later[-1] if later else None,
        days_to_response=(response - start).days if response and start else None,
        days_to_remission=(remission - start).days if remission and start else None,
        contact_4_weeks=_contacted(history, rules, as_of),
        review_8_12=_reviewed(history, baseline, rules, as_of),
    )


def figures(outcomes: Sequence[Outcome], rules: OutcomeRules) -> Sequence[Figure]:
    """The measures of the report, in the order of the content file."""
    cases = [
        one
        for one in outcomes
        if one.is_case and one.baseline and one.baseline.total >= rules.case_at_least
    ]
    unknown = [one for one in outcomes if one.history.started_on and not one.is_case]
    made = {
        "response": _timed("response", [o.days_to_response for o in cases], len(unknown)),
        "remission": _timed("remission", [o.days_to_remission for o in cases], len(unknown)),
        "contact-4-weeks": _said("contact-4-weeks", [o.contact_4_weeks for o in outcomes]),
        "case-review": _said("case-review", [o.review_8_12 for o in outcomes]),
        "attendance": Figure(
            code="attendance",
            numerator=sum(o.history.meetings for o in outcomes),
            denominator=sum(o.history.meetings + o.history.missed for o in outcomes),
        ),
        "network-growth": _moved("network-growth", [o.history.network for o in outcomes], up=True),
        "less-lonely": _moved("less-lonely", [o.history.loneliness for o in outcomes], up=False),
    }
    return [made[measure.code] for measure in rules.measures]


def improved_by(
    scores: Sequence[Score], baseline: Score | None, until: date, rules: OutcomeRules
) -> bool | None:
    """Whether the last reading up to that day says so; None when there is none to judge by."""
    if baseline is None:
        return None
    known = [one for one in scores if baseline.on < one.on <= until]
    if not known:
        return None
    return known[-1].total < rules.improved_below or _halved(baseline, known[-1], rules)


def baseline_of(scores: Sequence[Score], start: date | None, rules: OutcomeRules) -> Score | None:
    """The reading the treatment is judged against, fixed at its start."""
    return _baseline(scores, start, rules)


def _baseline(scores: Sequence[Score], start: date | None, rules: OutcomeRules) -> Score | None:
    """The last one in the 14 days up to the start, else the first in the 7 days after."""
    if start is None:
        return None
    first = start - timedelta(days=rules.baseline_before_days)
    last = start + timedelta(days=rules.baseline_after_days)
    before = [one for one in scores if first <= one.on <= start]
    after = [one for one in scores if start < one.on <= last]
    return before[-1] if before else after[0] if after else None


def _first_response(
    baseline: Score | None, later: Sequence[Score], rules: OutcomeRules
) -> date | None:
    if baseline is None or baseline.total < rules.case_at_least:
        return None
    return next((one.on for one in later if _halved(baseline, one, rules)), None)


def _halved(baseline: Score, one: Score, rules: OutcomeRules) -> bool:
    return 100 * (baseline.total - one.total) >= rules.response_percent * baseline.total


def _confirmed_remission(later: Sequence[Score], rules: OutcomeRules) -> date | None:
    """The day of the second low reading, with nothing higher between."""
    apart = timedelta(days=rules.remission_apart_days)
    since: date | None = None
    for one in later:
        if one.total >= rules.remission_below:
            since = None
        elif since is None:
            since = one.on
        elif one.on - since >= apart:
            return one.on
    return None


def _contacted(history: History, rules: OutcomeRules, as_of: date) -> str:
    start = history.started_on
    if start is None:
        return NOT_DUE
    until = start + timedelta(days=rules.contact_within_days)
    if any(start <= on <= until for on in history.contacts):
        return YES
    return NO if until <= as_of else NOT_DUE


def _reviewed(history: History, baseline: Score | None, rules: OutcomeRules, as_of: date) -> str:
    start = history.started_on
    if start is None or start + timedelta(days=rules.review_to_days) > as_of:
        return NOT_DUE
    first = start + timedelta(days=rules.review_from_days)
    last = start + timedelta(days=rules.review_to_days)
    improved = improved_by(history.depression, baseline, first, rules)
    if improved is None:
        return UNKNOWN
    if improved:
        return IMPROVED
    return YES if any(first <= on <= last for on in history.reviews) else NO


def _timed(code: str, days: Sequence[int | None], missing: int) -> Figure:
    reached = [one for one in days if one is not None]
    return Figure(
        code=code,
        numerator=len(reached),
        denominator=len(days),
        missing=missing,
        median_days=round(median(reached)) if reached else None,
    )


def _said(code: str, answers: Sequence[str]) -> Figure:
    return Figure(
        code=code,
        numerator=answers.count(YES),
        denominator=answers.count(YES) + answers.count(NO),
        missing=answers.count(UNKNOWN),
    )


def _moved(code: str, series: Sequence[Sequence[Score]], *, up: bool) -> Figure:
    """Latest against first, where there are two."""
    pairs = [(one[0].total, one[-1].total) for one in series if len(one) > 1]
    return Figure(
        code=code,
        numerator=sum(last > first if up else last < first for first, last in pairs),
        denominator=len(pairs),
        missing=sum(len(one) == 1 for one in series),
    )


def row_of(outcome: Outcome) -> Mapping[str, str]:
    """One line of the export, by the columns of the content file."""
    history = outcome.history
    return {
        "number": history.key,
        "started_on": _text(history.started_on),
        "baseline": _text(outcome.baseline and outcome.baseline.total),
        "latest": _text(outcome.latest and outcome.latest.total),
        "latest_on": _text(outcome.latest and outcome.latest.on),
        "days_to_response": _text(outcome.days_to_response),
        "days_to_remission": _text(outcome.days_to_remission),
        "contact_4_weeks": outcome.contact_4_weeks,
        "review_8_12": outcome.review_8_12,
        "meetings": str(history.meetings),
        "missed": str(history.missed),
        "minutes": str(history.minutes),
        "network_first": _first(history.network),
        "network_latest": _last(history.network),
        "lonely_first": _first(history.loneliness),
        "lonely_latest": _last(history.loneliness),
        "language": history.language,
    }


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _first(scores: Sequence[Score]) -> str:
    return str(scores[0].total) if scores else ""


def _last(scores: Sequence[Score]) -> str:
    return str(scores[-1].total) if len(scores) > 1 else ""
