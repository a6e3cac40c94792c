"""Every label maximum, age limit, gap and dose limit of the content, on both sides.

The rows are read from the files, so that a figure added there is tried without anybody thinking of
it; that the figures themselves are the evidence pack's is asked by the written tables beside this.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise, product

import pytest

from services.treatment.domain.drug import DoseRange, Drug
from services.treatment.domain.products import Shelf
from services.treatment.domain.realiser import dose_table
from services.treatment.domain.safety import (
    Facts,
    SafetyRule,
    Taken,
    dose_range,
    evaluate,
    indications,
)
from services.treatment.domain.titration import titration
from tests.support.courses import BOOK, CONTENT

DAY = date(2026, 6, 15)
LEAST = Decimal("0.001")


def facts(drug: Drug, row: DoseRange, jurisdiction: str, **changes: object) -> Facts:
    """An adult nothing speaks about, for one row of doses."""
    age = 40 if row.over_age is None else row.over_age + 1
    found = Facts(
        on=DAY,
        age=age,
        jurisdiction=jurisdiction,
        drug=drug,
        indication=indications(row)[0],
        dose_mg=Decimal(1),
        asked=True,
        family=row.family or drug.usual_family(jurisdiction),
    )
    return replace(found, **changes)  # type: ignore[arg-type]


def rules_of(found: Facts) -> set[str]:
    return {finding.rule for finding in evaluate(found, BOOK.safety)}


def dose_rows() -> Iterator[tuple[str, str, int]]:
    for drug in CONTENT.drugs.values():
        for place, row in enumerate(drug.doses):
            for here in sorted(row.jurisdictions):
                yield drug.code, here, place


DOSE_ROWS = tuple(dose_rows())


@pytest.mark.parametrize(("code", "here", "place"), DOSE_ROWS, ids=str)
def test_each_label_maximum_of_each_indication(code, here, place):
    drug = CONTENT.drug(code)
    row = drug.doses[place]
    if row.maximum_mg is None:
        top = row.usual_high_mg
        asked = facts(drug, row, here)
        assert "F-09-no-maximum" not in rules_of(replace(asked, dose_mg=top))
        assert "F-09-no-maximum" in rules_of(replace(asked, dose_mg=top + LEAST))
        return
    for indication in indications(row):
        asked = facts(drug, row, here, indication=indication)
        age, family = asked.age, asked.family
        chosen = dose_range(drug, indication=indication, jurisdiction=here, age=age, family=family)
        caps = [
            cap.maximum_mg
            for cap in drug.caps
            if cap.over_age is not None
            and age > cap.over_age
            and here in cap.jurisdictions
            and cap.family in {None, family}
        ]
        limit = min([chosen.maximum_mg, *caps])
        assert "F-09" not in rules_of(replace(asked, dose_mg=limit))
        assert "F-09" in rules_of(replace(asked, dose_mg=limit + LEAST))


@pytest.mark.parametrize(("code", "here", "place"), DOSE_ROWS, ids=str)
def test_each_age_of_a_dose_row_is_strict(code, here, place):
    drug = CONTENT.drug(code)
    row = drug.doses[place]
    if row.over_age is None:
        assert row.start_mg > 0
        return
    family = row.family or drug.usual_family(here)

    def chosen(age: int) -> DoseRange | None:
        return dose_range(
            drug, indication=indications(row)[0], jurisdiction=here, age=age, family=family
        )

    assert chosen(row.over_age) != row
    assert chosen(row.over_age + 1) == row


@pytest.mark.parametrize(("code", "here", "place"), DOSE_ROWS, ids=str)
def test_no_titration_is_faster_or_steeper_than_its_row(code, here, place):
    """Up to the maximum: never over it, no step larger, no two steps closer than the row says."""
    drug = CONTENT.drug(code)
    row = drug.doses[place]
    family = row.family or drug.usual_family(here)
    shelf: Shelf = drug.shelf(here, on=DAY, taken=frozenset(), only=frozenset(), family=family)
    if row.maximum_mg is None:
        assert row.step_mg is None
        return
    table = dose_table(shelf, row.maximum_mg)
    steps = titration(row, start_mg=row.start_mg, target_mg=row.maximum_mg, table=table)

    assert steps[0].dose.mg == row.start_mg
    assert all(step.dose.mg <= row.maximum_mg for step in steps)
    for before, after in pairwise(steps):
        assert after.dose.mg > before.dose.mg
        if row.step_mg is not None and before is not steps[0]:
            assert after.dose.mg - before.dose.mg <= row.step_mg
        if row.step_after_days is not None and before is not steps[0]:
            assert after.from_day - before.from_day >= row.step_after_days


def numbered(wanted: str) -> list[tuple[int, SafetyRule]]:
    rules = enumerate(BOOK.safety)
    return [(place, rule) for place, rule in rules if getattr(rule, wanted) not in {None, 0}]


def speaking(rule: SafetyRule, **changes: object) -> Facts:
    """Facts in which everything the rule asks for is there."""
    for drug, here in product(CONTENT.drugs.values(), sorted(rule.jurisdictions or {"uk", "us"})):
        named = not rule.drugs or drug.code in rule.drugs
        classed = not rule.classes or drug.drug_class.lower() in rule.classes
        for row in drug.doses:
            asked = set(indications(row)) & rule.indications if rule.indications else {""}
            if not (named and classed and here in row.jurisdictions and asked):
                continue
            family = next(iter(sorted(rule.families)), None)
            dose = rule.dose_from_mg or (rule.dose_over_mg or Decimal(0)) + LEAST
            found = facts(
                drug,
                row,
                here,
                family=family or row.family or drug.usual_family(here),
                indication=next(iter(asked)) or indications(row)[0],
                age=rule.age_from or (rule.age_under - 1 if rule.age_under else 40),
                conditions=rule.conditions,
                suicide_concern=rule.when_suicide_concern,
                dose_mg=dose,
                medicines=tuple(Taken(name) for name in sorted(rule.medicines)[:1]),
            )
            return replace(found, **changes)  # type: ignore[arg-type]
    raise AssertionError(f"no drug of the formulary is concerned by {rule.id}")


def says(rule: SafetyRule, found: Facts) -> bool:
    """Whether this very row speaks: its sentence tells rows of one id apart."""
    spoken = evaluate(found, (rule,))
    return any(one.rule == rule.id and one.detail == rule.detail for one in spoken)


@pytest.mark.parametrize(("place", "rule"), numbered("age_from"), ids=lambda v: getattr(v, "id", v))
def test_each_age_from_which_a_rule_speaks(place, rule):
    assert says(rule, speaking(rule, age=rule.age_from)), place
    assert not says(rule, speaking(rule, age=rule.age_from - 1))


@pytest.mark.parametrize(
    ("place", "rule"), numbered("age_under"), ids=lambda v: getattr(v, "id", v)
)
def test_each_age_under_which_a_rule_speaks(place, rule):
    assert says(rule, speaking(rule, age=rule.age_under - 1)), place
    assert not says(rule, speaking(rule, age=rule.age_under))


@pytest.mark.parametrize(
    ("place", "rule"), numbered("within_days"), ids=lambda v: getattr(v, "id", v)
)
def test_each_gap_after_another_medicine_to_the_day(place, rule):
    for medicine in sorted(rule.medicines):
        short = Taken(medicine, DAY - timedelta(days=rule.within_days - 1))
        enough = Taken(medicine, DAY - timedelta(days=rule.within_days))
        assert says(rule, speaking(rule, medicines=(short,))), (place, medicine)
        assert not says(rule, speaking(rule, medicines=(enough,)))


@pytest.mark.parametrize(
    ("place", "rule"), numbered("dose_over_mg"), ids=lambda v: getattr(v, "id", v)
)
def test_each_dose_above_which_a_rule_speaks(place, rule):
    assert says(rule, speaking(rule, dose_mg=rule.dose_over_mg + LEAST)), place
    assert not says(rule, speaking(rule, dose_mg=rule.dose_over_mg))


@pytest.mark.parametrize(
    ("place", "rule"), numbered("dose_from_mg"), ids=lambda v: getattr(v, "id", v)
)
def test_each_dose_from_which_a_rule_speaks(place, rule):
    assert says(rule, speaking(rule, dose_mg=rule.dose_from_mg)), place
    assert not says(rule, speaking(rule, dose_mg=rule.dose_from_mg - LEAST))


def gap_rows() -> Iterator[tuple[str, str, str]]:
    """Every drug, rule and medicine of which one may not begin so soon after the other."""
    for rule in BOOK.safety:
        for drug in CONTENT.drugs.values():
            here = next(iter(sorted(drug.doses[0].jurisdictions)))
            concerned = (not rule.drugs or drug.code in rule.drugs) and (
                not rule.classes or drug.drug_class.lower() in rule.classes
            )
            if rule.is_gap and concerned and (not rule.jurisdictions or here in rule.jurisdictions):
                for medicine in sorted(rule.medicines):
                    yield rule.id, drug.code, medicine


@pytest.mark.parametrize(("rule_id", "code", "medicine"), sorted(set(gap_rows())), ids=str)
def test_each_gap_before_another_medicine_to_the_day(rule_id, code, medicine):
    drug = CONTENT.drug(code)
    rules = [
        rule
        for rule in BOOK.safety
        if rule.id == rule_id and rule.is_gap and medicine in rule.medicines
        if not rule.drugs or code in rule.drugs
    ]
    days = max(rule.gap_days(drug) for rule in rules)
    here = next(iter(sorted(drug.doses[0].jurisdictions)))

    def refused(after: int) -> bool:
        begins = Taken(medicine, None, DAY + timedelta(days=after))
        asked = facts(drug, drug.doses[0], here, medicines=(begins,), last_dose_on=DAY)
        return rule_id in rules_of(asked)

    assert days > 0
    assert refused(days - 1)
    assert not refused(days)
