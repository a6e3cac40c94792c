"""Every ceiling and every gap of the formulary, on both sides (F-08 to F-10, I-01, I-02, I-04).

The tables are written from the evidence pack, 1.4 and 1.6; a row of a file that no table has, or a
table row that no file has, fails.
"""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from services.treatment.domain.drug import Drug
from services.treatment.domain.findings import Level
from services.treatment.domain.safety import Facts, Taken, dose_range, evaluate, ingredient
from tests.support.courses import BOOK, CONTENT

DAY = date(2026, 6, 15)
LAST_DOSE = date(2026, 5, 1)
IR, MR, GR = "immediate-release", "modified-release", "gastro-resistant"

# drug, jurisdiction, formulation, (condition or age over), most mg a day, an indication with a dose
CAPS = [
    ("sertraline", "uk", IR, "hepatic-mild", "100", "depression"),
    ("sertraline", "us", IR, "hepatic-mild", "100", "depression"),
    ("sertraline", "uk", IR, "hepatic-moderate-severe", "0", "depression"),
    ("sertraline", "us", IR, "hepatic-moderate-severe", "0", "depression"),
    ("escitalopram", "uk", IR, 65, "10", "depression"),
    ("escitalopram", "us", IR, 65, "10", "depression"),
    ("escitalopram", "uk", IR, "hepatic", "10", "depression"),
    ("escitalopram", "us", IR, "hepatic", "10", "depression"),
    ("citalopram", "us", IR, 60, "20", "depression"),
    ("citalopram", "uk", IR, 65, "20", "depression"),
    ("citalopram", "uk", IR, "hepatic", "20", "depression"),
    ("citalopram", "us", IR, "hepatic", "20", "depression"),
    ("citalopram", "us", IR, "cyp2c19-poor", "20", "depression"),
    ("citalopram", "us", IR, "cyp2c19-inhibitor", "20", "depression"),
    ("citalopram", "uk", IR, "cyp2c19-poor", "20", "depression"),
    ("citalopram", "uk", IR, "cyp2c19-inhibitor", "20", "depression"),
    ("paroxetine", "uk", IR, 65, "40", "depression"),
    ("paroxetine", "us", IR, 65, "40", "depression"),
    ("paroxetine", "uk", IR, "renal-severe", "40", "depression"),
    ("paroxetine", "us", IR, "renal-severe", "40", "depression"),
    ("paroxetine", "uk", IR, "hepatic-severe", "40", "depression"),
    ("paroxetine", "us", IR, "hepatic-severe", "40", "depression"),
    ("paroxetine", "us", MR, 65, "50", "depression"),
    ("paroxetine", "us", MR, "renal-severe", "50", "depression"),
    ("paroxetine", "us", MR, "hepatic-severe", "50", "depression"),
    ("venlafaxine", "us", MR, "hepatic", "112.5", "depression"),
    ("venlafaxine", "uk", MR, "hepatic", "187.5", "depression"),
    ("venlafaxine", "us", MR, "renal-severe", "112.5", "depression"),
    ("venlafaxine", "uk", MR, "renal-severe", "187.5", "depression"),
    ("venlafaxine", "us", MR, "renal-moderate", "168.75", "depression"),
    ("venlafaxine", "uk", MR, "renal-moderate", "281.25", "depression"),
    ("desvenlafaxine", "us", MR, "hepatic", "100", "depression"),
    ("desvenlafaxine", "us", MR, "renal-moderate", "50", "depression"),
    ("desvenlafaxine", "us", MR, "renal-severe", "25", "depression"),
    ("duloxetine", "uk", GR, "hepatic", "0", "depression"),
    ("duloxetine", "us", GR, "hepatic", "0", "depression"),
    ("duloxetine", "uk", GR, "heavy-alcohol", "0", "depression"),
    ("duloxetine", "us", GR, "heavy-alcohol", "0", "depression"),
    ("duloxetine", "uk", GR, "renal-severe", "0", "depression"),
    ("duloxetine", "us", GR, "renal-severe", "0", "depression"),
    ("levomilnacipran", "us", MR, "renal-moderate", "80", "depression"),
    ("levomilnacipran", "us", MR, "renal-severe", "40", "depression"),
    ("levomilnacipran", "us", MR, "renal-end-stage", "0", "depression"),
    ("levomilnacipran", "us", MR, "strong-cyp3a4-inhibitor", "80", "depression"),
    ("vortioxetine", "uk", IR, "cyp2d6-poor", "10", "depression"),
    ("vortioxetine", "us", IR, "cyp2d6-poor", "10", "depression"),
    ("vortioxetine", "uk", IR, "strong-cyp2d6-inhibitor", "10", "depression"),
    ("vortioxetine", "us", IR, "strong-cyp2d6-inhibitor", "10", "depression"),
    ("vortioxetine", "uk", IR, "hepatic-severe", "0", "depression"),
    ("vortioxetine", "us", IR, "hepatic-severe", "0", "depression"),
]

# drug, jurisdiction, formulation, indication, most mg a day by the label
MAXIMA = [
    ("sertraline", "uk", IR, "depression", "200"),
    ("sertraline", "uk", IR, "panic", "200"),
    ("escitalopram", "uk", IR, "depression", "20"),
    ("escitalopram", "us", IR, "generalised-anxiety", "20"),
    ("citalopram", "uk", IR, "depression", "40"),
    ("citalopram", "uk", IR, "panic", "40"),
    ("fluoxetine", "uk", IR, "depression", "60"),
    ("fluoxetine", "us", IR, "depression", "80"),
    ("fluoxetine", "us", IR, "panic", "60"),
    ("paroxetine", "uk", IR, "depression", "50"),
    ("paroxetine", "uk", IR, "panic", "60"),
    ("paroxetine", "us", IR, "generalised-anxiety", "50"),
    ("paroxetine", "us", MR, "depression", "62.5"),
    ("paroxetine", "us", MR, "panic", "75"),
    ("paroxetine", "us", MR, "social-anxiety", "37.5"),
    ("fluvoxamine", "us", IR, "ocd", "300"),
    ("venlafaxine", "uk", MR, "depression", "375"),
    ("venlafaxine", "us", MR, "depression", "225"),
    ("venlafaxine", "us", IR, "depression", "375"),
    ("venlafaxine", "us", MR, "social-anxiety", "75"),
    ("venlafaxine", "us", MR, "panic", "225"),
    ("duloxetine", "uk", GR, "generalised-anxiety", "120"),
    ("vortioxetine", "uk", IR, "depression", "20"),
    ("levomilnacipran", "us", MR, "depression", "120"),
]

BEFORE_MAOI = {
    "sertraline": 14,
    "escitalopram": 14,
    "citalopram": 14,
    "fluoxetine": 35,
    "paroxetine": 14,
    "fluvoxamine": 14,
    "venlafaxine": 7,
    "desvenlafaxine": 7,
    "levomilnacipran": 7,
    "duloxetine": 5,
    "vortioxetine": 21,
}


def facts(drug: Drug, jurisdiction: str, family: str, indication: str, **changes: object) -> Facts:
    values: dict[str, object] = {
        "on": DAY,
        "age": 40,
        "jurisdiction": jurisdiction,
        "drug": drug,
        "indication": indication,
        "dose_mg": Decimal(1),
        "asked": True,
        "family": family,
    }
    return Facts(**(values | changes))  # type: ignore[arg-type]


def blocked(found: Facts, rule: str) -> bool:
    return any(
        finding.rule == rule and finding.level is Level.BLOCK
        for finding in evaluate(found, BOOK.safety)
    )


@pytest.mark.parametrize(
    ("drug", "jurisdiction", "family", "when", "most", "indication"), CAPS, ids=str
)
def test_a_cap_holds_at_its_figure_and_not_above(
    drug, jurisdiction, family, when, most, indication
):
    at = Decimal(most)

    def over(dose_mg: Decimal, *, applies: bool) -> bool:
        age = (when + 1 if applies else when) if isinstance(when, int) else 40
        has = frozenset({when}) if applies and isinstance(when, str) else frozenset()
        found = facts(
            CONTENT.drug(drug),
            jurisdiction,
            family,
            indication,
            age=age,
            conditions=has,
            dose_mg=dose_mg,
        )
        return blocked(found, "F-09")

    just_over = at + Decimal("0.001")
    assert over(just_over, applies=True)
    assert not over(at, applies=True)
    row = dose_range(
        CONTENT.drug(drug), indication=indication, jurisdiction=jurisdiction, age=40, family=family
    )
    label = row.maximum_mg if row.maximum_mg is not None else just_over
    if just_over <= label:
        assert not over(just_over, applies=False)


def test_every_cap_of_every_file_has_its_row():
    written = set()
    for drug in CONTENT.drugs.values():
        for cap in drug.caps:
            for here in cap.jurisdictions:
                when = cap.over_age if cap.over_age is not None else cap.condition
                family = cap.family or drug.usual_family(here)
                written.add((drug.code, here, family, when, cap.maximum_mg))

    assert written == {(*row[:4], Decimal(row[4])) for row in CAPS}


@pytest.mark.parametrize(("drug", "jurisdiction", "family", "indication", "most"), MAXIMA, ids=str)
def test_a_label_maximum_holds_at_its_figure_and_not_above(
    drug, jurisdiction, family, indication, most
):
    def over(dose: Decimal) -> bool:
        found = facts(CONTENT.drug(drug), jurisdiction, family, indication, dose_mg=dose)
        return blocked(found, "F-09")

    assert not over(Decimal(most))
    assert over(Decimal(most) + Decimal("0.001"))


@pytest.mark.parametrize("drug", sorted(CONTENT.drugs))
@pytest.mark.parametrize(("days", "refused"), [(13, True), (14, False)], ids=str)
def test_the_gap_after_an_inhibitor_before_each_drug(drug, days, refused):
    found = CONTENT.drug(drug)
    here = next(iter(sorted(found.doses[0].jurisdictions)))
    taken = Taken("phenelzine", DAY - timedelta(days=days))
    asked = facts(found, here, found.families[0], "depression", medicines=(taken,))

    assert found.maoi.after_maoi_days == 14
    assert blocked(asked, "I-01") == refused


@pytest.mark.parametrize("drug", sorted(CONTENT.drugs))
def test_the_gap_after_each_drug_before_an_inhibitor_to_the_day(drug):
    found = CONTENT.drug(drug)
    days = BEFORE_MAOI[drug]
    here = next(iter(sorted(found.doses[0].jurisdictions)))

    def refused(after: int) -> bool:
        taken = Taken("moclobemide", None, LAST_DOSE + timedelta(days=after))
        asked = facts(
            found,
            here,
            found.families[0],
            "depression",
            medicines=(taken,),
            last_dose_on=LAST_DOSE,
        )
        return blocked(asked, "I-02")

    assert found.maoi.before_maoi_days == days
    assert refused(days - 1)
    assert not refused(days)


def test_an_inhibitor_is_not_agreed_while_the_drug_is_taken():
    drug = CONTENT.drug("sertraline")
    planned = Taken("moclobemide", None, DAY + timedelta(days=60))

    found = facts(drug, "uk", IR, "depression", medicines=(planned,))

    assert blocked(found, "I-02")
    assert not blocked(found, "I-01")


def test_an_inhibitor_of_the_past_says_nothing_about_afterwards():
    drug = CONTENT.drug("sertraline")
    past = Taken("moclobemide", LAST_DOSE - timedelta(days=90))

    assert (
        evaluate(
            facts(drug, "uk", IR, "depression", medicines=(past,), last_dose_on=LAST_DOSE),
            BOOK.safety,
        )
        == ()
    )


@pytest.mark.parametrize(("days", "refused"), [(34, True), (35, False)], ids=str)
@pytest.mark.parametrize(
    ("drug", "concerned"), [("fluoxetine", True), ("paroxetine", False)], ids=str
)
def test_thioridazine_after_fluoxetine(drug, concerned, days, refused):
    taken = Taken("thioridazine", None, LAST_DOSE + timedelta(days=days))
    asked = facts(
        CONTENT.drug(drug), "uk", IR, "depression", medicines=(taken,), last_dose_on=LAST_DOSE
    )

    assert blocked(asked, "I-04") == (refused and concerned)


@pytest.mark.parametrize("jurisdiction", ["uk", "us"])
def test_disulfiram_takes_the_concentrate_off_the_shelf_and_nothing_else(jurisdiction):
    drug = CONTENT.drug("sertraline")

    def sold(taken: frozenset[str]) -> set[str]:
        shelf = drug.shelf(jurisdiction, on=DAY, taken=taken, only=frozenset())
        return {product.code for product in shelf.products}

    concentrate = f"sertraline-concentrate-20mg-per-ml-{jurisdiction}"
    with_it = {product.code for product in drug.products if product.not_with}
    assert concentrate in with_it
    assert concentrate not in sold(frozenset({"disulfiram"}))
    tablets = {code for code in sold(frozenset()) if "tablet" in code}
    assert tablets <= sold(frozenset({"disulfiram"}))


@pytest.mark.parametrize(
    "medicine", ["duloxetine", "cymbalta", "Yentreve", "seroxat", "paroxetine"]
)
def test_a_second_one_is_a_duplicate_under_any_name(medicine):
    known = ingredient(medicine, CONTENT.drugs.values())

    assert known in {"duloxetine", "paroxetine"}
    found = facts(CONTENT.drug("sertraline"), "uk", IR, "depression", medicines=(Taken(known),))
    assert blocked(found, "I-09")


@pytest.mark.parametrize(("age", "start", "days"), [(65, "60", None), (66, "30", 14)], ids=str)
def test_older_adults_start_duloxetine_lower(age, start, days):
    row = dose_range(
        CONTENT.drug("duloxetine"), indication="generalised-anxiety", jurisdiction="uk", age=age
    )

    assert (row.start_mg, row.start_for_days) == (Decimal(start), days)


USEFUL = [
    ("sertraline", "depression", "50", "F-09-useful"),
    ("citalopram", "depression", "20", "F-09-useful"),
    ("escitalopram", "depression", "10", "F-09-useful"),
    ("duloxetine", "generalised-anxiety", "60", "F-09-useful"),
]


@pytest.mark.parametrize(("drug", "indication", "dose", "rule"), USEFUL, ids=str)
def test_a_useful_ceiling_informs_above_its_figure(drug, indication, dose, rule):
    def spoken(dose_mg: Decimal) -> set[str]:
        family = CONTENT.drug(drug).usual_family("uk")
        found = facts(CONTENT.drug(drug), "uk", family, indication, dose_mg=dose_mg)
        return {finding.rule for finding in evaluate(found, BOOK.safety)}

    assert rule not in spoken(Decimal(dose))
    assert rule in spoken(Decimal(dose) + 1)


@pytest.mark.parametrize(("dose", "warned"), [("299", False), ("300", True)], ids=str)
def test_high_venlafaxine_is_a_specialists(dose, warned):
    found = facts(CONTENT.drug("venlafaxine"), "uk", MR, "depression", dose_mg=Decimal(dose))
    spoken = {finding.rule for finding in evaluate(found, BOOK.safety)}

    assert ("F-09-specialist" in spoken) == warned
