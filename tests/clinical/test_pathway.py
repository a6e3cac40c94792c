"""The decision table over people, both sides of each limit. Source: evidence pack section 5."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.assessment.adapters.content import load
from services.assessment.domain.conditions import Condition
from services.assessment.domain.decision import Decision, Verdict, check_decision
from services.assessment.domain.pathway import (
    Fired,
    Proposal,
    TraceLine,
    propose,
    run,
    tripped,
)
from services.assessment.domain.refusals import RuleViolation
from services.assessment.domain.rules import PENDING, Stage
from tests.support.vignettes import ORDINARY, VIGNETTES, Vignette

RULES = load().pathway
PRESCRIBER = UUID(int=3)
NOW = datetime(2027, 1, 4, 9, tzinfo=UTC)


def proposed(**facts: Any) -> Proposal:
    known = {**ORDINARY, **{name.replace("_", "-"): value for name, value in facts.items()}}
    return propose(RULES, {code: value for code, value in known.items() if value is not None})


def arms(proposal: Proposal) -> list[str]:
    return [arm.arm.code for arm in proposal.arms]


def line(proposal: Proposal, rule: str) -> TraceLine:
    return next(line for line in proposal.trace if line.rule.id == rule)


@pytest.mark.parametrize("vignette", VIGNETTES, ids=lambda vignette: vignette.who)
def test_a_person_is_offered_what_the_table_says(vignette: Vignette) -> None:
    found = propose(RULES, vignette.facts)

    support, _known = run(RULES, RULES.stage(Stage.SUPPORT), {**found.facts, **vignette.facts})
    fired = {entry.rule.id for entry in (*found.trace, *support) if entry.outcome is Fired.YES}
    guards = tuple(guard.code for _rule, guard in tripped(RULES, vignette.facts))
    assert tuple(arms(found)) == vignette.arms
    assert found.needs == vignette.needs
    assert guards == vignette.guards
    assert fired >= set(vignette.fires)


def test_every_rule_fires_for_somebody_and_stays_silent_for_somebody() -> None:
    fired: dict[str, set[Fired]] = {}
    for vignette in VIGNETTES:
        facts = {**propose(RULES, vignette.facts).facts, **vignette.facts}
        for stage in Stage:
            for entry in run(RULES, RULES.stage(stage), facts)[0]:
                fired.setdefault(entry.rule.id, set()).add(entry.outcome)

    always = {rule.id for rule in RULES.rules if not rule.conditions}
    assert {rule for rule, outcomes in fired.items() if Fired.YES not in outcomes} == set()
    assert {rule for rule, outcomes in fired.items() if outcomes == {Fired.YES}} == always


@pytest.mark.parametrize(
    ("rule", "facts", "fires"),
    [
        ("R-24", {"weeks-without-response": 3}, False),
        ("R-24", {"weeks-without-response": 4}, True),
        ("R-33", {"days-without-facilitator": 13}, False),
        ("R-33", {"days-without-facilitator": 14}, True),
        ("R-34", {"motivation": 4, "motivation-drop": 1}, False),
        ("R-34", {"motivation": 4, "motivation-drop": 2}, True),
        ("R-34", {"motivation": 3, "motivation-drop": 1}, True),
    ],
)
def test_a_check_during_support_fires_from_its_limit(
    rule: str, facts: dict[str, int], fires: bool
) -> None:
    trace, _known = run(RULES, RULES.stage(Stage.SUPPORT), facts)

    entry = next(entry for entry in trace if entry.rule.id == rule)
    assert (entry.outcome is Fired.YES) == fires


def test_there_are_enough_people() -> None:
    assert len(VIGNETTES) >= 60
    assert len({vignette.who for vignette in VIGNETTES}) == len(VIGNETTES)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("severe_mental_disorder", "yes"),
        ("severe_mental_disorder", "unsure"),
        ("psychosis", "yes"),
        ("cognitive_impairment", "unsure"),
        ("suicidal_thoughts", "intent"),
        ("suicidal_thoughts", "intent-with-means"),
        ("open_flag_level", "0"),
        ("open_flag_level", "1"),
    ],
)
def test_whatever_needs_a_specialist_leaves_nothing_else(question: str, answer: str) -> None:
    assert arms(proposed(**{question: answer})) == ["specialist"]


@pytest.mark.parametrize("level", ["none", "2", "3"])
def test_a_less_urgent_flag_does_not_change_the_route(level: str) -> None:
    assert "specialist" not in arms(proposed(open_flag_level=level))


def test_the_specialist_route_does_not_wait_for_the_rest() -> None:
    found = proposed(psychosis="yes", preference=None, distress_blocks=None)

    assert arms(found) == ["specialist"]


@pytest.mark.parametrize(
    "code",
    [
        "phq-9.total",
        "gad-7.total",
        "distress-blocks",
        "suicidal-thoughts",
        "preference",
        "severe-mental-disorder",
        "psychosis",
        "cognitive-impairment",
    ],
)
def test_nothing_is_proposed_while_a_required_fact_is_missing(code: str) -> None:
    facts = {name: value for name, value in ORDINARY.items() if name != code}

    found = propose(RULES, facts)

    assert found.arms == ()
    assert found.needs == (code,)


@pytest.mark.parametrize(
    ("phq9", "gad7", "distress", "symptoms"),
    [
        (9, 9, "no", "absent"),
        (10, 0, "no", "present"),
        (0, 10, "no", "present"),
        (0, 0, "yes", "present"),
        (0, 0, "unsure", "present"),
    ],
)
def test_symptoms_are_significant_from_ten_or_when_distress_keeps_the_person_away(
    phq9: int, gad7: int, distress: str, symptoms: str
) -> None:
    found = propose(
        RULES,
        {**ORDINARY, "phq-9.total": phq9, "gad-7.total": gad7, "distress-blocks": distress},
    )

    assert found.facts["symptoms"] == symptoms


@pytest.mark.parametrize(
    ("total", "preference", "first"),
    [
        (15, "undecided", "cbt"),
        (16, "undecided", "cbt"),
        (15, "medication", "medication"),
        (15, "combined", "combined"),
    ],
)
def test_less_severe_depression_opens_no_course_first_unless_it_is_preferred(
    total: int, preference: str, first: str
) -> None:
    found = propose(RULES, {**ORDINARY, "phq-9.total": total, "preference": preference})

    assert arms(found)[0] == first
    fires = total < 16 and preference == "undecided"
    assert (line(found, "R-08").outcome is Fired.YES) == fires


def test_every_rule_leaves_a_line_with_its_source_and_grade() -> None:
    found = proposed()

    traced = {entry.rule.id for entry in found.trace}
    assert traced == {rule.id for rule in RULES.rules if rule.stage == "propose"}
    assert all(entry.rule.source and entry.rule.grade for entry in found.trace)


def test_a_rule_that_hangs_on_a_missing_fact_says_so() -> None:
    found = proposed(solitude=None)

    entry = line(found, "R-05")
    assert entry.outcome in {Fired.UNKNOWN, Fired.NO}
    assert any(fact.code == "solitude" and fact.value is None for fact in entry.facts)


def test_rules_of_the_source_article_alone_are_pending_human_review() -> None:
    found = proposed(preference="behavioural")

    assert found.is_pending
    assert line(found, "R-14").rule.review == PENDING


def test_a_published_rule_is_not_pending() -> None:
    assert line(proposed(), "R-08").rule.review == "as published"


def test_a_named_review_takes_the_notice_away() -> None:
    rule = line(proposed(), "R-14").rule

    assert replace(rule, reviewed_by="a clinician, 2026").is_pending is False


@given(st.data())
def test_any_facts_give_a_proposal_with_a_whole_trace(data: st.DataObject) -> None:
    facts: dict[str, Any] = {}
    for question in RULES.intake:
        choice = data.draw(st.none() | st.sampled_from([c.code for c in question.choices]))
        if choice is not None:
            facts[question.code] = choice
    for total in ("phq-9.total", "gad-7.total"):
        value = data.draw(st.none() | st.integers(0, 27))
        if value is not None:
            facts[total] = value

    found = propose(RULES, facts)

    assert len(found.trace) == sum(rule.stage == "propose" for rule in RULES.rules)
    assert len(set(arms(found))) == len(found.arms)
    assert not found.needs or arms(found) in ([], ["specialist"], ["open-door"])
    assert found == propose(RULES, facts)


@pytest.mark.parametrize(
    ("condition", "value", "expected"),
    [
        (Condition(fact="f", at_least=16), 15, False),
        (Condition(fact="f", at_least=16), 16, True),
        (Condition(fact="f", below=16), 15, True),
        (Condition(fact="f", below=16), 16, False),
        (Condition(fact="f", below=16), None, None),
        (Condition(fact="f", one_of=("a", "b")), "b", True),
        (Condition(fact="f", one_of=("a", "b")), "c", False),
        (Condition(fact="f", none_of=("a",)), "a", False),
        (Condition(fact="f", none_of=("a",)), None, None),
    ],
)
def test_a_condition_has_three_values(
    condition: Condition, value: Any, expected: bool | None
) -> None:
    facts = {} if value is None else {"f": value}

    assert condition.holds(facts) is expected


WHOLE_PLANS = {
    "facilitated-participation": {
        "facilitator-named": "yes",
        "support-length": "prolonged",
        "community-activity": "yes",
        "plan-content": "facilitated",
    },
    "cbt": {"plan-format": "individual", "support-length": "prolonged", "follow-on": "yes"},
}


def decide(arm: str, **plan: str) -> None:
    answers = {name.replace("_", "-"): value for name, value in plan.items()}
    reasons = {
        name.removeprefix("reason-"): answers.pop(name)
        for name in list(answers)
        if name.startswith("reason-")
    }
    decision = Decision(
        verdict=Verdict.ACCEPTED,
        by=PRESCRIBER,
        at=NOW,
        arm=arm,
        plan={**WHOLE_PLANS.get(arm, {}), **answers},
        guard_reasons=reasons,
    )
    check_decision(RULES, decision, proposed=(arm,), facts={})


@pytest.mark.parametrize("arm", sorted(WHOLE_PLANS))
def test_a_whole_plan_trips_no_guard(arm: str) -> None:
    decide(arm)


@pytest.mark.parametrize(
    ("arm", "change", "guard"),
    [
        ("cbt", {"support_length": "brief"}, "brief-only"),
        ("cbt", {"support_length": "one-session"}, "brief-only"),
        ("cbt", {"follow_on": "no"}, "brief-only"),
        ("cbt", {"plan_format": "group"}, "group-only"),
        (
            "facilitated-participation",
            {"plan_content": "encouragement-only"},
            "encouragement-only",
        ),
    ],
)
def test_a_guard_needs_a_coded_reason(arm: str, change: dict[str, str], guard: str) -> None:
    with pytest.raises(RuleViolation) as refusal:
        decide(arm, **change)

    assert refusal.value.field == f"guard_reasons/{guard}"
    decide(arm, **change, **{f"reason_{guard}": "first-part-of-a-longer-plan"})


@pytest.mark.parametrize(
    "change",
    [{"facilitator_named": "no"}, {"community_activity": "no"}, {"support_length": "brief"}],
)
def test_facilitation_without_its_parts_is_not_valid_whatever_the_reason(
    change: dict[str, str],
) -> None:
    with pytest.raises(RuleViolation) as refusal:
        decide("facilitated-participation", **change, **{"reason_facilitation-incomplete": "x"})

    assert refusal.value.code == "plan-not-valid"


def test_a_plan_that_does_not_say_is_incomplete() -> None:
    decision = Decision(verdict=Verdict.ACCEPTED, by=PRESCRIBER, at=NOW, arm="cbt")

    with pytest.raises(RuleViolation) as refusal:
        check_decision(RULES, decision, proposed=("cbt",), facts={})

    assert refusal.value.field == "plan/plan-format"


@pytest.mark.parametrize(
    ("verdict", "arm", "reason", "field"),
    [
        ("accepted", "cbt", None, "arm"),
        ("accepted", None, None, "arm"),
        ("changed", "medication", "clinical-judgement", "arm"),
        ("changed", "specialist", None, "reason"),
        ("declined", None, None, "reason"),
        ("declined", "medication", "clinical-judgement", "arm"),
        ("declined", None, "because", "reason"),
    ],
)
def test_a_decision_that_does_not_say_enough_is_refused(
    verdict: str, arm: str | None, reason: str | None, field: str
) -> None:
    decision = Decision(verdict=Verdict(verdict), by=PRESCRIBER, at=NOW, arm=arm, reason=reason)

    with pytest.raises(RuleViolation) as refusal:
        check_decision(RULES, decision, proposed=("medication",), facts={})

    assert refusal.value.field == field
