"""What the scores say: response, remission, and the second reading that confirms it.

Definitions of evidence pack 2.1; the figures come from the outcomes content file.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from services.treatment.domain.findings import Finding, Level


class Category(StrEnum):
    """The words engagement and the portal use; ``unknown`` is not "no change" (E-02)."""

    UNKNOWN = "unknown"
    NONE = "none"
    EARLY_IMPROVEMENT = "early-improvement"
    PARTIAL = "partial"
    RESPONSE = "response"
    REMISSION = "remission"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A complete total of the primary instrument on one day."""

    on: date
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeRules:
    """Thresholds: remission is a total below; drops are fractions of the baseline.

    ``confirm_after_days`` is the least distance of the two readings that confirm remission.
    """

    remission_below: Mapping[str, int]
    response_drop: Decimal
    early_drop: Decimal
    early_weeks: int
    confirm_after_days: int
    review_no_improvement_weeks: int
    review_no_response_weeks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """Where one course stands on its primary instrument."""

    baseline: Reading | None
    latest: Reading | None
    category: Category
    remission_confirmed_on: date | None
    readings: tuple[Reading, ...] = ()


def read_response(
    readings: tuple[Reading, ...], *, instrument: str, started_on: date, rules: OutcomeRules
) -> Response:
    """Compare the latest reading with the last one before or on the first dose."""
    ordered = tuple(sorted(readings, key=lambda reading: reading.on))
    before = [reading for reading in ordered if reading.on <= started_on]
    since = tuple(reading for reading in ordered if reading.on > started_on)
    baseline = before[-1] if before else None
    latest = since[-1] if since else None
    below = rules.remission_below[instrument]
    return Response(
        baseline=baseline,
        latest=latest,
        category=_category(baseline, latest, below=below, started_on=started_on, rules=rules),
        remission_confirmed_on=confirmed_on(
            since, below=below, after_days=rules.confirm_after_days
        ),
        readings=ordered,
    )


def confirmed_on(readings: tuple[Reading, ...], *, below: int, after_days: int) -> date | None:
    """The day of the confirming reading of the run of low readings that still lasts.

    The run is broken by any reading at or above the threshold; the confirming reading is the
    first of the run at least ``after_days`` after the run began.
    """
    run: list[date] = []
    for reading in readings:
        run = [*run, reading.on] if reading.total < below else []
    late = (day for day in run if (day - run[0]).days >= after_days)
    return next(late, None)


def drop(baseline: Reading, latest: Reading) -> Decimal:
    """The fraction by which the total fell; negative when it rose, 0 from a baseline of 0."""
    if not baseline.total:
        return Decimal(0)
    return Decimal(baseline.total - latest.total) / Decimal(baseline.total)


def _category(
    baseline: Reading | None,
    latest: Reading | None,
    *,
    below: int,
    started_on: date,
    rules: OutcomeRules,
) -> Category:
    if latest is None:
        return Category.UNKNOWN
    if latest.total < below:
        return Category.REMISSION
    if baseline is None:
        return Category.UNKNOWN
    fell = drop(baseline, latest)
    if fell >= rules.response_drop:
        return Category.RESPONSE
    if fell < rules.early_drop:
        return Category.NONE
    early = (latest.on - started_on).days <= 7 * rules.early_weeks
    return Category.EARLY_IMPROVEMENT if early else Category.PARTIAL


def not_improving(
    response: Response, *, started_on: date, at_dose_since: date, today: date, rules: OutcomeRules
) -> tuple[Finding, ...]:
    """Why the course belongs on the review list: at most one finding (E-01, NICE 1.9.1).

    Four weeks count from the day of the present dose, the eight from the first dose.
    """
    weeks = (today - started_on).days // 7
    weeks_at_dose = (today - at_dose_since).days // 7
    if response.category in {Category.RESPONSE, Category.REMISSION}:
        return ()
    if weeks >= rules.review_no_response_weeks:
        return (_overdue(f"No 50% fall by week {rules.review_no_response_weeks}."),)
    improved = {Category.EARLY_IMPROVEMENT, Category.PARTIAL}
    if weeks_at_dose >= rules.review_no_improvement_weeks and response.category not in improved:
        least = rules.review_no_improvement_weeks
        return (_overdue(f"No improvement after {least} weeks at this dose."),)
    return ()


def _overdue(detail: str) -> Finding:
    return Finding(
        "R-1.9.1", Level.INFORM, f"{detail} Look at adherence, side effects and diagnosis first."
    )
