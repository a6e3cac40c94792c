"""T-17: overlap and gap of a switch to the day, and what both drugs do together."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from services.treatment.domain.course import Course, LeavingStep, TitrationStep
from services.treatment.domain.errors import BadDate, BadDose
from services.treatment.domain.findings import Level
from services.treatment.domain.live_taper import NO_DOSE, Dose
from services.treatment.domain.phases import Phase
from services.treatment.domain.safety import SafetyRule
from services.treatment.domain.switching import (
    Axis,
    axis,
    check_steps,
    required_gap_days,
    switch_findings,
)
from tests.support.courses import BOOK, CONTENT, TODAY, a_course

SERTRALINE = CONTENT.drug("sertraline")
FLUOXETINE = CONTENT.drug("fluoxetine")
VENLAFAXINE = CONTENT.drug("venlafaxine")


def mg(value: int | str) -> Dose:
    return Dose(Decimal(value), f"{value} mg")


def steps(*doses: tuple[int, int | str]) -> tuple[LeavingStep, ...]:
    """(days from today, milligrams) pairs."""
    return tuple(
        LeavingStep(
            ordinal=place,
            on=TODAY + timedelta(days=day),
            dose=mg(dose) if dose else NO_DOSE,
            previous_mg=Decimal(100),
        )
        for place, (day, dose) in enumerate(doses, start=1)
    )


def incoming(starts: int, *doses: tuple[int, int | str]) -> Course:
    return a_course(
        Phase.DRAFT,
        drug="venlafaxine",
        starts_on=TODAY + timedelta(days=starts),
        titration=tuple(
            TitrationStep(ordinal=place, from_day=day, dose=mg(dose))
            for place, (day, dose) in enumerate(doses, start=1)
        ),
    )


def both(
    leaving: tuple[LeavingStep, ...],
    new: Course,
    *,
    dose: int = 100,
    old_ceiling: int | None = 200,
    new_ceiling: int | None = 375,
) -> Axis:
    return axis(
        a_course(dose=mg(dose)),
        leaving,
        new,
        leaving=SERTRALINE,
        coming=VENLAFAXINE,
        leaving_ceiling_mg=None if old_ceiling is None else Decimal(old_ceiling),
        coming_ceiling_mg=None if new_ceiling is None else Decimal(new_ceiling),
    )


def levels(found: Axis) -> dict[str, Level]:
    spoken = switch_findings(found, rules=BOOK.switch, safety=BOOK.safety)
    return {finding.rule: finding.level for finding in reversed(spoken)}


@pytest.mark.parametrize(
    ("zero_on", "starts_on", "overlap", "gap"),
    [
        (7, 0, 7, 0),
        (1, 0, 1, 0),
        (0, 0, 0, 0),
        (7, 7, 0, 0),
        (7, 8, 0, 1),
        (7, 10, 0, 3),
    ],
    ids=str,
)
def test_days_with_both_and_with_neither(zero_on, starts_on, overlap, gap):
    found = both(steps((zero_on, 0)), incoming(starts_on, (0, 75)))

    assert (found.overlap_days, found.gap_days) == (overlap, gap)


def test_each_day_has_one_dose_of_each():
    found = both(steps((0, 50), (7, 0)), incoming(3, (0, 75), (14, 150)))

    def on(day: int) -> tuple[Decimal, Decimal]:
        when = TODAY + timedelta(days=day)
        return found.leaving.mg_on(when), found.coming.mg_on(when)

    assert on(-1) == (100, 0)
    assert on(0) == (50, 0)
    assert on(3) == (50, 75)
    assert on(6) == (50, 75)
    assert on(7) == (0, 75)
    assert on(17) == (0, 150)


@pytest.mark.parametrize(
    ("days", "level"),
    [(0, None), (1, Level.STRONG_WARN), (28, Level.STRONG_WARN), (29, Level.BLOCK)],
    ids=str,
)
def test_both_together_warn_and_too_long_blocks(days, level):
    found = both(steps((0, 25), (days, 0)) if days else steps((0, 0)), incoming(0, (0, 75)))

    assert levels(found).get("T-17") is level


@pytest.mark.parametrize(("gap", "warned"), [(0, False), (2, False), (3, True)], ids=str)
def test_days_with_neither_warn(gap, warned):
    found = both(steps((0, 0)), incoming(gap, (0, 75)))

    assert (levels(found).get("T-17") is Level.STRONG_WARN) == warned


@pytest.mark.parametrize(
    ("old", "new", "blocked"),
    [(100, "187.5", False), (100, "188", True), (200, "37.5", True)],
    ids=str,
)
def test_shares_of_both_ceilings_stay_within_one(old, new, blocked):
    found = both(steps((7, 0)), incoming(0, (0, new)), dose=old)

    assert (levels(found).get("T-17-ceiling") is Level.BLOCK) == blocked


def test_without_a_ceiling_nothing_is_added_up():
    assert "T-17-ceiling" not in levels(
        both(steps((7, 0)), incoming(0, (0, 300)), dose=200, old_ceiling=None)
    )


def test_the_old_drug_acts_on_for_its_own_days():
    last = TODAY + timedelta(days=6)
    found = both(steps((7, 0)), incoming(7, (0, 75)))

    assert found.last_dose_on == last
    assert found.still_acts_until == last + timedelta(days=14)
    assert levels(found)["T-17-tail"] is Level.INFORM
    assert replace(
        found, leaving=replace(found.leaving, drug=FLUOXETINE)
    ).still_acts_until == last + timedelta(days=35)


RULE = SafetyRule(
    id="X-01",
    level=Level.BLOCK,
    detail="invented",
    source="test",
    grade="PD",
    medicines=frozenset({"venlafaxine"}),
    drugs=frozenset({"sertraline"}),
    after_last_dose_days=5,
)


@pytest.mark.parametrize(("starts_on", "blocked"), [(3, True), (4, False)], ids=str)
def test_a_gap_a_rule_wants_is_kept_to_the_day(starts_on, blocked):
    """The last dose is the day before zero, so day 4 is five days after it."""
    found = both(steps((0, 0)), incoming(starts_on, (0, 75)))
    spoken = switch_findings(found, rules=BOOK.switch, safety=(RULE,))

    assert required_gap_days(SERTRALINE, VENLAFAXINE, (RULE,)) == 5
    assert any(finding.level is Level.BLOCK for finding in spoken) == blocked


def test_no_rule_wants_a_gap_between_two_of_the_formulary():
    assert {
        required_gap_days(old, new, BOOK.safety)
        for old in CONTENT.drugs.values()
        for new in CONTENT.drugs.values()
    } == {0}


@pytest.mark.parametrize(
    ("leaving", "refusal"),
    [
        ((), BadDose),
        (((0, 50),), BadDose),
        (((0, 100), (7, 0)), BadDose),
        (((0, 50), (7, 50), (14, 0)), BadDose),
        (((-1, 50), (7, 0)), BadDate),
        (((7, 50), (7, 0)), BadDate),
        (((0, 50), (91, 0)), BadDate),
    ],
    ids=str,
)
def test_a_way_out_falls_to_zero_day_by_day(leaving, refusal):
    with pytest.raises(refusal):
        check_steps(
            steps(*leaving),
            dose_mg=Decimal(100),
            today=TODAY,
            latest=TODAY + timedelta(days=90),
        )


def test_a_way_out_within_the_bounds_passes():
    check_steps(
        steps((0, 50), (90, 0)),
        dose_mg=Decimal(100),
        today=TODAY,
        latest=date.fromordinal(TODAY.toordinal() + 90),
    )
