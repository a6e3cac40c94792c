"""Steps one after another: their numbers, gaps and overlaps, and doses that rise."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise

from services.treatment.domain.dosing import Instruction, Medicine
from services.treatment.domain.dosing_findings import (
    Found,
    ScheduleFinding,
    Severity,
    amount_text,
    error,
    warning,
)
from services.treatment.domain.dosing_steps import Step, daily_amount, span_of


def check_order(lines: Sequence[Instruction]) -> Found:
    """Sequence numbers rise with the list and with the days; texts are read in their order."""
    numbered = [line for line in lines if line.sequence is not None]
    for earlier, later in pairwise(numbered):
        if (later.sequence or 0) < (earlier.sequence or 0):
            yield warning(
                "sequence-order",
                f"Sequence {later.sequence} is listed after {earlier.sequence}: whoever reads the "
                "texts one after another reads them in the wrong order.",
                later.where,
            )
    dated = [line for line in numbered if line.first is not None]
    dated.sort(key=lambda line: (line.sequence or 0, line.first))
    for earlier, later in pairwise(dated):
        if earlier.sequence == later.sequence:
            if earlier.last and later.first and later.first > earlier.last:
                yield error(
                    "sequence-order",
                    f"Sequence {later.sequence} is used for days that follow each other: lines "
                    "with one number are taken together.",
                    later.where,
                )
        elif later.first and earlier.first and later.first < earlier.first:
            yield error(
                "sequence-order",
                f"Sequence {later.sequence} starts on {later.first}, before sequence "
                f"{earlier.sequence} on {earlier.first}.",
                later.where,
            )
    if numbered and len(numbered) < len([line for line in lines if not line.as_needed]):
        without = next(line for line in lines if line.sequence is None and not line.as_needed)
        yield warning(
            "sequence-order",
            "Some instructions have a sequence and this one has none: its place is not known.",
            without.where,
        )


def check_days(steps: Sequence[Step]) -> Found:
    """Every day covered once: gaps and overlaps between steps that follow each other."""
    dated = [(step, span) for step in steps if (span := span_of(step)) is not None]
    dated.sort(key=lambda pair: pair[1].first)
    for (earlier, before), (later, after) in pairwise(dated):
        where = later[0].where
        if before.last is None:
            if after.first > before.first or len(dated) > 1:
                yield error(
                    "overlap",
                    f"{earlier[0].where} has no end, and this starts on {after.first}.",
                    where,
                )
        elif after.first <= before.last:
            days = (min(before.last, after.last or before.last) - after.first).days + 1
            yield error(
                "overlap",
                f"{_days_text(days)} covered twice: {earlier[0].where} lasts until "
                f"{before.last}, this starts on {after.first}.",
                where,
            )
        elif after.first > before.last + timedelta(days=1):
            days = (after.first - before.last).days - 1
            yield error(
                "gap",
                f"{_days_text(days)} not covered, from {before.last + timedelta(days=1)} to "
                f"{after.first - timedelta(days=1)}.",
                where,
            )


def check_rises(steps: Sequence[Step], medicine: Medicine) -> Found:
    """T-04: a dose that rises; on a way down it is an error, on a way up a person should look."""
    daily = [
        (step, amount) for step in steps if (amount := daily_amount(step, medicine)) is not None
    ]
    if len(daily) < 2 or len({amount.unit for _, amount in daily}) > 1:
        return
    falls = any(later.value < earlier.value for (_, earlier), (_, later) in pairwise(daily))
    for (_, earlier), (step, later) in pairwise(daily):
        if later.value > earlier.value:
            yield ScheduleFinding(
                "rise",
                Severity.ERROR if falls else Severity.WARNING,
                f"T-04: the daily dose rises from {amount_text(earlier)} to {amount_text(later)}.",
                step[0].where,
            )


def _days_text(days: int) -> str:
    return "1 day is" if days == 1 else f"{days} days are"
