"""What a check-in means for the next step: rules T-06 to T-08, T-18, T-20 (evidence pack 3.6)."""

from dataclasses import replace

import pytest

from services.treatment.domain.gate import Action, Mood, Severity, judge, judge_after_stop
from tests.support.courses import BOOK, PERSON, four_symptoms, said

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
    # Symptoms against the baseline (3.4): the graver of what is said and what the symptoms show.
    (
        "one symptom new and mild",
        {"symptoms": four_symptoms(dizziness=Severity.MILD)},
        Action.NEXT_STEP,
        "T-06",
    ),
    (
        "one symptom new and moderate",
        {"symptoms": four_symptoms(brain_zaps=Severity.MODERATE)},
        Action.NEXT_STEP,
        "T-06",
    ),
    (
        "one symptom new and severe though called none",
        {"symptoms": four_symptoms(dizziness=Severity.SEVERE)},
        Action.PRESCRIBER_SAME_DAY,
        "T-08",
    ),
    (
        "moderate symptoms that cannot be borne",
        {"symptoms": four_symptoms(anxiety=Severity.MODERATE), "tolerable": False},
        Action.HOLD,
        "T-07",
    ),
    (
        "three signs of the checklist",
        {"dess_new_or_worse": 3, "mood": Mood.WORSE},
        Action.RELAPSE_PATHWAY,
        "T-18",
    ),
    (
        "four signs of the checklist: withdrawal explains the mood",
        {"dess_new_or_worse": 4, "mood": Mood.WORSE},
        Action.NEXT_STEP,
        "T-06",
    ),
    ("forty signs alone hold nothing", {"dess_new_or_worse": 40}, Action.NEXT_STEP, "T-06"),
    (
        "mood worse, a symptom new",
        {"mood": Mood.WORSE, "symptoms": four_symptoms(irritability=Severity.MILD)},
        Action.NEXT_STEP,
        "T-06",
    ),
    # Scores and the question about self-harm (T-18).
    ("score of 9", {"score_total": 9}, Action.NEXT_STEP, "T-06"),
    ("score of 10", {"score_total": 10}, Action.RELAPSE_PATHWAY, "T-18"),
    (
        "score of 10 with severe withdrawal",
        {"score_total": 10, "withdrawal": Severity.SEVERE},
        Action.PRESCRIBER_SAME_DAY,
        "T-08",
    ),
    (
        "score of 10 and not tolerable",
        {"score_total": 10, "tolerable": False},
        Action.RELAPSE_PATHWAY,
        "T-18",
    ),
    ("self-harm question answered 0", {"self_harm_item": 0}, Action.NEXT_STEP, "T-06"),
    ("self-harm question answered 1", {"self_harm_item": 1}, Action.RED_FLAG, "T-18"),
    ("self-harm question answered 3", {"self_harm_item": 3}, Action.RED_FLAG, "T-18"),
    ("signs of mania", {"mania_signs": True}, Action.RED_FLAG, "T-18"),
    (
        "a danger said although nobody was reached by the call",
        {"reached": False, "suicidal_thoughts": True},
        Action.RED_FLAG,
        "T-18",
    ),
    (
        "emergency before everything",
        {"emergency_signs": True, "reached": False},
        Action.RED_FLAG,
        "T-18",
    ),
    # Not tolerable, not coping, missed doses.
    ("none, but cannot be borne", {"tolerable": False}, Action.HOLD, "T-07"),
    (
        "severe and not tolerable",
        {"withdrawal": Severity.SEVERE, "tolerable": False},
        Action.PRESCRIBER_SAME_DAY,
        "T-08",
    ),
    ("well, but cannot work", {"can_work_and_care": False}, Action.PRESCRIBER_SAME_DAY, "T-08"),
    (
        "three missed and not tolerable",
        {"missed_doses_in_a_row": 3, "tolerable": False},
        Action.PRESCRIBER_SAME_DAY,
        "T-20",
    ),
    (
        "severe and three missed",
        {"missed_doses_in_a_row": 3, "withdrawal": Severity.SEVERE},
        Action.PRESCRIBER_SAME_DAY,
        "T-08",
    ),
    (
        "mood much worse and three missed",
        {"missed_doses_in_a_row": 3, "mood": Mood.MUCH_WORSE},
        Action.RELAPSE_PATHWAY,
        "T-18",
    ),
    (
        "not reached, whatever else is written",
        {"reached": False, "withdrawal": Severity.SEVERE},
        Action.HOLD,
        "T-06",
    ),
    ("supply that does not last shuts no gate", {"supply_lasts": False}, Action.NEXT_STEP, "T-06"),
    ("falls and headache at 46", {"low_sodium_signs": True}, Action.NEXT_STEP, "T-06"),
]


@pytest.mark.parametrize(
    ("words", "action", "rule"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS]
)
def test_what_is_proposed(words, action, rule):
    proposal = judge(said(**words), person=PERSON, rules=RULES)

    assert (proposal.action, proposal.rule) == (action, rule)
    assert proposal.opens_gate == (action is Action.NEXT_STEP)
    assert proposal.detail


@pytest.mark.parametrize(
    ("age", "action"), [(64, Action.NEXT_STEP), (65, Action.PRESCRIBER_SAME_DAY)]
)
def test_falls_or_headache_in_an_older_adult_ask_for_the_sodium_today(age, action):
    older = replace(PERSON, age=age)

    assert judge(said(low_sodium_signs=True), person=older, rules=RULES).action is action


def test_a_symptom_that_was_there_before_the_first_cut_is_not_withdrawal():
    anxious = replace(PERSON, baseline=four_symptoms(anxiety=Severity.SEVERE))
    report = said(symptoms=four_symptoms(anxiety=Severity.SEVERE))

    assert judge(report, person=anxious, rules=RULES).action is Action.NEXT_STEP
    assert judge(report, person=PERSON, rules=RULES).rule == "T-08"


def test_the_table_has_the_forty_situations_it_promises():
    assert len(ROWS) >= 40


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
