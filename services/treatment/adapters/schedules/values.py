"""Values of a JSON document that nobody has validated, read one by one.

Each function gives None for what is not there, and for what is there and cannot be read it adds a
finding: one bad field never hides the rest of a prescription.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from services.treatment.domain.dosing_findings import ScheduleFinding, Severity

MOST = Decimal(1_000_000_000)
SMALLEST_EXPONENT = -9
LONGEST_TEXT = 4_000
LONGEST_DAYS = 36_500
YEARS = range(1900, 2500)
_DATE = re.compile(r"^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?(?:T.*)?$")

Json = Mapping[str, Any]


@dataclass(slots=True)
class Reader:
    """Collects what could not be read."""

    findings: list[ScheduleFinding] = field(default_factory=list)

    def unreadable(self, what: str, where: str) -> None:
        self.findings.append(ScheduleFinding("unreadable", Severity.ERROR, what, where))

    def number(self, holder: Json, name: str, where: str) -> Decimal | None:
        """A number of zero or more, exact; text such as "12.5" is a number too."""
        value = holder.get(name)
        if value is None:
            return None
        number = decimal(value)
        if number is None:
            self.unreadable(f"{name} is no number of zero or more.", f"{where}.{name}")
        return number

    def whole(self, holder: Json, name: str, where: str) -> int | None:
        number = self.number(holder, name, where)
        if number is None:
            return None
        if number % 1:
            self.unreadable(f"{name} is not a whole number.", f"{where}.{name}")
            return None
        return int(number)

    def day(self, holder: Json, name: str, where: str) -> date | None:
        """The day of a date or an instant. A year or a month alone is no day to reckon with."""
        value = holder.get(name)
        if value is None:
            return None
        parts = _DATE.match(value) if isinstance(value, str) else None
        if parts is None:
            self.unreadable(f"{name} is no date.", f"{where}.{name}")
            return None
        if parts[3] is None:
            return None
        try:
            found = date(int(parts[1]), int(parts[2]), int(parts[3]))
        except ValueError:
            found = None
        if found is None or found.year not in YEARS:
            self.unreadable(f"{value[:10]} is not a day to reckon with.", f"{where}.{name}")
            return None
        return found

    def length(self, holder: Json, name: str, where: str) -> int | None:
        """A number of days somebody could mean."""
        days = self.whole(holder, name, where)
        if days is not None and not 0 < days <= LONGEST_DAYS:
            self.unreadable(f"{name} is from 1 to {LONGEST_DAYS}.", f"{where}.{name}")
            return None
        return days


def decimal(value: object) -> Decimal | None:
    """Zero or more and of a size that can be reckoned with, or None."""
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        return None
    try:
        number = Decimal(str(value)) if isinstance(value, float) else Decimal(value)
    except (InvalidOperation, ValueError):
        return None
    if not number.is_finite() or not 0 <= number <= MOST:
        return None
    exponent = number.as_tuple().exponent
    too_fine = isinstance(exponent, int) and exponent < SMALLEST_EXPONENT
    return None if too_fine else number + 0


def text(holder: Json, name: str) -> str:
    """A string, cut to a length somebody could have written; anything else is no text."""
    value = holder.get(name)
    return value[:LONGEST_TEXT] if isinstance(value, str) else ""


def mapping(holder: Json, name: str) -> Json:
    value = holder.get(name)
    return value if isinstance(value, Mapping) else {}


def items(holder: Json, name: str) -> list[Json]:
    """The objects of a list; one object alone counts as a list of one."""
    value = holder.get(name)
    if isinstance(value, Mapping):
        return [value]
    if not isinstance(value, Sequence) or isinstance(value, str):
        return []
    return [item for item in value if isinstance(item, Mapping)]
