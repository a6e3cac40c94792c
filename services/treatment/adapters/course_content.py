"""The shapes of ``content/{outcomes,cadence,safety}.toml``, and the rulebook they make."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from services.treatment.adapters.content import HERE, BadContent, read
from services.treatment.adapters.content_file import (
    ContentFile,
    Days,
    Positive,
    Section,
    Sourced,
    Text,
)
from services.treatment.domain.attribution import AttributionRules
from services.treatment.domain.clock import DurationRules
from services.treatment.domain.drug import Drug
from services.treatment.domain.findings import Level
from services.treatment.domain.gate import CheckInRules
from services.treatment.domain.live_taper import StepCadence
from services.treatment.domain.response import OutcomeRules
from services.treatment.domain.reviews import Cadence, CadenceRow
from services.treatment.domain.rulebook import FirstSupply, Rank, ReasonCodes, Rulebook
from services.treatment.domain.safety import SafetyRule, indications
from services.treatment.domain.surveillance import SurveillanceRules
from services.treatment.domain.switching import SwitchRules

Codes = frozenset[Text]


class RemissionTable(Sourced):
    below: dict[Text, int] = Field(min_length=1)
    confirm_after_days: Days


class ResponseTable(Sourced):
    drop: Decimal = Field(gt=0, le=1)
    early_drop: Decimal = Field(gt=0, le=1)
    early_weeks: int = Field(gt=0)


class NotImprovingTable(Sourced):
    no_improvement_weeks: int = Field(gt=0)
    no_response_weeks: int = Field(gt=0)


class DurationTable(Sourced):
    first_months: dict[Text, int] = Field(min_length=1)
    one_factor_months: int = Field(gt=0)
    more_factors_months: int = Field(gt=0)
    many_episodes: int = Field(gt=1)
    many_episodes_months: int = Field(gt=0)
    second_review_months: int = Field(gt=0)
    review_every_months: int = Field(gt=0)


class RelapseRiskTable(Sourced):
    factors: Codes
    not_alone: Codes


class AdherenceTable(Sourced):
    gap_days: Days


class OutcomesFile(ContentFile):
    remission: RemissionTable
    response: ResponseTable
    not_improving: NotImprovingTable
    duration: DurationTable
    relapse_risk: RelapseRiskTable
    adherence: AdherenceTable

    def as_outcomes(self) -> OutcomeRules:
        return OutcomeRules(
            remission_below=self.remission.below,
            response_drop=self.response.drop,
            early_drop=self.response.early_drop,
            early_weeks=self.response.early_weeks,
            confirm_after_days=self.remission.confirm_after_days,
            review_no_improvement_weeks=self.not_improving.no_improvement_weeks,
            review_no_response_weeks=self.not_improving.no_response_weeks,
        )

    def as_duration(self) -> DurationRules:
        return DurationRules(
            **self.duration.model_dump(exclude={"source", "grade"}),
            factors=self.relapse_risk.factors,
            not_alone=self.relapse_risk.not_alone,
            gap_days=self.adherence.gap_days,
        )


class ReviewRow(Sourced):
    slot: Text
    kind: Text
    after_days: Days
    for_role: Text
    rule: Text
    age_from: int | None = Field(default=None, ge=0)
    age_to: int | None = Field(default=None, ge=0)
    only_suicide_concern: bool = False
    indications: Codes = frozenset()
    drugs: Codes = frozenset()

    def as_row(self) -> CadenceRow:
        return CadenceRow(**self.model_dump())


class ThenTable(Sourced):
    every_days: Days


class StepBackTable(Sourced):
    check_after_days: tuple[Days, ...]
    replan_after_days: Days


class GateLead(Section):
    step_days: Days
    lead_days: Days


class StepTable(Sourced):
    early_after_days: Days
    gate_leads: tuple[GateLead, ...] = Field(min_length=1)


class HoldTable(Sourced):
    standing_order_days: Days


class SlowerTable(Sourced):
    holds_in_a_row: int = Field(gt=1)
    interval_days: tuple[Days, ...] = Field(min_length=2)


class MissedDosesTable(Sourced):
    in_a_row: int = Field(gt=0)


class CheckInTable(Sourced):
    dess_syndrome: int = Field(gt=0)
    relapse_totals: dict[Text, int] = Field(min_length=1)
    older_from: int = Field(gt=17)
    disagree_hours: int = Field(gt=0)
    hold_days: Days
    call_within_working_days: int = Field(gt=0)


class AttributionTable(Sourced):
    usual_onset_days: Days
    half_lives: int = Field(gt=0)
    gradual_from_days: Days
    better_within_days: Days
    reassure_at_most_days: Days


class LifeEventsTable(Sourced):
    days: Days


class FreezingFlagsTable(Sourced):
    up_to_level: int = Field(ge=0, le=3)


class SupplyTable(Sourced):
    working_days: int = Field(gt=0)


class SurveillanceTable(Sourced):
    days: tuple[Days, ...]
    months: tuple[int, ...] = Field(min_length=1)
    extra_days: dict[Text, tuple[Days, ...]]


class TaperStartTable(Sourced):
    last_score_days: Days


class StartBoundsTable(Sourced):
    most_ahead_days: Days


class SwitchTable(Sourced):
    longest_overlap_days: Days
    longest_gap_days: Days
    ceiling_share: Decimal = Field(gt=0, le=1)

    def as_rules(self) -> SwitchRules:
        return SwitchRules(**self.model_dump(exclude={"source", "grade"}))


class FirstSupplyTable(Sourced):
    days: Days
    days_with_suicide_concern: Days

    def as_rules(self) -> FirstSupply:
        return FirstSupply(**self.model_dump())


class HarmsTable(Sourced):
    codes: Codes


class ReasonsTable(Sourced):
    dose_change: Codes = Field(min_length=1)
    warning: Codes = Field(min_length=1)
    early_taper: Codes = Field(min_length=1)

    def as_rules(self) -> ReasonCodes:
        return ReasonCodes(**self.model_dump(exclude={"source", "grade"}))


class CadenceFile(ContentFile):
    start: tuple[ReviewRow, ...] = Field(min_length=1)
    after_change: tuple[ReviewRow, ...] = Field(min_length=1)
    then: ThenTable
    step_back: StepBackTable
    step: StepTable
    hold: HoldTable
    slower: SlowerTable
    missed_doses: MissedDosesTable
    check_in: CheckInTable
    life_events: LifeEventsTable
    attribution: AttributionTable
    freezing_flags: FreezingFlagsTable
    supply: SupplyTable
    surveillance: SurveillanceTable
    taper_start: TaperStartTable
    start_bounds: StartBoundsTable
    harms: HarmsTable
    switch: SwitchTable
    first_supply: FirstSupplyTable
    reasons: ReasonsTable

    def as_cadence(self) -> Cadence:
        return Cadence(
            start=tuple(row.as_row() for row in self.start),
            after_change=tuple(row.as_row() for row in self.after_change),
            then_every_days=self.then.every_days,
            reinstated_after_days=self.step_back.check_after_days,
            replan_after_days=self.step_back.replan_after_days,
        )

    def as_steps(self) -> StepCadence:
        leads = sorted((row.step_days, row.lead_days) for row in self.step.gate_leads)
        return StepCadence(
            early_after_days=self.step.early_after_days,
            gate_leads=tuple(reversed(leads)),
            standing_order_hold_days=self.hold.standing_order_days,
            check_in=CheckInRules(
                missed_doses_limit=self.missed_doses.in_a_row,
                life_event_days=self.life_events.days,
                **self.check_in.model_dump(exclude={"source", "grade"}),
            ),
        )

    def as_surveillance(self) -> SurveillanceRules:
        return SurveillanceRules(
            days=self.surveillance.days,
            months=self.surveillance.months,
            extra_days=self.surveillance.extra_days,
        )


class SafetyRow(Sourced):
    id: Text
    level: Level
    detail: Text
    drugs: Codes = frozenset()
    classes: Codes = frozenset()
    jurisdictions: Codes = frozenset()
    medicines: Codes = frozenset()
    within_days: int = Field(default=0, ge=0)
    conditions: Codes = frozenset()
    age_under: int | None = Field(default=None, gt=0)
    age_from: int | None = Field(default=None, gt=0)
    when_suicide_concern: bool = False
    implies: Text | None = None
    duplicate: bool = False
    before_maoi: bool = False
    after_last_dose_days: Days | None = None
    indications: Codes = frozenset()
    families: Codes = frozenset()
    dose_over_mg: Positive | None = None
    dose_from_mg: Positive | None = None
    serotonergic: bool = False


class Citation(Sourced):
    rule: Text


class SecondSignatureTable(Sourced):
    """``rules`` are ids of this file's rules or of findings of the plan."""

    rules: frozenset[Text]


class SafetyFile(ContentFile):
    second_signature: SecondSignatureTable
    citations: tuple[Citation, ...]
    rules: tuple[SafetyRow, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _marked_rules_exist(self) -> Self:
        known = {row.rule for row in self.citations}
        known |= {row.id for row in self.rules if row.level is Level.STRONG_WARN}
        for rule in sorted(self.second_signature.rules - known):
            raise ValueError(f"second_signature.rules: {rule}: no strong warning of this file")
        return self


class RankRow(Sourced):
    drug: Text
    place: int = Field(ge=1)
    reason: Text


class RankingFile(ContentFile):
    ranks: tuple[RankRow, ...]


def _cited(table: Sourced) -> tuple[str, str]:
    return table.source, table.grade


FILES: tuple[tuple[str, type[ContentFile]], ...] = (
    ("outcomes", OutcomesFile),
    ("cadence", CadenceFile),
    ("safety", SafetyFile),
    ("ranking", RankingFile),
)


def course_files(folder: Path = HERE / "content") -> Iterator[tuple[str, ContentFile]]:
    """Every course content file by name, as it was written."""
    for name, model in FILES:
        yield name, read(folder / f"{name}.toml", model)


def check_names(drugs: Mapping[str, Drug], folder: Path = HERE / "content") -> None:
    """Refuse content that speaks of a drug or an indication the formulary does not have.

    Raises:
        BadContent: naming file, key and name.
    """
    known = {
        indication
        for drug in drugs.values()
        for row in drug.doses
        for indication in indications(row)
    }
    cadence = read(folder / "cadence.toml", CadenceFile)
    safety = read(folder / "safety.toml", SafetyFile)
    ranking = read(folder / "ranking.toml", RankingFile)
    outcomes = read(folder / "outcomes.toml", OutcomesFile)
    rows = [*(("start", row) for row in cadence.start)]
    rows += [("after_change", row) for row in cadence.after_change]
    named: list[tuple[str, str, frozenset[str], frozenset[str]]] = [
        ("cadence.toml", key, row.drugs, row.indications) for key, row in rows
    ]
    named += [
        ("safety.toml", f"rules.{rule.id}", rule.drugs, rule.indications) for rule in safety.rules
    ]
    ranked = frozenset(row.drug for row in ranking.ranks)
    watched = frozenset(cadence.surveillance.extra_days)
    counted = frozenset(outcomes.duration.first_months)
    named.append(("ranking.toml", "ranks", ranked, frozenset()))
    named.append(("cadence.toml", "surveillance.extra_days", watched, frozenset()))
    named.append(("outcomes.toml", "duration.first_months", frozenset(), counted))
    for file, key, codes, asked in named:
        for name in sorted(codes - drugs.keys()):
            raise BadContent(f"{file}: {key}: {name}: not in the formulary")
        for name in sorted(asked - known):
            raise BadContent(f"{file}: {key}: {name}: no drug has doses for it")


def load_rulebook(jurisdiction: str, folder: Path = HERE / "content") -> Rulebook:
    """All course content; read once at start.

    Raises:
        BadContent: naming file, key and reason.
    """
    outcomes = read(folder / "outcomes.toml", OutcomesFile)
    cadence = read(folder / "cadence.toml", CadenceFile)
    safety = read(folder / "safety.toml", SafetyFile)
    ranking = read(folder / "ranking.toml", RankingFile)
    return Rulebook(
        version=f"outcomes {outcomes.version}, cadence {cadence.version}, safety {safety.version}",
        jurisdiction=jurisdiction,
        outcomes=outcomes.as_outcomes(),
        duration=outcomes.as_duration(),
        cadence=cadence.as_cadence(),
        steps=cadence.as_steps(),
        surveillance=cadence.as_surveillance(),
        attribution=AttributionRules(**cadence.attribution.model_dump()),
        safety=tuple(SafetyRule(**row.model_dump()) for row in safety.rules),
        second_signature=safety.second_signature.rules,
        citations={row.rule: (row.source, row.grade) for row in safety.citations}
        | {row.id: (row.source, row.grade) for row in safety.rules},
        ranking={
            row.drug: Rank(row.place, row.reason, row.source, row.grade) for row in ranking.ranks
        },
        harms=cadence.harms.codes,
        switch=cadence.switch.as_rules(),
        first_supply=cadence.first_supply.as_rules(),
        reasons=cadence.reasons.as_rules(),
        figures={
            "remission": _cited(outcomes.remission),
            "response": _cited(outcomes.response),
            "not-improving": _cited(outcomes.not_improving),
            "continuation-months": _cited(outcomes.duration),
            "relapse-risk": _cited(outcomes.relapse_risk),
            "adherence-gap": _cited(outcomes.adherence),
            "looks-after-the-last-dose": _cited(cadence.surveillance),
            "review-rhythm": _cited(cadence.then),
            "switch-bounds": _cited(cadence.switch),
        },
        freezing_flag_level=cadence.freezing_flags.up_to_level,
        last_score_days=cadence.taper_start.last_score_days,
        most_ahead_days=cadence.start_bounds.most_ahead_days,
        interval_levels=cadence.slower.interval_days,
        holds_before_slower=cadence.slower.holds_in_a_row,
        supply_working_days=cadence.supply.working_days,
    )
