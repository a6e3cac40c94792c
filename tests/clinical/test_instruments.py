"""Scores and bands on both sides of every limit. Sources: clinical.md 4.1-4.3."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.assessment.adapters.content import load
from services.assessment.domain.instrument import Instrument
from services.assessment.domain.refusals import RuleViolation
from services.assessment.domain.scoring import Score, score

INSTRUMENTS = load().instruments


def scored_items(code: str) -> list[str]:
    return [item.code for item in INSTRUMENTS[code].items if item.scored]


def answers_to_total(code: str, total: int) -> dict[str, int]:
    """Answers of 0 to 3 that add up to a total, as even as they can be."""
    items = scored_items(code)
    share, rest = divmod(total, len(items))
    return {item: share + (place < rest) for place, item in enumerate(items)}


@pytest.mark.parametrize(
    ("instrument", "total", "band"),
    [
        ("phq-9", 0, "minimal"),  # the help text of LOINC prints 1-4: zero must map too
        ("phq-9", 4, "minimal"),
        ("phq-9", 5, "mild"),
        ("phq-9", 9, "mild"),
        ("phq-9", 10, "moderate"),
        ("phq-9", 14, "moderate"),
        ("phq-9", 15, "moderately-severe"),
        ("phq-9", 19, "moderately-severe"),
        ("phq-9", 20, "severe"),
        ("phq-9", 27, "severe"),
        ("gad-7", 0, "minimal"),
        ("gad-7", 4, "minimal"),
        ("gad-7", 5, "mild"),
        ("gad-7", 9, "mild"),
        ("gad-7", 10, "moderate"),
        ("gad-7", 14, "moderate"),
        ("gad-7", 15, "severe"),
        ("gad-7", 21, "severe"),
    ],
)
def test_a_total_has_the_published_band(instrument: str, total: int, band: str) -> None:
    found = score(INSTRUMENTS[instrument], answers_to_total(instrument, total))

    assert found.total == total
    assert found.band is not None
    assert found.band.code == band


@pytest.mark.parametrize(
    ("instrument", "total", "positive"),
    [
        ("phq-9", 9, False),
        ("phq-9", 10, True),
        ("gad-7", 9, False),
        ("gad-7", 10, True),
        ("phq-2", 2, False),
        ("phq-2", 3, True),
    ],
)
def test_a_screen_is_positive_from_its_cut_off(instrument: str, total: int, positive: bool) -> None:
    found = score(INSTRUMENTS[instrument], answers_to_total(instrument, total))

    assert found.positive is positive


@pytest.mark.parametrize("code", sorted(INSTRUMENTS))
def test_a_missing_item_never_becomes_zero(code: str) -> None:
    instrument = INSTRUMENTS[code]
    for scale in instrument.scales:
        members = [item for item in instrument.members(scale) if item.asked_if is None]
        left_out = {item.code for item in members[: scale.may_miss + 1]}
        answers = {
            item.code: instrument.options(item)[0].value
            for item in instrument.items
            if item.code not in left_out
        }

        found = score(instrument, answers) if answers else None

        assert found is None or value_of(found, scale.code) is None


def value_of(found: Score, scale: str) -> object:
    if scale == "total":
        return found.total
    return next(s.score for s in found.subscales if s.code == scale)


def test_the_unscored_question_is_never_missing_and_never_counts() -> None:
    answers = answers_to_total("phq-9", 12)

    without = score(INSTRUMENTS["phq-9"], answers)
    with_it = score(INSTRUMENTS["phq-9"], {**answers, "difficulty": 3})

    assert without.missing == ()
    assert (without.total, with_it.total) == (12, 12)


@pytest.mark.parametrize(
    ("yes", "band"),
    [
        ((), "none"),
        (("wish-dead",), "low"),
        (("thoughts",), "low"),
        (("wish-dead", "thoughts"), "low"),
        (("thoughts", "method"), "moderate"),
        (("behaviour",), "moderate"),
        (("thoughts", "intent"), "high"),
        (("thoughts", "plan"), "high"),
        (("behaviour", "behaviour-recent"), "high"),
        (("wish-dead", "thoughts", "method"), "moderate"),
        (("wish-dead", "thoughts", "behaviour"), "moderate"),
    ],
)
def test_the_suicide_screen_takes_the_highest_answer_and_never_a_sum(
    yes: tuple[str, ...], band: str
) -> None:
    instrument = INSTRUMENTS["c-ssrs-screener"]
    answers = {item.code: int(item.code in yes) for item in instrument.items}

    found = score(instrument, answers)

    assert found.band is not None
    assert found.band.code == band


def test_after_a_no_to_thoughts_the_screen_goes_straight_to_behaviour() -> None:
    found = score(INSTRUMENTS["c-ssrs-screener"], {"wish-dead": 0, "thoughts": 0, "behaviour": 0})

    assert found.missing == ()
    assert found.total == 0


def test_an_unanswered_gate_leaves_the_screen_without_a_result() -> None:
    found = score(INSTRUMENTS["c-ssrs-screener"], {"wish-dead": 0, "behaviour": 0})

    assert found.missing == ("thoughts",)
    assert found.total is None


@pytest.mark.parametrize(
    ("answers", "code", "field"),
    [
        ({}, "no-answers", "answers"),
        ({"mood": 4}, "answer-out-of-range", "answers/mood"),
        ({"mood": -1}, "answer-out-of-range", "answers/mood"),
        ({"joy": 1}, "unknown-item", "answers/joy"),
    ],
)
def test_an_answer_the_instrument_does_not_have_is_refused(
    answers: dict[str, int], code: str, field: str
) -> None:
    with pytest.raises(RuleViolation) as refusal:
        score(INSTRUMENTS["phq-9"], answers)

    assert (refusal.value.code, refusal.value.field) == (code, field)


def test_an_item_that_must_apply_cannot_be_excused() -> None:
    with pytest.raises(RuleViolation) as refusal:
        score(INSTRUMENTS["phq-9"], {"mood": 1}, not_applicable=frozenset({"sleep"}))

    assert refusal.value.code == "must-apply"


@pytest.mark.parametrize(
    ("instrument", "expected"),
    [
        (
            "phq-9",
            "44250-9 44255-8 44259-0 44254-1 44251-7 44258-2 44252-5 44253-3 44260-8",
        ),
        ("gad-7", "69725-0 68509-9 69733-4 69734-2 69735-9 69689-8 69736-7"),
        ("phq-2", "44250-9 44255-8"),
        (
            "c-ssrs-screener",
            "93246-7 93247-5 93248-3 93249-1 93250-9 93267-3 93269-9",
        ),
    ],
)
def test_items_carry_the_published_codes_in_order(instrument: str, expected: str) -> None:
    codes = [item.loinc for item in INSTRUMENTS[instrument].items if item.scored]

    assert codes == expected.split()


@pytest.mark.parametrize(
    ("instrument", "panel", "total"),
    [
        ("phq-9", "44249-1", "44261-6"),
        ("gad-7", "69737-5", "70274-6"),
        ("phq-2", "55757-9", "55758-7"),
        ("c-ssrs-screener", "93373-9", "93374-7"),
    ],
)
def test_panels_and_totals_carry_the_published_codes(
    instrument: str, panel: str, total: str
) -> None:
    found = INSTRUMENTS[instrument]

    assert (found.loinc, found.loinc_total) == (panel, total)


@st.composite
def some_answers(draw: st.DrawFn, instrument: Instrument) -> dict[str, int]:
    """Any valid answers to any part of an instrument."""
    chosen = draw(st.sets(st.sampled_from(instrument.items), min_size=1))
    return {
        item.code: draw(st.sampled_from([a.value for a in instrument.options(item)]))
        for item in chosen
    }


@given(st.data())
def test_no_valid_answers_crash_or_leave_the_range(data: st.DataObject) -> None:
    instrument = INSTRUMENTS[data.draw(st.sampled_from(sorted(INSTRUMENTS)))]

    found = score(instrument, data.draw(some_answers(instrument)))

    for scale in instrument.scales:
        low, high = instrument.bounds(scale)
        value = value_of(found, scale.code)
        assert value is None or low <= value <= high
        assert not scale.bands or value is None or any(b.holds(value) for b in scale.bands)


@given(st.data())
def test_a_worse_answer_never_gives_a_better_total(data: st.DataObject) -> None:
    instrument = INSTRUMENTS[data.draw(st.sampled_from(["phq-9", "gad-7"]))]
    answers = {item: data.draw(st.integers(0, 3)) for item in scored_items(instrument.code)}
    worse = data.draw(st.sampled_from(sorted(answers)))

    before = score(instrument, answers).total
    after = score(instrument, {**answers, worse: min(3, answers[worse] + 1)}).total

    assert before is not None
    assert after is not None
    assert after >= before
