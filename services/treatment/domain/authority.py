"""Which role may make which move. Roles are the words of the tokens."""

from collections.abc import Mapping

from services.treatment.domain import reviews as looks
from services.treatment.domain.course import Course, Ending, LeavingStep, looks_owed
from services.treatment.domain.live_taper import PlanStatus, ScheduledStep, last_taken
from services.treatment.domain.phases import Move, Phase, allowed_moves
from services.treatment.domain.reviews import Review
from services.treatment.domain.surveillance import Look

PRESCRIBER, NURSE, LEAD = "prescriber", "nurse", "lead"
_PRESCRIBER = frozenset({PRESCRIBER})
_AT_THE_BEDSIDE = frozenset({PRESCRIBER, NURSE, LEAD})

WHO: Mapping[Move, frozenset[str]] = {
    Move.CONFIRM: _PRESCRIBER,
    Move.WITHDRAW: _PRESCRIBER,
    Move.CHANGE_DOSE: _PRESCRIBER,
    Move.REVIEW: _AT_THE_BEDSIDE,
    Move.RECORD_REMISSION: _PRESCRIBER,
    Move.RECORD_RELAPSE: _PRESCRIBER,
    Move.DECIDE: _PRESCRIBER,
    Move.RECORD_GAP: _AT_THE_BEDSIDE,
    Move.SUSPEND: _PRESCRIBER,
    Move.PLAN_TAPER: _PRESCRIBER | {NURSE},
    Move.CONFIRM_SUPPLY: _AT_THE_BEDSIDE,
    Move.TAKE_STEP: _AT_THE_BEDSIDE,
    Move.CHECK_IN: _AT_THE_BEDSIDE,
    Move.HOLD: _PRESCRIBER | {NURSE},
    Move.RESUME: _PRESCRIBER,
    Move.STEP_BACK: _PRESCRIBER,
    Move.SWITCH: _PRESCRIBER,
    Move.SWITCH_STEP: _AT_THE_BEDSIDE,
    Move.STAY: _PRESCRIBER,
    Move.SLOW_DOWN: _PRESCRIBER,
    Move.REINSTATE: _PRESCRIBER,
    Move.HARM_STOP: _PRESCRIBER,
    Move.CLOSE: _PRESCRIBER,
}
"""A nurse drafts a plan and holds under the standing order; only a prescriber signs or stops."""


PER_ITEM = frozenset({Move.CONFIRM_SUPPLY, Move.TAKE_STEP, Move.CHECK_IN, Move.SWITCH_STEP})
"""Moves that are offered on a step or a look, not on the course."""

SIGNED = frozenset({Move.STEP_BACK, Move.SLOW_DOWN, Move.REINSTATE})
"""Moves that only a signed proposal makes; a hold within the standing order needs none."""


NOBODY = ""
"""The role that everybody has beside the bed of somebody who is no longer in care."""
_ENDS = frozenset({Move.CLOSE, Move.WITHDRAW})


def actions(course: Course, role: str, *, has_left_care: bool) -> tuple[str, ...]:
    """What this role may do to the course as a whole now; end it, once the person has left."""
    over = course.phase is Phase.STOPPED_WATCH and not looks_owed(course)
    return tuple(
        move.value
        for move in allowed_moves(course.phase)
        if role in WHO[move]
        and move not in PER_ITEM | SIGNED
        and (move in _ENDS or not has_left_care)
        and (move is not Move.RESUME or course.phase is Phase.SUSPENDED)
        and (move is not Move.CLOSE or over or has_left_care)
    )


def review_actions(course: Course, review: Review, role: str) -> tuple[str, ...]:
    """Whether this role may record this review."""
    may = review.done_at is None and Move.REVIEW in allowed_moves(course.phase)
    if review.kind == looks.SWITCH_STEP:
        return ("switch-step",) if may and role in WHO[Move.SWITCH_STEP] else ()
    if review.kind in looks.PRESCRIBERS_OWN and role != "prescriber":
        return ()
    return ("review",) if may and role in WHO[Move.REVIEW] else ()


def step_actions(course: Course, step: ScheduledStep, role: str) -> tuple[str, ...]:
    """What this role may do with one scheduled step now."""
    moves = allowed_moves(course.phase)
    is_last = course.taper is not None and step.ordinal == course.taper.last.ordinal
    offers = (
        (Move.CONFIRM_SUPPLY, "supply", step.supply_confirmed_at is None),
        (
            Move.TAKE_STEP,
            "taken",
            step.supply_confirmed_at is not None and step.taken_at is None,
        ),
        (
            Move.CHECK_IN,
            "check-in-early",
            step.check_in_early_on is not None and step.early_check_in_at is None,
        ),
        (Move.CHECK_IN, "check-in-gate", step.waits_at_gate),
        (Move.CHECK_IN, "check-in-unscheduled", is_last),
    )
    live = course.taper is not None and course.taper.status in {
        PlanStatus.SIGNED,
        PlanStatus.ACTIVE,
        PlanStatus.HOLD,
    }
    return tuple(
        name
        for move, name, is_open in offers
        if live and is_open and move in moves and role in WHO[move]
    )


def leaving_actions(course: Course, step: LeavingStep, role: str) -> tuple[str, ...]:
    """Whether this role may record this step out of the old drug of a switch."""
    waiting = [one.ordinal for one in course.leaving if one.taken_on is None]
    is_next = bool(waiting) and step.ordinal == waiting[0]
    may = is_next and course.phase is Phase.SWITCHING_OUT and role in WHO[Move.SWITCH_STEP]
    return ("switch-step",) if may else ()


def look_actions(course: Course, look: Look, role: str) -> tuple[str, ...]:
    """Whether this role may record this look after the last dose."""
    may = look.done_at is None and course.phase is Phase.STOPPED_WATCH
    return ("check-in-surveillance",) if may and role in WHO[Move.CHECK_IN] else ()


def proposals(course: Course, role: str) -> tuple[str, ...]:
    """Which new versions of the plan this role may propose now."""
    if role not in WHO[Move.HOLD]:
        return ()
    taper = course.taper
    cut = last_taken(taper) if taper else None
    may_go_back = cut is not None and cut.previous.mg > cut.dose.mg
    offers = (
        (Move.HOLD, True),
        (Move.RESUME, course.phase is Phase.TAPER_HOLD),
        (Move.STEP_BACK, may_go_back),
        (Move.SLOW_DOWN, cut is not None),
        (Move.REINSTATE, course.ending is Ending.TAPERED and taper is not None),
    )
    moves = allowed_moves(course.phase)
    return tuple(move.value for move, is_open in offers if is_open and move in moves)
