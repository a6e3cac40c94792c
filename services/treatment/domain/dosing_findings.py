"""What the checker of schedules reports."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from services.treatment.domain.dosing import COUNTED, Amount
from services.treatment.domain.quantities import plain


class Severity(StrEnum):
    """``error``: two parts contradict each other; ``warning``: a person should look."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class ScheduleFinding:
    """One thing that does not hold, in a sentence, and the place in what was read."""

    code: str
    severity: Severity
    message: str
    where: str


Found = Iterator[ScheduleFinding]


def error(code: str, message: str, where: str) -> ScheduleFinding:
    """Two parts that contradict each other."""
    return ScheduleFinding(code, Severity.ERROR, message, where)


def warning(code: str, message: str, where: str) -> ScheduleFinding:
    """Something a person should look at."""
    return ScheduleFinding(code, Severity.WARNING, message, where)


def amount_text(amount: Amount) -> str:
    """``2 tablets``, ``50 mg``; a mean over a week to a thousandth."""
    many = amount.unit in COUNTED | {"drop"} and amount.value not in {Decimal(1), Decimal("0.5")}
    return f"{plain(_short(amount.value))} {amount.unit}{'s' if many else ''}".rstrip()


def _short(value: Decimal) -> Decimal:
    near = round(value, 3)
    return near or value
