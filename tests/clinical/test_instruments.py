"""Scores and bands on both sides of every limit. Sources: evidence pack 4.1-4.3."""

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


def even(code: str, scale: str, total: int) -> dict[str, int]:
    """Lowest answers everywhere, raised item by item until a scale has this sum of values."""
    instrument = INSTRUMENTS[code]
    found = {i.code: min(a.value for a in instrument.options(i)) for i in instrument.items}
    whole = instrument.scale(scale)
    assert whole is not None
    for item in instrument.members(whole):
        highest = max(answer.value for answer in instrument.options(item))
        reached = sum(found[member.code] for member in instrument.members(whole))
        found[item.code] += min(highest - found[item.code], total - reached)
    return found


@pytest.mark.parametrize(
    ("instrument", "scale", "total", "band"),
    [
        ("lsns-6", "total", 11, "at-risk"),
        ("lsns-6", "total", 12, "not-at-risk"),
        ("lsns-6", "family", 5, "at-risk"),
        ("lsns-6", "family", 6, "not-at-risk"),
        ("lsns-6", "friends", 5, "at-risk"),
        ("lsns-6", "friends", 6, "not-at-risk"),
        ("wsas", "total", 9, "subclinical"),
        ("wsas", "total", 10, "significant"),
        ("wsas", "total", 20, "significant"),
        ("wsas", "total", 21, "severe"),
        ("wsas", "total", 40, "severe"),
        ("fibser", "total", 2, "no-change"),
        ("fibser", "total", 3, "address"),
        ("fibser", "total", 4, "address"),
        ("fibser", "total", 5, "reduce-or-switch"),
    ],
)
def test_a_scale_has_the_published_band(instrument: str, scale: str, total: int, band: str) -> None:
    found = score(INSTRUMENTS[instrument], even(instrument, scale, total))

    reached = (
        found.band if scale == "total" else next(s.band for s in found.subscales if s.code == scale)
    )
    assert value_of(found, scale) == total
    assert reached is not None
    assert reached.code == band


@pytest.mark.parametrize(
    ("instrument", "total", "positive"),
    [
        ("gad-2", 2, False),
        ("gad-2", 3, True),  # one public page prints "more than 3"
        ("rms", 3, False),
        ("rms", 4, True),
        ("core-four", 0, False),
        ("core-four", 1, True),
        ("dess", 3, False),
        ("dess", 4, True),
        ("lsns-6", 12, False),
        ("lsns-6", 11, True),  # fewer is worse
    ],
)
def test_the_other_screens_are_positive_from_their_cut_off(
    instrument: str, total: int, positive: bool
) -> None:
    found = score(INSTRUMENTS[instrument], even(instrument, "total", total))

    assert (found.total, found.positive) == (total, positive)


@pytest.mark.parametrize(
    ("signs", "together", "problem", "positive"),
    [
        (7, 1, 2, True),
        (6, 1, 2, False),
        (7, 0, 2, False),
        (7, 1, 1, False),
        (13, 1, 3, True),
        (13, 0, 0, False),
    ],
)
def test_the_mood_disorder_questionnaire_needs_all_three_parts(
    signs: int, together: int, problem: int, positive: bool
) -> None:
    answers = even("mdq", "signs", signs) | {"together": together, "problem": problem}

    assert score(INSTRUMENTS["mdq"], answers).positive is positive


def test_one_failed_part_decides_although_another_is_missing() -> None:
    answers = even("mdq", "signs", 13) | {"together": 0}
    del answers["problem"]

    assert score(INSTRUMENTS["mdq"], answers).positive is False


def test_a_part_that_is_missing_leaves_the_rest_undecided() -> None:
    answers = even("mdq", "signs", 13) | {"together": 1}
    del answers["problem"]

    assert score(INSTRUMENTS["mdq"], answers).positive is None


EMOTIONAL = ("emptiness", "people-missed", "rejected")
SOCIAL = ("lean-on", "trust", "close")


@pytest.mark.parametrize(
    ("emotional", "social", "total"),
    [
        (0, 2, 0),  # no loneliness: no to emptiness, yes to people to lean on
        (0, 1, 3),  # more or less counts
        (0, 0, 3),  # a social "no" counts
        (1, 2, 3),
        (2, 2, 3),
        (2, 0, 6),
    ],
)
def test_loneliness_counts_a_social_no_and_an_emotional_yes(
    emotional: int, social: int, total: int
) -> None:
    answers = dict.fromkeys(EMOTIONAL, emotional) | dict.fromkeys(SOCIAL, social)

    assert score(INSTRUMENTS["djg-6"], answers).total == total


@pytest.mark.parametrize(
    ("total", "band"),
    [
        (0, "not-lonely"),
        (1, "not-lonely"),
        (2, "moderately-lonely"),
        (4, "moderately-lonely"),
        (5, "severely-lonely"),
        (6, "severely-lonely"),
    ],
)
def test_loneliness_has_the_published_bands(total: int, band: str) -> None:
    items = (*EMOTIONAL, *SOCIAL)
    worst = dict.fromkeys(EMOTIONAL, 2) | dict.fromkeys(SOCIAL, 0)
    best = dict.fromkeys(EMOTIONAL, 0) | dict.fromkeys(SOCIAL, 2)
    answers = {item: (worst if place < total else best)[item] for place, item in enumerate(items)}

    found = score(INSTRUMENTS["djg-6"], answers)

    assert found.band is not None
    assert (found.total, found.band.code) == (total, band)


def test_loneliness_forgives_one_missing_item_in_the_total_and_none_in_a_part() -> None:
    answers = dict.fromkeys(EMOTIONAL, 2) | dict.fromkeys(SOCIAL, 0)
    one_short = {item: value for item, value in answers.items() if item != "trust"}
    two_short = {item: value for item, value in one_short.items() if item != "close"}

    one, two = (score(INSTRUMENTS["djg-6"], sheet) for sheet in (one_short, two_short))

    assert (one.total, two.total) == (5, None)
    assert (value_of(one, "emotional"), value_of(one, "social")) == (3, None)


def test_without_work_the_highest_impairment_is_32_and_the_totals_do_not_compare() -> None:
    answers = dict.fromkeys(("home", "social-leisure", "private-leisure", "relationships"), 8)

    found = score(INSTRUMENTS["wsas"], answers, not_applicable=frozenset({"work"}))
    torn = score(INSTRUMENTS["wsas"], answers)

    assert (found.total, found.highest, found.missing) == (32, 32, ())
    assert any("not comparable" in sentence for sentence in found.findings)
    assert (torn.total, torn.highest) == (None, 40)


def test_only_the_burden_of_side_effects_decides() -> None:
    found = score(INSTRUMENTS["fibser"], {"frequency": 6, "intensity": 6, "burden": 1})

    assert found.band is not None
    assert (found.total, found.band.code) == (1, "no-change")


def test_needs_are_means_kept_apart_without_cut_offs() -> None:
    instrument = INSTRUMENTS["bpnsfs"]
    answers = {item.code: 1 for item in instrument.items} | {
        "relatedness-satisfaction-1": 4,
        "relatedness-satisfaction-2": 5,
        "relatedness-satisfaction-3": 4,
        "relatedness-satisfaction-4": 5,
    }

    found = score(instrument, answers)

    assert found.total is None
    assert str(value_of(found, "relatedness-satisfaction")) == "4.5"
    assert str(value_of(found, "autonomy-frustration")) == "1"
    assert all(scale.band is None for scale in found.subscales)


def test_the_two_motives_for_solitude_are_never_added_up() -> None:
    found = score(INSTRUMENTS["mss-sf"], {item.code: 2 for item in INSTRUMENTS["mss-sf"].items})

    assert found.total is None
    assert {scale.code for scale in found.subscales} == {
        "self-determined",
        "not-self-determined",
    }


@pytest.mark.parametrize("code", sorted(INSTRUMENTS))
def test_only_instruments_with_a_right_to_use_are_enabled(code: str) -> None:
    instrument = INSTRUMENTS[code]

    assert instrument.enabled == instrument.right_to_use.granted
    assert instrument.right_to_use.statement


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
