"""One instruction by itself: its days, its text, its rhythm, and whether it can be dispensed."""

from collections.abc import Callable, Sequence
from decimal import Decimal

from services.treatment.domain import dosing_words as words
from services.treatment.domain.dosing import COUNTED, Amount, Instruction, Medicine
from services.treatment.domain.dosing_findings import (
    Found,
    ScheduleFinding,
    Severity,
    amount_text,
    error,
    warning,
)
from services.treatment.domain.products import Form, Shelf
from services.treatment.domain.quantities import plain
from services.treatment.domain.realiser import dose_table

HALF = Decimal("0.5")
_WHOLE_UNITS = frozenset({"capsule", "drop"})
_SPLIT_UNITS = frozenset({"tablet", "caplet", "pill"})


def check_line(
    line: Instruction, medicine: Medicine, shelves: Callable[[str], Sequence[Shelf]]
) -> Found:
    yield from _own_days(line)
    yield from _text_and_days(line)
    yield from _text_and_dose(line, medicine)
    yield from _alternate(line, medicine)
    yield from _dispensable(line, medicine, shelves)


def _own_days(line: Instruction) -> Found:
    if line.first and line.last and line.last < line.first:
        yield error(
            "dates-reversed",
            f"It ends on {line.last}, before it starts on {line.first}.",
            line.where,
        )
        return
    both = line.length_days
    if line.first and line.last and line.days is not None and line.days != both:
        yield error(
            "length-against-dates",
            f"It says {line.days} days, but {line.first} to {line.last} are {both}.",
            line.where,
        )


def _text_and_days(line: Instruction) -> Found:
    """Text against dates: a length, a first day or a last day that the structure contradicts."""
    said, held = words.lengths(line.text), line.length_days
    if len(said) == 1 and held is not None and held > 0:
        (days,) = said
        if days != held:
            yield error(
                "text-against-dates",
                f"The text says {days} days, the dates {held}.",
                line.where,
            )
    firsts, lasts = words.days_said(line.text)
    for named, day, which in ((firsts, line.first, "starts"), (lasts, line.last, "ends")):
        if len(named) == 1 and day is not None and day not in named:
            (spoken,) = named
            yield error(
                "text-against-dates",
                f"The text {which} on {spoken}, the structured part on {day}.",
                line.where,
            )


def _text_and_dose(line: Instruction, medicine: Medicine) -> Found:
    said = words.doses(line.text)
    if len(said) == 1 and line.dose is not None:
        (spoken,) = said
        if not _agree(spoken, line, medicine):
            wording, held = amount_text(spoken), amount_text(line.dose)
            if words.says_amount_of_a_day(line.text):
                wording = f"{wording} a day"
                held = f"{held}, {plain(line.per_day)} times a day" if line.per_day else held
            sentence = f"The text says {wording}, the structured part {held}."
            yield error("text-against-dose", sentence, line.where)
    often = words.times_a_day(line.text)
    daily = line.every_days in {None, Decimal(1)}
    if len(often) == 1 and line.per_day is not None and daily:
        (times,) = often
        if line.per_day != times:
            yield error(
                "text-against-dose",
                f"The text says {times} times a day, the structured part {plain(line.per_day)}.",
                line.where,
            )


def _agree(spoken: Amount, line: Instruction, medicine: Medicine) -> bool:
    """Whether text and structure agree; amounts in units that do not compare are left alone."""
    dose = line.dose
    if dose is None:
        return True
    whole_day = line.units_a_day()
    values = {dose.value} if whole_day is None else {dose.value, whole_day}
    every_day = line.every_days in {None, Decimal(1)}
    if whole_day is not None and every_day and words.says_amount_of_a_day(line.text):
        values = {whole_day}
    if spoken.unit == dose.unit:
        return spoken.value in values
    held = {mg for value in values if (mg := medicine.milligrams(Amount(value, dose.unit)))}
    said_mg = medicine.milligrams(spoken)
    if said_mg is None or not held:
        return True
    is_strength = dose.unit in COUNTED and said_mg == medicine.strength_mg
    return said_mg in held or is_strength


def _alternate(line: Instruction, medicine: Medicine) -> Found:
    """T-11: every other day suits a long half-life only; unknown drugs are not judged."""
    structured = line.every_days is not None and line.every_days > 1
    spoken = words.says_alternate_days(line.text)
    if spoken and not structured and line.per_day is not None and line.every_days is not None:
        yield error(
            "text-against-dose",
            "The text says every other day, the structured part every day.",
            line.where,
        )
    drug = medicine.drug
    alternates = structured or spoken or line.other_day is not None
    if not alternates or drug is None or drug.taper.alternate_days:
        return
    unless = drug.taper.alternate_day_condition
    allowed = f" unless {unless.replace('-', ' ')} is recorded" if unless else ""
    yield ScheduleFinding(
        "alternate-days",
        Severity.WARNING if unless else Severity.ERROR,
        f"T-11: {drug.name} is not taken on alternate days{allowed}: between two doses its level "
        "falls far enough for withdrawal.",
        line.where,
    )


def _dispensable(
    line: Instruction, medicine: Medicine, shelves: Callable[[str], Sequence[Shelf]]
) -> Found:
    yield from _portions(line, medicine)
    yield from _pieces(line, medicine)
    drug, dose = medicine.drug, line.dose
    single_mg = dose.milligrams if dose is not None else line.daily_mg
    if drug is None or not single_mg or line.portions or line.other_day is not None:
        return
    if single_mg > drug.taper.highest_start_mg:
        sentence = f"F-09: {plain(single_mg)} mg is above any dose of {drug.name}."
        yield warning("undispensable", sentence, line.where)
        return
    tables = [dose_table(shelf, drug.taper.highest_start_mg) for shelf in shelves(drug.code)]
    if not tables or any(table.exactly(single_mg) is not None for table in tables):
        return
    near = {table.below(single_mg).dose_mg for table in tables}
    near |= {above.dose_mg for table in tables if (above := table.at_least(single_mg))}
    said = " and ".join(
        f"{plain(mg)} mg"
        for mg in (
            max((mg for mg in near if mg < single_mg), default=None),
            min((mg for mg in near if mg > single_mg), default=None),
        )
        if mg
    )
    yield error(
        "undispensable",
        f"F-13: {plain(single_mg)} mg of {drug.name} cannot be made from what is sold; "
        f"nearest: {said}.",
        line.where,
    )


def _portions(line: Instruction, medicine: Medicine) -> Found:
    """Products of the formulary as our own plans name them: known, divisible, adding up."""
    parts = (*line.portions, *(line.other_day or ()))
    if medicine.drug is None or any(part.product.endswith("-beads") for part in parts):
        return
    known = {product.code: product for product in medicine.drug.products}
    total = Decimal(0)
    for part in parts:
        product = known.get(part.product)
        if product is None:
            yield error("undispensable", f"F-03: no such product: {part.product}.", line.where)
            return
        total += part.units * product.unit_mg
        if part.units % product.smallest_units:
            yield error(
                "undispensable",
                f"F-04: {plain(part.units)} of the {product.label} cannot be taken: its "
                f"smallest portion is {plain(product.smallest_units)}.",
                line.where,
            )
    mean = total / 2 if line.other_day is not None else total
    if line.portions and line.daily_mg is not None and mean != line.daily_mg:
        yield error(
            "dose-against-products",
            f"The products add up to {plain(mean)} mg, the dose says {plain(line.daily_mg)} mg.",
            line.where,
        )


def _pieces(line: Instruction, medicine: Medicine) -> Found:
    """F-04, T-13: what cannot be divided, for any drug."""
    dose = line.dose
    if dose is None or dose.milligrams is not None or dose.value % 1 == 0:
        return
    if dose.unit in _WHOLE_UNITS or (dose.unit in _SPLIT_UNITS and medicine.whole_only):
        why = "T-13: it is swallowed whole" if medicine.whole_only else "F-04: it is not divided"
        yield error("undispensable", f"{amount_text(dose)} cannot be taken; {why}.", line.where)
    elif dose.unit in _SPLIT_UNITS and dose.value % HALF:
        yield warning(
            "undispensable",
            f"F-04: {amount_text(dose)} is not a half or a whole one; nobody divides it reliably.",
            line.where,
        )
    elif dose.unit in _SPLIT_UNITS and _never_halved(medicine):
        yield error(
            "undispensable",
            f"F-04: the {plain(medicine.strength_mg or Decimal(0))} mg tablet is not made for "
            "halving.",
            line.where,
        )


def _never_halved(medicine: Medicine) -> bool:
    if medicine.drug is None or medicine.strength_mg is None:
        return False
    same = [
        product
        for product in medicine.drug.products
        if product.form is Form.TABLET and product.label_mg == medicine.strength_mg
    ]
    return bool(same) and all(product.smallest_units == 1 for product in same)
