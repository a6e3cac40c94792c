"""Uptake and outcomes by group (R-40), and that nobody can be told from a small one.

Source: evidence pack 5.4 R-40; the smallest group and the bands of ages are content, graded PD.
"""

from collections.abc import Mapping
from datetime import date

import pytest

from services.engagement.domain.support.equity import Slice, age_band, by_group
from services.engagement.domain.support.outcomes import Outcome
from tests.clinical.test_support_outcomes import OUTCOMES, judged, on
from tests.support.support import RULES

EQUITY = RULES.equity
AS_OF = on(200)
FEW = None


def test_the_figures_of_the_content() -> None:
    assert EQUITY.small_number == 5
    assert EQUITY.age_bands == (18, 26, 40, 65)


AGES = [
    (date(2008, 7, 24), "0-17"),
    (date(2008, 7, 23), "18-25"),
    (date(2000, 7, 24), "18-25"),
    (date(2000, 7, 23), "26-39"),
    (date(1986, 7, 24), "26-39"),
    (date(1986, 7, 23), "40-64"),
    (date(1961, 7, 24), "40-64"),
    (date(1961, 7, 23), "65+"),
    (date(1904, 2, 29), "65+"),
    (None, "unknown"),
]


@pytest.mark.parametrize(("born", "band"), AGES)
def test_the_band_of_an_age_changes_on_the_birthday(born: date | None, band: str) -> None:
    assert age_band(born, EQUITY, date(2026, 7, 23))[1] == band


def people(count: int, **changes: object) -> list[Outcome]:
    """So many alike, who met somebody once and missed once."""
    return [judged((0, 16), (56, 8), meetings=1, missed=1, **changes) for _ in range(count)]


def cut(*members: list[Outcome]) -> Mapping[str, Slice]:
    """The report of all of these people, by group."""
    everyone = [one for part in members for one in part]
    return {one.group: one for one in by_group(everyone, OUTCOMES, EQUITY, AS_OF)}


def share(found: Slice, code: str) -> tuple[int | None, int | None]:
    """One measure of a group."""
    (one,) = (one for one in found.shares if one.code == code)
    return one.numerator, one.denominator


@pytest.mark.parametrize(("count", "shown"), [(4, FEW), (5, 5)])
def test_small_groups_are_not_shown(count: int, shown: int | None) -> None:
    found = cut(people(count))

    for group in ("everybody", "language:en", "age:26-39"):
        assert (found[group].people, found[group].taking_part) == (shown, shown)
        assert share(found[group], "response") == (shown, shown)


HIDDEN = [  # how many speak each language, and which of these counts are shown
    ("both are large", {"en": 5, "de": 5}, {"en": 5, "de": 5}),
    ("one small group would be the rest of the sum", {"en": 9, "de": 4}, {"en": FEW, "de": FEW}),
    ("then the next smallest goes with it", {"en": 9, "de": 4, "pl": 6}, {"en": 9, "de": FEW}),
    ("two small ones hide each other", {"en": 9, "de": 4, "pl": 1}, {"en": 9, "de": FEW}),
    ("not when both together are too few", {"en": 9, "de": 2, "pl": 1}, {"en": FEW, "de": FEW}),
]


@pytest.mark.parametrize(
    ("speakers", "shown"), [row[1:] for row in HIDDEN], ids=[row[0] for row in HIDDEN]
)
def test_a_hidden_group_cannot_be_worked_out_from_the_others(
    speakers: Mapping[str, int], shown: Mapping[str, int | None]
) -> None:
    found = cut(*(people(count, language=code) for code, count in speakers.items()))

    assert {code: found[f"language:{code}"].people for code in shown} == shown
    assert found["everybody"].people == sum(speakers.values())


def test_a_measure_of_few_people_is_hidden_in_a_large_group() -> None:
    """Attendance counts meetings, and hides by the people behind them."""
    found = cut(people(4), [judged((0, 16)) for _ in range(6)])["everybody"]

    assert (found.people, found.taking_part) == (10, 4)
    assert share(found, "response") == (FEW, FEW)
    assert share(found, "attendance") == (FEW, FEW)
    assert share(found, "contact-4-weeks") == (0, 10)
    assert share(found, "network-growth") == (0, 0), "nobody to hide"


def test_attendance_of_five_people_is_shown() -> None:
    assert share(cut(people(5))["everybody"], "attendance") == (5, 10)


def test_whoever_has_two_barriers_is_in_both_groups_and_whoever_left_takes_no_part() -> None:
    found = cut(
        people(5, barriers=("cost", "transport", "cost")),
        people(5, barriers=("transport",)),
        people(5, in_care=False),
    )

    assert (found["barrier:cost"].people, found["barrier:transport"].people) == (5, 10)
    assert (found["everybody"].people, found["everybody"].taking_part) == (10, 10)
    assert share(found["everybody"], "response") == (15, 15), "what came of it stays counted"


def test_everybody_comes_first_then_ages_languages_and_barriers() -> None:
    found = cut(
        people(5, barriers=("cost",)),
        people(5, counts_from=date(1950, 1, 1), language="de"),
        people(5, counts_from=date(2012, 1, 1), language=""),
        people(5, counts_from=None),
    )

    assert list(found) == [
        "everybody",
        "age:0-17",
        "age:26-39",
        "age:65+",
        "age:unknown",
        "language:de",
        "language:en",
        "language:unknown",
        "barrier:cost",
    ]


def test_a_group_of_those_who_came_later_is_not_listed() -> None:
    """Of whom nothing was known on that day, no language was either."""
    later = [judged(in_care=False, language="", started_on=None) for _ in range(6)]

    assert "language:unknown" not in cut(people(5), later)
    assert "language:unknown" in cut(people(5), [judged(language="", started_on=None)])
    assert cut(later)["everybody"].people == 0
