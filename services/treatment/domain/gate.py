"""What a check-in after a cut means for the next one. Time alone never opens a gate (T-06)."""

from collections.abc import Callable
from dataclasses import dataclass
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
class CheckIn:
    """What the person said. ``reached`` False: nobody could be asked, so nothing is known."""

    reached: bool
    withdrawal: Severity
    tolerable: bool
    can_work_and_care: bool
    mood: Mood
    suicidal_thoughts: bool
    marked_agitation: bool
    emergency_signs: bool
    missed_doses_in_a_row: int


@dataclass(frozen=True, slots=True)
class Proposal:
    """One rule's answer to a check-in, in a sentence for staff."""

    rule: str
    action: Action
    detail: str

    @property
    def opens_gate(self) -> bool:
        return self.action is Action.NEXT_STEP


def judge(check_in: CheckIn, *, missed_doses_limit: int) -> Proposal:
    """The first rule that speaks, the most urgent first (evidence pack 3.6)."""
    for rule in RULES:
        proposal = rule(check_in)
        if proposal is not None:
            return proposal
    if check_in.missed_doses_in_a_row >= missed_doses_limit:
        return Proposal(
            "T-20",
            Action.PRESCRIBER_SAME_DAY,
            f"{check_in.missed_doses_in_a_row} doses missed in a row: the plan stops here until "
            "a prescriber has decided.",
        )
    return _tolerance(check_in)


def judge_after_stop(check_in: CheckIn) -> Proposal:
    """The same urgencies once nothing is taken any more: no gate, no dose to hold."""
    for rule in RULES:
        proposal = rule(check_in)
        if proposal is not None:
            return _without_dose(proposal)
    if not check_in.tolerable:
        return Proposal(
            "T-08",
            Action.PRESCRIBER_SAME_DAY,
            "Symptoms after the last dose are not tolerable: a prescriber looks today.",
        )
    return Proposal("T-18", Action.KEEP_WATCHING, "Well enough: ask again at the next look.")


def _without_dose(proposal: Proposal) -> Proposal:
    if proposal.action is not Action.HOLD:
        return proposal
    return Proposal(proposal.rule, Action.KEEP_WATCHING, "Nobody was reached: try again.")


def _emergency(check_in: CheckIn) -> Proposal | None:
    if not check_in.emergency_signs:
        return None
    return Proposal(
        "T-18",
        Action.RED_FLAG,
        "Fever, rigidity, clonus or confusion: possible serotonin syndrome. Call emergency care.",
    )


def _red_flag(check_in: CheckIn) -> Proposal | None:
    if not (check_in.suicidal_thoughts or check_in.marked_agitation):
        return None
    return Proposal(
        "T-18",
        Action.RED_FLAG,
        "Suicidal thoughts or marked agitation: follow the red-flag path now. The taper is frozen.",
    )


def _not_reached(check_in: CheckIn) -> Proposal | None:
    if check_in.reached:
        return None
    return Proposal("T-06", Action.HOLD, "Nobody was reached: the dose stays. Try again.")


def _severe(check_in: CheckIn) -> Proposal | None:
    if check_in.withdrawal is not Severity.SEVERE and check_in.can_work_and_care:
        return None
    return Proposal(
        "T-08",
        Action.PRESCRIBER_SAME_DAY,
        "Severe symptoms, or not able to work or care for themselves: a prescriber looks today. "
        "The previous dose may be offered.",
    )


def _relapse(check_in: CheckIn) -> Proposal | None:
    gradual = check_in.mood is Mood.WORSE and check_in.withdrawal is Severity.NONE
    if check_in.mood is not Mood.MUCH_WORSE and not gradual:
        return None
    return Proposal(
        "T-18",
        Action.RELAPSE_PATHWAY,
        "Mood is worse without withdrawal to explain it: take the full scores, ask a prescriber.",
    )


RULES: tuple[Callable[[CheckIn], Proposal | None], ...] = (
    _emergency,
    _red_flag,
    _not_reached,
    _severe,
    _relapse,
)


def _tolerance(check_in: CheckIn) -> Proposal:
    if not check_in.tolerable:
        return Proposal(
            "T-07",
            Action.HOLD,
            "Symptoms are not tolerable: hold at this dose. Usually they settle in 1-2 weeks; "
            "this is not relapse.",
        )
    if check_in.withdrawal is Severity.MODERATE:
        return Proposal(
            "T-06",
            Action.NEXT_STEP,
            "Moderate but tolerable: the next step may go on; offer a hold.",
        )
    return Proposal("T-06", Action.NEXT_STEP, "None or tolerable: the next step may go on.")
