"""Where the scores stand against the baseline that was fixed when the course started.

A reading without a total is unknown: it confirms nothing and ends nothing (evidence pack 2.1).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

OTHERWISE = "otherwise"


class Response(StrEnum):
    UNKNOWN = "unknown"
    NONE = "none"
    EARLY = "early-improvement"
    PARTIAL = "partial"
    RESPONSE = "response"
    REMISSION = "remission"


class Combine(StrEnum):
    """How the parts of a published definition go together."""

    AND = "and"
    OR = "or"


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """One published definition of improvement, under its own name."""

    code: str
    label: str
    source: str
    grade: str
    at_most: int | None = None
    drop_percent: Decimal | None = None
    combine: Combine = Combine.AND

    def __post_init__(self) -> None:
        if self.at_most is None and self.drop_percent is None:
            raise ValueError(f"definition {self.code} says nothing")


@dataclass(frozen=True, slots=True, kw_only=True)
class RelapseRule:
    """At least this total, or this much above the remission reading, twice, days apart."""

    at_least: int
    rise: int
    apart_days: int
    source: str
    grade: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeRules:
    """How one instrument's readings are judged. Drops are percent of the baseline."""

    instrument: str
    remission_below: int
    remission_apart_days: int
    response_percent: Decimal
    partial_percent: Decimal
    early_percent: Decimal
    early_from_days: int
    early_to_days: int
    relapse: RelapseRule
    source: str
    grade: str
    definitions: tuple[Definition, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """How outcomes are judged: which instrument leads for an indication, and each one's rules.

    ``primary["otherwise"]`` leads for an indication that is not listed.
    ``baseline_before_days``/``baseline_after_days``: how far from the start of the course a
    reading may lie and still be its baseline; the latest before wins over the first after.
    """

    baseline_before_days: int
    baseline_after_days: int
    source: str
    grade: str
    primary: dict[str, str]
    rules: tuple[OutcomeRules, ...]
    reviewed_by: str | None = None

    def __post_init__(self) -> None:
        known = {rule.instrument for rule in self.rules}
        if OTHERWISE not in self.primary:
            raise ValueError(f"primary.{OTHERWISE} is missing")
        for indication, instrument in self.primary.items():
            if instrument not in known:
                raise ValueError(f"primary.{indication}: no outcome rules for {instrument}")

    def primary_for(self, indication: str) -> str:
        """The instrument that leads for a course of this indication."""
        return self.primary.get(indication, self.primary[OTHERWISE])

    def rules_for(self, instrument: str) -> OutcomeRules | None:
        return next((rule for rule in self.rules if rule.instrument == instrument), None)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Reading:
    """One completed instrument on one local day; ``total`` None is unknown."""

    taken_on: date
    taken_at: datetime
    assessment_id: UUID
    total: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trajectory:
    """What the readings since the start of the course come to."""

    baseline: Reading | None = None
    latest: Reading | None = None
    response: Response = Response.UNKNOWN
    remission_first: Reading | None = None
    remission_confirmed: Reading | None = None
    relapse_first: Reading | None = None
    relapse_confirmed: Reading | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """Remission and relapse so far, reading by reading."""

    below_since: Reading | None = None
    confirmed: Reading | None = None
    reference: Reading | None = None
    above_since: Reading | None = None
    relapsed: Reading | None = None


def pick_baseline(
    outcomes: Outcomes, readings: Iterable[Reading], *, started_on: date
) -> Reading | None:
    """The reading a course is measured against: complete, and close to its start."""
    complete = sorted(reading for reading in readings if reading.total is not None)
    earliest = started_on - timedelta(days=outcomes.baseline_before_days)
    latest = started_on + timedelta(days=outcomes.baseline_after_days)
    before = [r for r in complete if earliest <= r.taken_on <= started_on]
    after = [r for r in complete if started_on < r.taken_on <= latest]
    if before:
        return before[-1]
    return after[0] if after else None


def follow(
    rules: OutcomeRules,
    readings: Iterable[Reading],
    *,
    baseline: Reading | None,
    started_on: date,
) -> Trajectory:
    """Judge the readings taken since the course started."""
    since = sorted(reading for reading in readings if reading.taken_on >= started_on)
    run = _Run()
    for reading in since:
        run = _step(rules, run, reading)
    later = [reading for reading in since if reading != baseline]
    latest = later[-1] if later else None
    return Trajectory(
        baseline=baseline,
        latest=latest,
        response=_response(rules, baseline, latest, in_remission=run.confirmed is not None),
        remission_first=run.below_since,
        remission_confirmed=run.confirmed,
        relapse_first=run.above_since,
        relapse_confirmed=run.relapsed,
    )


def meets(definition: Definition, baseline: Reading | None, latest: Reading | None) -> bool | None:
    """Whether the latest reading meets a published definition; None is unknown."""
    if latest is None or latest.total is None:
        return None
    drop = drop_percent(baseline, latest)
    parts: list[bool | None] = []
    if definition.at_most is not None:
        parts.append(latest.total <= definition.at_most)
    if definition.drop_percent is not None:
        parts.append(None if drop is None else drop >= definition.drop_percent)
    decisive = definition.combine is Combine.OR
    if decisive in parts:
        return decisive
    return None if None in parts else not decisive


def drop_percent(baseline: Reading | None, latest: Reading) -> Decimal | None:
    """How far a total fell, in percent of the baseline; None without a baseline above zero."""
    if baseline is None or not baseline.total or latest.total is None:
        return None
    return Decimal(100 * (baseline.total - latest.total)) / baseline.total


def _step(rules: OutcomeRules, run: _Run, reading: Reading) -> _Run:
    if reading.total is None:
        return run
    if reading.total < rules.remission_below:
        return _below(rules, run, reading)
    return _above(rules, run, reading)


def _below(rules: OutcomeRules, run: _Run, reading: Reading) -> _Run:
    since = run.below_since or reading
    apart = (reading.taken_on - since.taken_on).days
    if run.confirmed is None and apart >= rules.remission_apart_days:
        return _Run(below_since=since, confirmed=reading, reference=reading)
    return _Run(
        below_since=since,
        confirmed=run.confirmed,
        reference=run.reference,
        relapsed=run.relapsed,
    )


def _above(rules: OutcomeRules, run: _Run, reading: Reading) -> _Run:
    if not _is_relapse_reading(rules.relapse, run.reference, reading):
        return _Run(reference=run.reference, relapsed=run.relapsed)
    since = run.above_since or reading
    apart = (reading.taken_on - since.taken_on).days
    confirmed = reading if apart >= rules.relapse.apart_days else None
    return _Run(reference=run.reference, above_since=since, relapsed=run.relapsed or confirmed)


def _is_relapse_reading(rule: RelapseRule, reference: Reading | None, reading: Reading) -> bool:
    """Only somebody who was in remission can relapse."""
    if reference is None or reference.total is None or reading.total is None:
        return False
    return reading.total >= rule.at_least or reading.total >= reference.total + rule.rise


def _response(
    rules: OutcomeRules, baseline: Reading | None, latest: Reading | None, *, in_remission: bool
) -> Response:
    if latest is None or latest.total is None:
        return Response.UNKNOWN
    if in_remission:
        return Response.REMISSION
    drop = drop_percent(baseline, latest)
    if drop is None or baseline is None:
        return Response.UNKNOWN
    if drop >= rules.response_percent:
        return Response.RESPONSE
    if drop >= rules.partial_percent:
        return Response.PARTIAL
    days = (latest.taken_on - baseline.taken_on).days
    in_window = rules.early_from_days <= days <= rules.early_to_days
    return Response.EARLY if in_window and drop >= rules.early_percent else Response.NONE
