"""What a check-in after a cut means for the next one. Time alone never opens a gate (T-06)."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from enum import IntEnum, StrEnum


class Severity(IntEnum):
    NONE = 0
    MILD = 1
    MODERATE = 2
    SEVERE = 3


class Mood(IntEnum):
    SAME = 0
    WORSE = 1
    MUCH_WORSE = 2


class Action(StrEnum):
    """What is proposed; a person decides."""

    NEXT_STEP = "next-step"
    HOLD = "hold"
    PRESCRIBER_SAME_DAY = "prescriber-same-day"
    RELAPSE_PATHWAY = "relapse-pathway"
    RED_FLAG = "red-flag"
    KEEP_WATCHING = "keep-watching"


@dataclass(frozen=True, slots=True, kw_only=True)
class FourSymptoms:
    """The four symptoms that were worse in nearly everybody with withdrawal (evidence pack 3.4)."""

    dizziness: Severity
    brain_zaps: Severity
    irritability: Severity
    anxiety: Severity

    def worse_than(self, baseline: "FourSymptoms | None") -> "tuple[str, ...]":
        """The symptoms that are new or worse; without a baseline every one that is there."""
        return tuple(
            one.name
            for one in fields(self)
            if getattr(self, one.name) > (getattr(baseline, one.name) if baseline else 0)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckIn:
    """What the person said. ``reached`` False: nobody could be asked, so nothing is known.

    ``dess_new_or_worse`` counts new or worse signs of the withdrawal checklist; ``score_total`` is
    the course's primary instrument, ``self_harm_item`` its question about self-harm, 0 to 3.
    ``life_event_on`` is a stressor that is ahead or
    just past (T-22). ``supply_lasts``: what is at home lasts until the next step.
    """

    reached: bool
    withdrawal: Severity
    tolerable: bool
    can_work_and_care: bool
    mood: Mood
    suicidal_thoughts: bool
    marked_agitation: bool
    emergency_signs: bool
    missed_doses_in_a_row: int
    symptoms: FourSymptoms | None = None
    dess_new_or_worse: int | None = None
    score_total: int | None = None
    self_harm_item: int | None = None
    mania_signs: bool = False
    low_sodium_signs: bool = False
    life_event: str | None = None
    life_event_on: date | None = None
    supply_lasts: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckInRules:
    """The figures of the decision table (content file ``cadence``).

    ``dess_syndrome`` new or worse signs are a syndrome; ``relapse_totals`` are the totals, by
    instrument, from which a relapse is asked about; ``older_from`` the age from which sodium is
    thought of.
    ``disagree_hours``: two check-ins closer than that and unlike each other contradict.
    ``hold_days`` is the hold that is proposed; no step is taken within ``life_event_days`` of a
    stressor; whoever was not reached is called again ``call_within_working_days``.
    """

    missed_doses_limit: int
    dess_syndrome: int
    relapse_totals: Mapping[str, int]
    older_from: int
    disagree_hours: int
    hold_days: int
    life_event_days: int
    call_within_working_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """What is known of the person beside this check-in; ``instrument`` is their course's own."""

    age: int
    instrument: str = ""
    baseline: FourSymptoms | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """One rule's answer to a check-in, in a sentence for staff."""

    rule: str
    action: Action
    detail: str

    @property
    def opens_gate(self) -> bool:
        return self.action is Action.NEXT_STEP

    @property
    def is_bad_news(self) -> bool:
        """The person was asked and is not well; a call nobody answered says nothing of that."""
        return self.rule in {"T-07", "T-08", "T-18", "T-20"} and not self.opens_gate


def severity(check_in: CheckIn, *, person: Person, rules: CheckInRules) -> Severity:
    """The graver of what the person calls it and what the symptoms show against the baseline."""
    found = [check_in.withdrawal]
    if check_in.symptoms is not None:
        worse = check_in.symptoms.worse_than(person.baseline)
        found += [getattr(check_in.symptoms, name) for name in worse]
    if (check_in.dess_new_or_worse or 0) >= rules.dess_syndrome:
        found.append(Severity.MILD)  # it cries wolf often: never a hold by itself
    return max(found)


def judge(check_in: CheckIn, *, person: Person, rules: CheckInRules) -> Proposal:
    """The first rule that speaks, the most urgent first (evidence pack 3.6)."""
    graver = severity(check_in, person=person, rules=rules)
    reports = (
        _emergency(check_in),
        _red_flag(check_in),
        _not_reached(check_in),
        _low_sodium(check_in, person, rules),
        _severe(check_in, graver),
        _relapse(check_in, graver, person, rules),
        _missed_doses(check_in, rules),
        _not_tolerable(check_in),
    )
    return next((found for found in reports if found is not None), _may_go_on(graver))


def judge_after_stop(check_in: CheckIn, *, person: Person, rules: CheckInRules) -> Proposal:
    """The same urgencies once nothing is taken any more: no gate, no dose to hold."""
    if not check_in.reached and not is_dangerous(check_in):
        return Proposal("T-06", Action.KEEP_WATCHING, "Nobody was reached: try again.")
    graver = severity(check_in, person=person, rules=rules)
    reports = (
        _emergency(check_in),
        _red_flag(check_in),
        _low_sodium(check_in, person, rules),
        _severe(check_in, graver),
        _relapse(check_in, graver, person, rules),
    )
    for found in reports:
        if found is not None:
            return found
    if not check_in.tolerable:
        return Proposal(
            "T-08",
            Action.PRESCRIBER_SAME_DAY,
            "Symptoms after the last dose are not tolerable: a prescriber looks today.",
        )
    return Proposal("T-18", Action.KEEP_WATCHING, "Well enough: ask again at the next look.")


def dangers(check_in: CheckIn) -> tuple[str, ...]:
    """What was said that the safety service has to hear of, by word or in a questionnaire."""
    said = (
        (check_in.suicidal_thoughts or bool(check_in.self_harm_item), "suicidal-thoughts"),
        (check_in.marked_agitation, "marked-agitation"),
        (check_in.mania_signs, "mania-signs"),
        (check_in.emergency_signs, "emergency-signs"),
    )
    return tuple(code for is_said, code in said if is_said)


def is_dangerous(check_in: CheckIn) -> bool:
    """Whether somebody has to act now, whatever else was said."""
    return bool(dangers(check_in))


def _emergency(check_in: CheckIn) -> Proposal | None:
    if not check_in.emergency_signs:
        return None
    return Proposal(
        "T-18",
        Action.RED_FLAG,
        "Fever, rigidity, clonus or confusion: possible serotonin syndrome. Call emergency care.",
    )


def _red_flag(check_in: CheckIn) -> Proposal | None:
    if not is_dangerous(check_in):
        return None
    return Proposal(
        "T-18",
        Action.RED_FLAG,
        "Suicidal thoughts, marked agitation or signs of mania: follow the red-flag path now. "
        "The taper is frozen.",
    )


def _not_reached(check_in: CheckIn) -> Proposal | None:
    if check_in.reached:
        return None
    return Proposal(
        "T-06", Action.HOLD, "Nobody was reached: the dose stays. Call again within 2 working days."
    )


def _low_sodium(check_in: CheckIn, person: Person, rules: CheckInRules) -> Proposal | None:
    if not check_in.low_sodium_signs or person.age < rules.older_from:
        return None
    return Proposal(
        "T-18",
        Action.PRESCRIBER_SAME_DAY,
        "Confusion, falls or headache in an older adult: have the sodium checked today.",
    )


def _severe(check_in: CheckIn, graver: Severity) -> Proposal | None:
    if graver is not Severity.SEVERE and check_in.can_work_and_care:
        return None
    return Proposal(
        "T-08",
        Action.PRESCRIBER_SAME_DAY,
        "Severe symptoms, or not able to work or care for themselves: a prescriber looks today. "
        "The previous dose may be offered.",
    )


def is_relapse_total(check_in: CheckIn, person: Person, rules: CheckInRules) -> bool:
    """Whether the score alone asks the question."""
    limit = rules.relapse_totals.get(person.instrument)
    return limit is not None and (check_in.score_total or 0) >= limit


def _relapse(
    check_in: CheckIn, graver: Severity, person: Person, rules: CheckInRules
) -> Proposal | None:
    if is_relapse_total(check_in, person, rules):
        return Proposal(
            "T-18",
            Action.RELAPSE_PATHWAY,
            f"The score is {check_in.score_total}: it may be relapse, it may be withdrawal. "
            "A prescriber looks today; both routes stay open.",
        )
    gradual = check_in.mood is Mood.WORSE and graver is Severity.NONE
    if check_in.mood is not Mood.MUCH_WORSE and not gradual:
        return None
    return Proposal(
        "T-18",
        Action.RELAPSE_PATHWAY,
        "Mood is worse without withdrawal to explain it: take the full scores, ask a prescriber.",
    )


def _missed_doses(check_in: CheckIn, rules: CheckInRules) -> Proposal | None:
    missed = check_in.missed_doses_in_a_row
    if missed < rules.missed_doses_limit:
        return None
    return Proposal(
        "T-20",
        Action.PRESCRIBER_SAME_DAY,
        f"{missed} doses missed in a row: the plan stops here until a prescriber has decided.",
    )


def _not_tolerable(check_in: CheckIn) -> Proposal | None:
    if check_in.tolerable:
        return None
    return Proposal(
        "T-07",
        Action.HOLD,
        "Symptoms are not tolerable: hold at this dose. Usually they settle in 1-2 weeks; "
        "this is not relapse.",
    )


def _may_go_on(graver: Severity) -> Proposal:
    if graver is Severity.MODERATE:
        return Proposal(
            "T-06",
            Action.NEXT_STEP,
            "Moderate but tolerable: the next step may go on; offer a hold.",
        )
    return Proposal("T-06", Action.NEXT_STEP, "None or tolerable: the next step may go on.")
