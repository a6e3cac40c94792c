"""Instructions as steps: what is taken together, on which days, and how much a day it is."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from services.treatment.domain.dosing import Amount, Instruction, Medicine, Prescription, Span

Step = tuple[Instruction, ...]
"""Instructions that belong together: the same sequence number, or the same days."""


def steps_of(lines: Sequence[Instruction]) -> tuple[Step, ...]:
    """The steps in the order of their sequence, else of their days.

    Lines of one sequence are taken together (FHIR). Lines without a number are together when
    they share their days; different days make them follow each other.
    """
    groups: dict[object, list[Instruction]] = {}
    for line in lines:
        if line.as_needed:
            continue
        key: object = ("sequence", line.sequence)
        if line.sequence is None:
            key = ("days", line.first, line.last, line.days)
        groups.setdefault(key, []).append(line)
    steps = [tuple(group) for group in groups.values()]
    if all(line.sequence is not None for step in steps for line in step):
        return tuple(sorted(steps, key=lambda step: step[0].sequence or 0))
    return tuple(sorted(steps, key=lambda step: _first_day(step) or date.min))


def span_of(step: Step) -> Span | None:
    firsts = [line.first for line in step if line.first]
    if not firsts:
        return None
    first = min(firsts)
    lasts = []
    for line in step:
        if line.last is not None:
            lasts.append(line.last)
        elif line.first is not None and line.days is not None:
            lasts.append(line.first + timedelta(days=line.days - 1))
        else:
            return Span(first, None)
    last = max(lasts)
    return Span(first, last) if last >= first else None


def _first_day(step: Step) -> date | None:
    return min((line.first for line in step if line.first), default=None)


def daily_amount(step: Step, medicine: Medicine) -> Amount | None:
    """A step's day: milligrams where every line gives them, else one unit all lines share."""
    milligrams = [line.milligrams_a_day(medicine) for line in step]
    if all(mg is not None for mg in milligrams):
        return Amount(sum((mg for mg in milligrams if mg is not None), Decimal(0)), "mg")
    units = [(line.units_a_day(), line.dose.unit if line.dose else "") for line in step]
    if any(value is None for value, _ in units) or len({unit for _, unit in units}) > 1:
        return None
    return Amount(sum((value for value, _ in units if value is not None), Decimal(0)), units[0][1])


def whole_span(one: Prescription) -> Span | None:
    spans = [span for step in steps_of(one.instructions) if (span := span_of(step)) is not None]
    if not spans:
        return None
    lasts = [span.last for span in spans if span.last is not None]
    ends = max(lasts) if len(lasts) == len(spans) else None
    return Span(min(span.first for span in spans), ends)
