"""What the content files say about support, as values. All days are whole days."""

from collections.abc import Mapping
from dataclasses import dataclass

EARLY_CLOSING = "early-closing"
"""The guard that stands before closing in the weekly phase."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mode:
    """A way to meet. ``rank`` 0 is preferred for active change (R-26)."""

    code: str
    label: str
    written: bool
    rank: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """How often until which day of the programme."""

    until_day: int
    every_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """A bounded course of sessions: how many, in how many days, of how many minutes.

    ``low_scores`` are (day, PHQ-9) from which a poor outcome is likely (evidence pack 6.2).
    """

    sessions: int
    within_days: int
    shortest_minutes: int
    longest_minutes: int
    least_per_month: int
    total_minutes: int | None
    low_scores: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgrammeKind:
    """One kind of support. Only a ``package`` is bounded; facilitation is not (R-25).

    ``in_person_or_by`` are modes that are as good as in person for it all along (R-19).
    """

    code: str
    label: str
    session: str
    needs_activity: bool
    needs_deputy: bool
    rhythm: tuple[Beat, ...]
    package: Package | None
    source: str
    grade: str
    pending: str
    in_person_or_by: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """One of the pitfalls, and the rule that names it."""

    code: str
    rule: str
    title: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CodedReason:
    """A reason for going on all the same. ``warns`` is a rule that asks to look twice.

    ``no_support`` closes what never was support: nothing is owed for its end.
    """

    code: str
    label: str
    purposes: frozenset[str]
    warns: str | None = None
    no_support: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """What follows a missed contact (evidence pack 6.4, all PD)."""

    attempt_days: tuple[int, ...]
    channels: int
    letter_days: int
    prescriber_days: int
    welfare_hours: int
    first_weeks_days: int
    team_review_misses: int
    reassess_from_days: int
    reassess_to_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """What to say to somebody who missed ``team_review_misses`` meetings: (when, words)."""

    lines: tuple[tuple[str, str], ...]
    source: str
    grade: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """Something a carer may be told. ``gives`` is the kind of support, ``needs`` the consent."""

    code: str
    gives: str
    needs: str
    title: str
    lines: tuple[str, ...]
    source: str
    grade: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CarerRules:
    """What carers get (R-38)."""

    call_every_days: int
    topics: tuple[Topic, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Figures that are not about one kind of programme alone, and the ids of their rules."""

    minutes_rule: str
    recorded_rule: str
    directory_rule: str
    shortest_minutes: int
    longest_minutes: int
    downgrade_review_days: int
    facilitator_roles: frozenset[str]
    gap_warns_days: int
    gap_escalates_days: int
    supervisor_before_weeks: int
    least_meetings: int
    reason_before_months: int
    supervisor_roles: frozenset[str]
    review_every_days: int
    relapse_plan_before_days: int
    relapse_plan_review_days: int
    lowest_rating: int
    highest_rating: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MotivationRule:
    """When the ruler asks for a talk (R-34). Numbers 0 to 10; ``scales`` are parts of it."""

    instrument: str
    scales: tuple[str, ...]
    falls_by: int
    at_or_below: int
    contact_within_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LifeEventRule:
    """What follows a life event (R-35, T-22)."""

    kinds: Mapping[str, str]
    contact_within_days: int
    no_new_step_days: int
    longest_ago_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One figure of the outcomes report, in words."""

    code: str
    title: str
    definition: str
    denominator: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeRules:
    """How outcomes are counted (evidence pack 2.1, 6.2, 6.3)."""

    instrument: str
    case_at_least: int
    response_percent: int
    remission_below: int
    remission_apart_days: int
    improved_below: int
    baseline_before_days: int
    baseline_after_days: int
    contact_within_days: int
    review_from_days: int
    review_to_days: int
    network: str
    loneliness: str
    missing_after_days: int
    trajectory: tuple[str, ...]
    """Instruments drawn beside the dose."""
    measures: tuple[Measure, ...]
    columns: Mapping[str, str]
    """The columns of the export and what each means."""
    sources: Mapping[str, str]

    @property
    def counted(self) -> frozenset[str]:
        """The instruments a figure is counted from."""
        return frozenset({self.instrument, self.network, self.loneliness})


@dataclass(frozen=True, slots=True, kw_only=True)
class EquityRule:
    """How uptake is reported by group (R-40): groups below ``small_number`` are not shown, and a
    new band of ages begins at each of ``age_bands``."""

    small_number: int
    age_bands: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportRules:
    """Everything the content files say about support."""

    modes: Mapping[str, Mode]
    kinds: Mapping[str, ProgrammeKind]
    guards: Mapping[str, Guard]
    reasons: Mapping[str, CodedReason]
    cbt_content: Mapping[str, str]
    missed: Missed
    script: Script
    carers: CarerRules
    limits: Limits
    motivation: MotivationRule
    life_events: LifeEventRule
    outcomes: OutcomeRules
    equity: EquityRule

    def reasons_for(self, purpose: str) -> Mapping[str, CodedReason]:
        """The reasons that may be given for this."""
        return {code: one for code, one in self.reasons.items() if purpose in one.purposes}
