"""What a check-in means for the next step: rules T-06 to T-08, T-18, T-20 (evidence pack 3.6)."""

import pytest

from services.treatment.domain.gate import Action, Mood, Severity, judge, judge_after_stop
from tests.support.courses import BOOK, PERSON, said

RULES = BOOK.steps.check_in

ROWS = [
    ("nothing wrong", {}, Action.NEXT_STEP, "T-06"),
    ("mild and tolerable", {"withdrawal": Severity.MILD}, Action.NEXT_STEP, "T-06"),
    ("moderate but tolerable", {"withdrawal": Severity.MODERATE}, Action.NEXT_STEP, "T-06"),
    (
        "moderate and not tolerable",
        {"withdrawal": Severity.MODERATE, "tolerable": False},
        Action.HOLD,
        "T-07",
    ),
    (
        "mild and not tolerable is still a hold",
        {"withdrawal": Severity.MILD, "tolerable": False},
        Action.HOLD,
        "T-07",
    ),
    (
        "severe though called tolerable",
        {"withdrawal": Severity.SEVERE},
        Action.PRESCRIBER_SAME_DAY,
        "T-08",
    ),
    (
        "cannot work or care for self",
        {"withdrawal": Severity.MILD, "can_work_and_care": False},
        Action.PRESCRIBER_SAME_DAY,
        "T-08",
    ),
    ("nobody was reached", {"reached": False}, Action.HOLD, "T-06"),
    ("two doses missed in a row", {"missed_doses_in_a_row": 2}, Action.NEXT_STEP, "T-06"),
    (
        "three doses missed in a row",
        {"missed_doses_in_a_row": 3},
        Action.PRESCRIBER_SAME_DAY,
        "T-20",
    ),
    ("mood worse without withdrawal", {"mood": Mood.WORSE}, Action.RELAPSE_PATHWAY, "T-18"),
    (
        "mood worse with withdrawal",
        {"mood": Mood.WORSE, "withdrawal": Severity.MILD},
        Action.NEXT_STEP,
        "T-06",
    ),
    (
        "mood much worse whatever the withdrawal",
        {"mood": Mood.MUCH_WORSE, "withdrawal": Severity.MODERATE},
        Action.RELAPSE_PATHWAY,
        "T-18",
    ),
    ("suicidal thoughts", {"suicidal_thoughts": True}, Action.RED_FLAG, "T-18"),
    ("marked agitation", {"marked_agitation": True}, Action.RED_FLAG, "T-18"),
    ("possible serotonin syndrome", {"emergency_signs": True}, Action.RED_FLAG, "T-18"),
    (
        "the gravest speaks first",
        {"suicidal_thoughts": True, "withdrawal": Severity.SEVERE, "missed_doses_in_a_row": 9},
        Action.RED_FLAG,
        "T-18",
    ),
]


@pytest.mark.parametrize(
    ("words", "action", "rule"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS]
)
def test_what_is_proposed(words, action, rule):
    proposal = judge(said(**words), person=PERSON, rules=RULES)

    assert (proposal.action, proposal.rule) == (action, rule)
    assert proposal.opens_gate == (action is Action.NEXT_STEP)
    assert proposal.detail


AFTER = [
    ("nothing wrong", {}, Action.KEEP_WATCHING),
    ("moderate but tolerable", {"withdrawal": Severity.MODERATE}, Action.KEEP_WATCHING),
    ("not tolerable", {"tolerable": False}, Action.PRESCRIBER_SAME_DAY),
    ("severe", {"withdrawal": Severity.SEVERE}, Action.PRESCRIBER_SAME_DAY),
    ("nobody was reached", {"reached": False}, Action.KEEP_WATCHING),
    ("mood worse without withdrawal", {"mood": Mood.WORSE}, Action.RELAPSE_PATHWAY),
    ("suicidal thoughts", {"suicidal_thoughts": True}, Action.RED_FLAG),
]


@pytest.mark.parametrize(
    ("words", "action"), [row[1:] for row in AFTER], ids=[row[0] for row in AFTER]
)
def test_what_is_proposed_after_the_last_dose(words, action):
    assert judge_after_stop(said(**words), person=PERSON, rules=RULES).action is action
