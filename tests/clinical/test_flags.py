"""What raises a safety flag, how soon it falls due, how it may end. Source: evidence pack 6.5."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.assessment.adapters.content import load
from services.assessment.domain import safety
from services.assessment.domain.refusals import Conflict, RuleViolation
from services.assessment.domain.safety import Flag, FlagStatus, most_urgent, triggered

CONTENT = load()
RULES = CONTENT.safety
PHQ9 = CONTENT.instruments["phq-9"]
SCREEN = CONTENT.instruments["c-ssrs-screener"]
NURSE = UUID(int=1)
NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)
LONDON = ZoneInfo("Europe/London")


def levels(codes: tuple[str, ...]) -> list[int]:
    return [trigger.level for trigger in most_urgent(RULES, codes)]


@pytest.mark.parametrize(
    ("answer", "intent", "expected"),
    [
        (0, False, []),
        (0, True, [1]),
        (1, False, [3]),
        (2, False, [2]),
        (3, False, [2]),
        (1, True, [1]),
        (2, True, [1]),
        (3, True, [1]),
    ],
)
def test_the_self_harm_item_flags_from_one_and_rises_with_the_answer(
    answer: int, intent: bool, expected: list[int]
) -> None:
    found = triggered(PHQ9, {"self-harm": answer}, intent_stated=intent)

    assert levels(found) == expected


def test_a_left_out_self_harm_item_is_a_flag_to_ask() -> None:
    found = triggered(PHQ9, {"mood": 0}, intent_stated=False)

    assert levels(found) == [3]


@given(
    st.dictionaries(
        st.sampled_from([i.code for i in PHQ9.items if i.scored and i.code != "self-harm"]),
        st.integers(0, 3),
    ),
    st.integers(1, 3),
)
def test_the_self_harm_item_always_flags_whatever_else_is_answered(
    others: dict[str, int], self_harm: int
) -> None:
    found = triggered(PHQ9, {**others, "self-harm": self_harm}, intent_stated=False)

    assert levels(found)
    assert min(levels(found)) <= 3


@pytest.mark.parametrize(
    ("yes", "expected"),
    [
        ((), []),
        (("wish-dead",), [3]),
        (("thoughts",), [3]),
        (("wish-dead", "thoughts"), [3]),
        (("thoughts", "method"), [2]),
        (("behaviour",), [2]),
        (("thoughts", "intent"), [1]),
        (("thoughts", "plan"), [1]),
        (("behaviour", "behaviour-recent"), [1]),
        (("wish-dead", "thoughts", "method", "behaviour"), [2]),
    ],
)
def test_any_yes_on_the_screen_flags_at_the_highest_level_never_a_sum(
    yes: tuple[str, ...], expected: list[int]
) -> None:
    answers = {item.code: int(item.code in yes) for item in SCREEN.items}

    assert levels(triggered(SCREEN, answers, intent_stated=False)) == expected


def test_an_incomplete_screen_is_a_flag_to_ask() -> None:
    found = triggered(SCREEN, {"wish-dead": 0, "thoughts": 0}, intent_stated=False)

    assert levels(found) == [3]


def test_a_high_answer_is_not_hidden_by_a_missing_one() -> None:
    found = triggered(SCREEN, {"behaviour": 1, "behaviour-recent": 1}, intent_stated=False)

    assert levels(found) == [1]


@pytest.mark.parametrize(
    ("level", "first", "limit"),
    [
        (0, True, timedelta()),
        (1, True, timedelta(hours=4)),
        (1, False, timedelta(hours=4)),
        (2, True, timedelta(hours=24)),
        (3, True, timedelta(hours=12)),  # noon to the end of that day
        (3, False, timedelta(days=3)),
    ],
)
def test_the_level_sets_the_limit(level: int, first: bool, limit: timedelta) -> None:
    due = safety.due_at(RULES.urgency(level), raised_at=NOON, zone=LONDON, first_of_kind=first)

    assert due - NOON == limit


def test_the_same_day_is_the_persons_own_day() -> None:
    evening_in_auckland = datetime(2027, 3, 1, 9, 30, tzinfo=UTC)

    due = safety.due_at(
        RULES.urgency(3),
        raised_at=evening_in_auckland,
        zone=ZoneInfo("Pacific/Auckland"),
        first_of_kind=True,
    )

    assert due == datetime(2027, 3, 1, 11, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "hours"),
    [(datetime(2027, 3, 28, tzinfo=UTC), 23), (datetime(2027, 10, 30, 23, tzinfo=UTC), 25)],
)
def test_the_day_of_a_clock_change_is_as_long_as_it_is(day: datetime, hours: int) -> None:
    due = safety.due_at(RULES.urgency(3), raised_at=day, zone=LONDON, first_of_kind=True)

    assert due - day == timedelta(hours=hours)


@pytest.mark.parametrize("code", ["intent-with-means", "attempt-in-progress", "overdose"])
def test_an_emergency_is_due_at_once(code: str) -> None:
    trigger = RULES.trigger(code)

    assert trigger is not None
    assert (trigger.level, RULES.urgency(trigger.level).within_hours) == (0, 0)


def a_flag() -> Flag:
    return Flag(
        flag_id=UUID(int=10),
        patient_id=UUID(int=11),
        trigger_code="self-harm-item-1",
        kind="suicidality",
        level=3,
        rule="self-harm-item-1@1",
        title="t",
        act="a",
        source="s",
        grade="PD",
        assessment_id=None,
        raised_at=NOON,
        due_at=NOON,
    )


def test_acknowledging_puts_a_name_on_it_and_does_not_close_it() -> None:
    flag = safety.acknowledged(a_flag(), by=NURSE, now=NOON)

    assert (flag.status, flag.acknowledged_by, flag.version) == (FlagStatus.ACKNOWLEDGED, NURSE, 2)


def test_acknowledging_twice_changes_nothing() -> None:
    once = safety.acknowledged(a_flag(), by=NURSE, now=NOON)

    assert safety.acknowledged(once, by=NURSE, now=NOON + timedelta(hours=1)) == once


def test_a_flag_closes_with_a_person_and_an_outcome() -> None:
    flag = safety.closed(
        RULES, a_flag(), by=NURSE, outcome="safety-plan-agreed", note=None, now=NOON
    )

    assert (flag.status, flag.closed_by, flag.outcome) == (
        FlagStatus.CLOSED,
        NURSE,
        "safety-plan-agreed",
    )


def test_what_the_reporter_wrote_stays_when_a_flag_is_closed() -> None:
    reported = replace(a_flag(), note="Tablets on the table")

    def ended(note: str | None) -> str | None:
        outcome = "safety-plan-agreed"
        return safety.closed(RULES, reported, by=NURSE, outcome=outcome, note=note, now=NOON).note

    assert ended("Agreed by telephone") == "Tablets on the table\nAgreed by telephone"
    assert ended(None) == "Tablets on the table"


def test_an_outcome_nobody_defined_is_refused() -> None:
    with pytest.raises(RuleViolation) as refusal:
        safety.closed(RULES, a_flag(), by=NURSE, outcome="fine", note=None, now=NOON)

    assert refusal.value.field == "outcome"


def test_a_closed_flag_stays_closed() -> None:
    done = safety.closed(
        RULES, a_flag(), by=NURSE, outcome="safety-plan-agreed", note=None, now=NOON
    )

    with pytest.raises(Conflict):
        safety.acknowledged(done, by=NURSE, now=NOON)
    with pytest.raises(Conflict):
        safety.closed(RULES, done, by=NURSE, outcome="safety-plan-agreed", note=None, now=NOON)
