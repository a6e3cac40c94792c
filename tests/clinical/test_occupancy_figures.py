"""Occupancy figures for every drug and region, forward and inverse.

Source: Sorensen, Ruhe, Munkholm 2022 (evidence pack 3.3, table sert_mm_parameters). Expected
figures are Vmax x dose / (Km + dose) to two decimals, worked out apart from the code.
"""

from decimal import Decimal

import pytest

from services.treatment.domain.findings import RuleRefusal
from services.treatment.domain.occupancy import Region
from tests.support.tapers import CONTENT

IR, MR, GR = "immediate-release", "modified-release", "gastro-resistant"
FIGURES = [
    ("citalopram", IR, "striatum", "20", "75.22"),
    ("desvenlafaxine", MR, "amygdala", "50", "86.43"),
    ("desvenlafaxine", MR, "midbrain", "50", "81.63"),
    ("desvenlafaxine", MR, "striatum", "50", "75.80"),
    ("desvenlafaxine", MR, "thalamus", "50", "70.33"),
    ("duloxetine", GR, "thalamus", "60", "82.16"),
    ("escitalopram", IR, "caudate", "5", "66.56"),
    ("escitalopram", IR, "dorsal_raphe", "5", "58.01"),
    ("escitalopram", IR, "putamen", "5", "55.72"),
    ("escitalopram", IR, "thalamus", "5", "55.40"),
    ("fluoxetine", IR, "striatum", "20", "78.68"),
    ("paroxetine", IR, "striatum", "20", "75.89"),
    ("sertraline", IR, "striatum", "50", "79.70"),
    ("venlafaxine", MR, "striatum", "75", "83.60"),
    ("vortioxetine", IR, "raphe", "10", "69.65"),
]
WITHOUT = [
    ("fluvoxamine", IR),
    ("fluvoxamine", MR),
    ("levomilnacipran", MR),
    ("paroxetine", MR),
    ("venlafaxine", IR),
]


def a_region(drug: str, family: str, region: str) -> Region:
    return CONTENT.drug(drug).occupancy[family].region(region)


@pytest.mark.parametrize(("drug", "family", "region", "dose", "percent"), FIGURES)
def test_a_dose_occupies_what_the_published_curve_says(
    drug: str, family: str, region: str, dose: str, percent: str
) -> None:
    found = a_region(drug, family, region).percent(Decimal(dose))

    assert str(found.quantize(Decimal("0.01"))) == percent


@pytest.mark.parametrize(("drug", "family", "region", "dose", "percent"), FIGURES)
def test_an_occupancy_leads_back_to_its_dose(
    drug: str, family: str, region: str, dose: str, percent: str
) -> None:
    curve = a_region(drug, family, region)

    found = curve.dose_mg(Decimal(percent))

    assert str(curve.percent(found).quantize(Decimal("0.000001"))) == f"{percent}0000"
    assert curve.dose_mg(curve.percent(Decimal(dose))).quantize(Decimal("0.000001")) == Decimal(
        dose
    )


def test_every_published_region_has_a_row_here() -> None:
    published = {
        (drug.code, family, region.name)
        for drug in CONTENT.drugs.values()
        for family, model in drug.occupancy.items()
        for region in model.regions
    }

    assert published == {(drug, family, region) for drug, family, region, _, _ in FIGURES}


@pytest.mark.parametrize(("drug", "family"), WITHOUT)
def test_what_nobody_has_measured_has_no_curve(drug: str, family: str) -> None:
    assert family in CONTENT.drug(drug).families
    assert family not in CONTENT.drug(drug).occupancy


def test_a_fit_above_one_hundred_is_clamped() -> None:
    amygdala = a_region("desvenlafaxine", MR, "amygdala")

    assert amygdala.percent(Decimal(1000)) == 100


@pytest.mark.parametrize("percent", ["-0.01", "92.01", "92.02", "100", "NaN", "Infinity"])
def test_an_occupancy_no_dose_reaches_is_refused(percent: str) -> None:
    with pytest.raises(RuleRefusal) as refused:
        a_region("sertraline", IR, "striatum").dose_mg(Decimal(percent))

    assert refused.value.rule == "O-01"


def test_nothing_occupies_nothing_both_ways() -> None:
    striatum = a_region("sertraline", IR, "striatum")

    assert striatum.percent(Decimal(0)) == 0
    assert striatum.dose_mg(Decimal(0)) == 0


def test_regions_differ_and_the_band_says_by_how_much() -> None:
    low, high = CONTENT.drug("escitalopram").occupancy[IR].band(Decimal(5))

    assert (f"{low:.0f}", f"{high:.0f}") == ("55", "67")


def test_plans_follow_the_region_that_falls_hardest_at_the_end() -> None:
    assert CONTENT.drug("escitalopram").occupancy[IR].steepest.name == "caudate"


def test_an_unknown_region_is_refused_with_the_known_ones() -> None:
    with pytest.raises(RuleRefusal) as refused:
        CONTENT.drug("escitalopram").occupancy[IR].region("cortex")

    assert "caudate, dorsal_raphe, putamen, thalamus" in refused.value.sentence
