"""The shape of ``policies/<name>.toml``."""

from decimal import Decimal, InvalidOperation
from typing import Literal, Self

from pydantic import Field, model_validator

from services.treatment.adapters.content_file import (
    ContentFile,
    Days,
    NotNegative,
    Positive,
    Section,
    Sourced,
    Text,
)
from services.treatment.domain.findings import RuleRefusal
from services.treatment.domain.policies import (
    EqualOccupancy,
    Linear,
    Method,
    Policy,
    Proportional,
    Rows,
    Staged,
    Tier,
)
from services.treatment.domain.quantities import plain


class Parameter(Section):
    """The number after the name; ``offered`` are listed, ``default`` is the bare name's."""

    minimum: Positive
    maximum: Positive
    offered: tuple[Positive, ...] = Field(min_length=1)
    default: Positive | None = None

    @model_validator(mode="after")
    def _within_bounds(self) -> Self:
        if not all(self.allows(value) for value in (*self.offered, self.default or self.minimum)):
            raise ValueError("offered and default must lie between minimum and maximum")
        return self

    def allows(self, value: Decimal) -> bool:
        return self.minimum <= value <= self.maximum


class TierRow(Section):
    above: NotNegative
    tier: Tier


class PolicyFile(ContentFile, Sourced):
    name: Text
    method: Literal["linear", "proportional", "staged", "equal-occupancy", "rows"]
    tier: Tier | None = None
    tiers: tuple[TierRow, ...] = ()
    offered: bool = True
    interval_days: Days | None = None
    note: Text | None = None
    parameter: Parameter | None = None
    percent_above: Positive | None = None
    percent_at_or_below: Positive | None = None
    fallback_percent: Positive | None = None
    tolerance_percent: NotNegative | None = None
    rows: dict[str, tuple[NotNegative, ...]] | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        needed = NEEDED[self.method]
        missing = [key for key in needed if getattr(self, key) is None]
        if missing:
            raise ValueError(f"a {self.method} policy needs {', '.join(missing)}")
        if self.tier is None and not self.tiers:
            raise ValueError("name a tier, or tiers by parameter")
        for drug, doses in (self.rows or {}).items():
            if list(doses) != sorted(set(doses), reverse=True) or doses[-1] != 0:
                raise ValueError(f"the rows of {drug} must fall and end at 0")
        return self

    def codes(self, name: str) -> tuple[str, ...]:
        if not self.offered:
            return ()
        if self.parameter is None:
            return (name,)
        return tuple(f"{name}-{plain(value)}" for value in self.parameter.offered)

    def as_policy(self, code: str, number: str | None) -> Policy:
        """Raises: RuleRefusal T-02, for a number the file does not allow."""
        value = self._value(number)
        return Policy(
            code=code,
            name=self.name if number is None else f"{self.name} ({number})",
            method=self._method(value),
            tier=self._tier(value),
            source=self.source,
            grade=self.grade,
            review_status=self.review_status,
            offered=self.offered,
            interval_days=self.interval_days,
            note=self.note,
        )

    def _value(self, number: str | None) -> Decimal:
        if self.parameter is None:
            if number is not None:
                raise RuleRefusal("T-02", "policy", f"{self.name} takes no number.")
            return Decimal(0)
        if number is None and self.parameter.default is not None:
            return self.parameter.default
        try:
            value = Decimal(number or "")
        except InvalidOperation:
            value = Decimal("NaN")
        if not (value.is_finite() and self.parameter.allows(value)):
            raise RuleRefusal(
                "T-02",
                "policy",
                f"{self.name} needs a number after its name, from {self.parameter.minimum} "
                f"to {self.parameter.maximum}.",
            )
        return value

    def _tier(self, value: Decimal) -> Tier | None:
        return next((row.tier for row in self.tiers if value > row.above), self.tier)

    def _method(self, value: Decimal) -> Method:
        if self.method == "linear":
            return Linear(value)
        if self.method == "proportional":
            return Proportional(value)
        if self.method == "rows":
            return Rows(self.rows or {})
        if self.method == "staged":
            return Staged(_stated(self.percent_above), _stated(self.percent_at_or_below))
        return EqualOccupancy(
            step_points=value,
            tolerance_points=value * _stated(self.tolerance_percent) / 100,
            fallback_percent=_stated(self.fallback_percent),
        )


NEEDED = {
    "linear": ("parameter",),
    "proportional": ("parameter",),
    "staged": ("percent_above", "percent_at_or_below"),
    "equal-occupancy": ("parameter", "fallback_percent", "tolerance_percent"),
    "rows": ("rows",),
}


def _stated(value: Decimal | None) -> Decimal:
    if value is None:
        raise ValueError("checked when the file was read")
    return value
