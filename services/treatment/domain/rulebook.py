"""Every rule and figure a course is judged by, as one value read at start."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.treatment.domain.attribution import AttributionRules
from services.treatment.domain.clock import DurationRules
from services.treatment.domain.live_taper import StepCadence
from services.treatment.domain.response import OutcomeRules
from services.treatment.domain.reviews import Cadence
from services.treatment.domain.safety import SafetyRule
from services.treatment.domain.surveillance import SurveillanceRules
from services.treatment.domain.switching import SwitchRules


@dataclass(frozen=True, slots=True)
class Rank:
    """A drug's place among those offered, and why."""

    place: int
    reason: str
    source: str
    grade: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstSupply:
    """For how many days the first supply is handed out; fewer with suicide concern (P-03)."""

    days: int
    days_with_suicide_concern: int
    source: str
    grade: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonCodes:
    """What a reason may be coded as; ``OTHER`` is the prescriber's own words alone."""

    dose_change: frozenset[str]
    warning: frozenset[str]
    early_taper: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulebook:
    """``version`` names the content files' versions; a decision is stored with it.

    ``citations`` gives source and grade by rule id, ``figures`` those of the figures a course
    shows. ``freezing_flag_level`` is the mildest
    level of a safety flag that freezes a taper; 0 is the gravest. ``interval_levels`` are the
    days of a step from short to long, ``holds_before_slower`` the holds in a row after which the
    next level is proposed (T-09). ``second_signature`` names the rules whose strong warning two
    prescribers have to go past.
    """

    version: str
    jurisdiction: str
    outcomes: OutcomeRules
    duration: DurationRules
    cadence: Cadence
    steps: StepCadence
    switch: SwitchRules
    first_supply: FirstSupply
    reasons: ReasonCodes
    surveillance: SurveillanceRules
    attribution: AttributionRules
    safety: tuple[SafetyRule, ...]
    second_signature: frozenset[str]
    citations: Mapping[str, tuple[str, str]]
    figures: Mapping[str, tuple[str, str]]
    ranking: Mapping[str, Rank]
    harms: frozenset[str]
    freezing_flag_level: int
    last_score_days: int
    most_ahead_days: int
    supply_working_days: int
    interval_levels: tuple[int, ...]
    holds_before_slower: int
