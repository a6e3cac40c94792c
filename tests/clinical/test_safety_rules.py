"""What speaks against a drug: rules I-01 to I-18, P-00 to P-12, F-08 to F-10, on both sides."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from services.treatment.adapters.course_content import load_rulebook
from services.treatment.domain.errors import Blocked, ReasonNeeded
from services.treatment.domain.findings import Finding, Level
from services.treatment.domain.safety import Facts, Taken, evaluate, settle
from tests.support.courses import BOOK, CONTENT

DAY = date(2026, 6, 15)


def facts(drug: str = "sertraline", **changes: object) -> Facts:
    """A person of 40 who was asked and has nothing, on the start dose."""
    found = CONTENT.drug(drug)
    base = Facts(
        on=DAY,
        age=40,
        jurisdiction="uk",
        drug=found,
        indication="depression",
        dose_mg=next(row.start_mg for row in found.doses if "uk" in row.jurisdictions),
        asked=True,
    )
    return replace(base, **changes)  # type: ignore[arg-type]


def levels(found: Facts) -> dict[str, Level]:
    """The hardest level of each rule that speaks."""
    spoken = evaluate(found, BOOK.safety)
    return {finding.rule: finding.level for finding in reversed(spoken)}


def test_nothing_speaks_against_an_ordinary_start():
    assert levels(facts()) == {}


def test_nobody_starts_unasked():
    assert levels(facts(asked=False)) == {"P-00": Level.BLOCK}


def test_another_running_course_blocks():
    assert levels(facts(other_course="escitalopram")) == {"I-09": Level.BLOCK}


@pytest.mark.parametrize(
    ("days", "blocked"), [(0, True), (13, True), (14, False), (15, False)], ids=str
)
@pytest.mark.parametrize("medicine", ["phenelzine", "linezolid", "methylene-blue", "selegiline"])
def test_the_gap_after_a_monoamine_oxidase_inhibitor(medicine, days, blocked):
    taken = Taken(medicine, DAY - timedelta(days=days))

    assert ("I-01" in levels(facts(medicines=(taken,)))) == blocked


def test_one_that_is_still_taken_blocks_whatever_the_gap():
    assert levels(facts(medicines=(Taken("phenelzine"),)))["I-01"] is Level.BLOCK


MEDICINES = [
    ("I-03", "sertraline", "pimozide", Level.BLOCK),
    ("I-04", "paroxetine", "thioridazine", Level.BLOCK),
    ("I-05", "fluvoxamine", "tizanidine", Level.BLOCK),
    ("I-06", "sertraline", "disulfiram", Level.INFORM),
    ("I-07", "citalopram", "methadone", Level.BLOCK),
    ("I-08", "escitalopram", "omeprazole", Level.WARN),
    ("I-09", "sertraline", "escitalopram", Level.BLOCK),
    ("I-09", "sertraline", "tramadol", Level.WARN),
    ("I-10", "sertraline", "aspirin", Level.WARN),
    ("I-11", "paroxetine", "tamoxifen", Level.STRONG_WARN),
    ("I-12", "duloxetine", "metoprolol", Level.WARN),
    ("I-13", "duloxetine", "ciprofloxacin", Level.STRONG_WARN),
    ("I-14", "fluvoxamine", "clozapine", Level.WARN),
    ("I-15", "sertraline", "furosemide", Level.WARN),
    ("I-16", "venlafaxine", "ketoconazole", Level.WARN),
    ("I-17", "citalopram", "cocaine", Level.WARN),
]


@pytest.mark.parametrize(("rule", "drug", "medicine", "level"), MEDICINES, ids=str)
def test_another_medicine(rule, drug, medicine, level):
    assert levels(facts(drug, medicines=(Taken(medicine),)))[rule] is level


@pytest.mark.parametrize(
    ("rule", "drug", "medicine"),
    [
        ("I-04", "sertraline", "thioridazine"),
        ("I-05", "sertraline", "tizanidine"),
        ("I-07", "sertraline", "methadone"),
        ("I-11", "sertraline", "tamoxifen"),
        ("I-03", "venlafaxine", "pimozide"),
    ],
    ids=str,
)
def test_a_medicine_that_concerns_other_drugs_only(rule, drug, medicine):
    assert rule not in levels(facts(drug, medicines=(Taken(medicine),)))


def test_a_medicine_stopped_before_today_warns_no_more():
    past = Taken("aspirin", DAY - timedelta(days=1))

    assert "I-10" not in levels(facts(medicines=(past,)))


CONDITIONS = [
    ("P-01", "sertraline", "past-mania", Level.STRONG_WARN),
    ("P-04", "sertraline", "pregnant", Level.STRONG_WARN),
    ("P-05", "sertraline", "seizure-disorder", Level.WARN),
    ("P-06", "venlafaxine", "uncontrolled-narrow-angle-glaucoma", Level.BLOCK),
    ("P-06", "sertraline", "uncontrolled-narrow-angle-glaucoma", Level.WARN),
    ("P-07", "venlafaxine", "uncontrolled-hypertension", Level.BLOCK),
    ("P-08", "sertraline", "bleeding-history", Level.WARN),
    ("P-09", "sertraline", "low-sodium-history", Level.WARN),
    ("P-10", "sertraline", "diabetes", Level.INFORM),
    ("P-11", "venlafaxine", "high-overdose-risk", Level.STRONG_WARN),
    ("P-11", "sertraline", "high-overdose-risk", Level.WARN),
    ("P-12", "sertraline", "earlier-withdrawal", Level.INFORM),
    ("I-18", "duloxetine", "heavy-alcohol", Level.STRONG_WARN),
    ("F-10", "citalopram", "congenital-long-qt", Level.BLOCK),
    ("F-10", "escitalopram", "bradycardia", Level.STRONG_WARN),
]


@pytest.mark.parametrize(("rule", "drug", "condition", "level"), CONDITIONS, ids=str)
def test_a_condition(rule, drug, condition, level):
    assert levels(facts(drug, conditions=frozenset({condition})))[rule] is level


@pytest.mark.parametrize(("age", "informed"), [(24, True), (25, False)])
def test_under_twenty_five(age, informed):
    assert ("P-02" in levels(facts(age=age))) == informed


@pytest.mark.parametrize(("age", "warned"), [(64, False), (65, True)])
def test_sodium_from_sixty_five(age, warned):
    assert ("I-15" in levels(facts(age=age))) == warned


def test_suicide_concern_warns():
    assert levels(facts(suicide_concern=True))["P-03"] is Level.WARN


@pytest.mark.parametrize(
    ("drug", "jurisdiction", "age", "dose", "blocked"),
    [
        ("citalopram", "us", 60, "40", False),
        ("citalopram", "us", 61, "40", True),
        ("citalopram", "us", 61, "20", False),
        ("citalopram", "uk", 65, "40", False),
        ("citalopram", "uk", 66, "40", True),
        ("citalopram", "uk", 66, "20", False),
        ("escitalopram", "uk", 65, "20", False),
        ("escitalopram", "uk", 66, "20", True),
        ("escitalopram", "uk", 66, "10", False),
        ("sertraline", "uk", 90, "200", False),
        ("sertraline", "uk", 40, "200.001", True),
    ],
    ids=str,
)
def test_ceilings_by_age_are_strict(drug, jurisdiction, age, dose, blocked):
    found = facts(drug, jurisdiction=jurisdiction, age=age, dose_mg=Decimal(dose))

    assert ("F-09" in levels(found)) == blocked


def test_the_lowest_ceiling_wins():
    both = facts("citalopram", age=66, dose_mg=Decimal(20), conditions=frozenset({"hepatic"}))

    assert "F-09" not in levels(both)
    assert levels(replace(both, dose_mg=Decimal(30)))["F-09"] is Level.BLOCK


@pytest.mark.parametrize(("dose", "blocked"), [("20", False), ("30", True)])
def test_a_medicine_that_lowers_the_ceiling_does_so_unasked(dose, blocked):
    taken = (Taken("omeprazole"),)
    found = facts("citalopram", jurisdiction="us", dose_mg=Decimal(dose), medicines=taken)

    assert ("F-09" in levels(found)) == blocked


def test_an_indication_without_a_dose_blocks():
    assert levels(facts(indication="insomnia"))["F-09"] is Level.BLOCK


def test_a_block_cannot_be_answered():
    block = Finding("I-01", Level.BLOCK, "Wait.")

    with pytest.raises(Blocked, match="I-01"):
        settle((block,), reasons=frozenset({"I-01"}))


def test_each_warning_needs_its_own_reason():
    warnings = (Finding("I-10", Level.WARN, "x"), Finding("P-01", Level.STRONG_WARN, "y"))

    with pytest.raises(ReasonNeeded, match="P-01"):
        settle(warnings, reasons=frozenset({"I-10"}))
    settle(warnings, reasons=frozenset({"I-10", "P-01"}))


def test_information_needs_no_reason():
    settle((Finding("P-02", Level.INFORM, "x"),), reasons=frozenset())


def test_the_other_jurisdiction_warns_where_this_one_blocks():
    book = load_rulebook("us")
    taken = facts("citalopram", jurisdiction="us", medicines=(Taken("methadone"),))
    found = {finding.rule: finding.level for finding in evaluate(taken, book.safety)}

    assert found["I-07"] is Level.STRONG_WARN


def test_every_rule_has_its_source():
    assert all(rule.source and rule.grade for rule in BOOK.safety)
    assert {rule.id for rule in BOOK.safety} <= set(BOOK.citations)
