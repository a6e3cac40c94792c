"""What is recorded about a person, as the facts the pathway's rules ask for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from services.assessment.domain.conditions import Facts
from services.assessment.domain.rules import ReadingAge

OPEN_FLAG_LEVEL = "open-flag-level"
NO_OPEN_FLAG = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What one recorded instrument says to the pathway."""

    instrument: str
    taken_on: date
    total: int | None
    positive: bool | None


def gather(
    *,
    intake: Mapping[str, str],
    measured: Iterable[Measured],
    open_levels: Iterable[int],
    today: date,
    reading_age: ReadingAge,
) -> Facts:
    """The facts of today: the latest reading of each instrument, unless it is too old.

    A latest reading without a total leaves the fact unknown; an older one does not stand in.
    """
    oldest = today - timedelta(days=reading_age.max_days)
    facts: dict[str, str | int] = dict(intake)
    for reading in sorted(measured, key=lambda reading: reading.taken_on):
        _forget(facts, reading.instrument)
        if reading.taken_on >= oldest:
            facts |= _said(reading)
    levels = sorted(open_levels)
    facts[OPEN_FLAG_LEVEL] = str(levels[0]) if levels else NO_OPEN_FLAG
    return facts


def _said(reading: Measured) -> dict[str, str | int]:
    said: dict[str, str | int] = {}
    if reading.total is not None:
        said[f"{reading.instrument}.total"] = reading.total
    if reading.positive is not None:
        said[f"{reading.instrument}.positive"] = "yes" if reading.positive else "no"
    return said


def _forget(facts: dict[str, str | int], instrument: str) -> None:
    facts.pop(f"{instrument}.total", None)
    facts.pop(f"{instrument}.positive", None)
