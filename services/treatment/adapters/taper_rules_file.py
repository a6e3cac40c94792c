"""The shape of ``content/taper.toml``."""

from pydantic import Field

from services.treatment.adapters.content_file import (
    ContentFile,
    Days,
    Positive,
    Sourced,
    Text,
)
from services.treatment.domain.policies import Tier
from services.treatment.domain.taper_rules import TaperRules


class IntervalsTable(Sourced):
    floor_days: Days
    default_days: Days
    long_days: Days
    ceiling_days: Days
    long_use_months: int = Field(gt=0)


class BoundsTable(Sourced):
    most_steps: int = Field(gt=0)


class LastDropTable(Sourced):
    points: Positive


class SlowerTable(Sourced):
    cut_divisor: int = Field(gt=1, le=10)


class TiersTable(Sourced):
    slower_from_factors: int = Field(gt=0)
    slowest_from_factors: int = Field(gt=0)
    policies: dict[Tier, Text]
    policies_without_model: dict[Tier, Text]
    also_compared: tuple[Text, ...] = ()


class TaperRulesFile(ContentFile):
    intervals: IntervalsTable
    bounds: BoundsTable
    last_drop: LastDropTable
    slower: SlowerTable
    tiers: TiersTable

    def as_rules(self) -> TaperRules:
        return TaperRules(
            interval_floor_days=self.intervals.floor_days,
            interval_default_days=self.intervals.default_days,
            interval_long_days=self.intervals.long_days,
            interval_ceiling_days=self.intervals.ceiling_days,
            long_use_months=self.intervals.long_use_months,
            most_steps=self.bounds.most_steps,
            last_drop_points=self.last_drop.points,
            cut_divisor=self.slower.cut_divisor,
            slower_from_factors=self.tiers.slower_from_factors,
            slowest_from_factors=self.tiers.slowest_from_factors,
            default_policies=self.tiers.policies,
            without_model_policies=self.tiers.policies_without_model,
            also_compared=self.tiers.also_compared,
        )
