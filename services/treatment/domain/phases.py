"""The phases of a course and the moves each allows (evidence pack 2.2).

No phase and no expiry ends a drug: a drug ends by a taper's last step, by a fast stop with a
recorded harm, by the signed steps of a switch with its successor running, or with the record when
the person has left care.
"""

from collections.abc import Mapping
from enum import StrEnum

from services.treatment.domain.errors import IllegalMove


class Phase(StrEnum):
    DRAFT = "draft"
    WITHDRAWN = "withdrawn"
    TITRATION = "titration"
    ACUTE = "acute"
    RESPONDED = "responded"
    CONTINUATION = "continuation"
    MAINTENANCE = "maintenance"
    TAPER_PLANNED = "taper-planned"
    TAPER_ACTIVE = "taper-active"
    TAPER_HOLD = "taper-hold"
    STEP_BACK = "step-back"
    SUSPENDED = "suspended"
    SWITCHING_OUT = "switching-out"
    SWITCHED = "switched"
    STOPPED_WATCH = "stopped-watch"
    CLOSED = "closed"


class Move(StrEnum):
    """What can be done to a course; the words are the last parts of the routes."""

    CONFIRM = "confirm"
    WITHDRAW = "withdraw"
    CHANGE_DOSE = "dose-changes"
    REVIEW = "reviews"
    RECORD_REMISSION = "remission"
    RECORD_RELAPSE = "relapse"
    DECIDE = "decision"
    RECORD_GAP = "adherence-gaps"
    SUSPEND = "suspend"
    PLAN_TAPER = "taper-plans"
    CONFIRM_SUPPLY = "supply"
    TAKE_STEP = "taken"
    CHECK_IN = "check-ins"
    HOLD = "hold"
    RESUME = "resume"
    STEP_BACK = "step-back"
    SWITCH = "switches"
    SWITCH_STEP = "switch-steps"
    STAY = "stay"
    SLOW_DOWN = "slow-down"
    REINSTATE = "reinstate"
    HARM_STOP = "harm-stop"
    CLOSE = "close"


BEFORE_REMISSION = frozenset({Phase.TITRATION, Phase.ACUTE, Phase.RESPONDED})
STEADY = BEFORE_REMISSION | {Phase.CONTINUATION, Phase.MAINTENANCE}
TAPERING = frozenset({Phase.TAPER_PLANNED, Phase.TAPER_ACTIVE, Phase.TAPER_HOLD, Phase.STEP_BACK})
TAKING = STEADY | TAPERING | {Phase.SUSPENDED}
"""The person takes the drug: one such course per patient, guaranteed by the database."""

ON_DRUG = TAKING | {Phase.SWITCHING_OUT}
"""The drug is still swallowed. A course that is being left is no second active one: its
successor is, and the two name each other."""

ENDED = frozenset({Phase.WITHDRAWN, Phase.SWITCHED, Phase.CLOSED})

ALLOWED: Mapping[Move, frozenset[Phase]] = {
    Move.CONFIRM: frozenset({Phase.DRAFT}),
    Move.WITHDRAW: frozenset({Phase.DRAFT}),
    Move.CHANGE_DOSE: STEADY,
    Move.REVIEW: ON_DRUG | {Phase.STOPPED_WATCH},
    Move.RECORD_REMISSION: BEFORE_REMISSION,
    Move.RECORD_RELAPSE: frozenset({Phase.CONTINUATION, Phase.MAINTENANCE, Phase.STOPPED_WATCH})
    | TAPERING,
    Move.DECIDE: frozenset({Phase.CONTINUATION, Phase.MAINTENANCE}),
    Move.RECORD_GAP: STEADY,
    Move.SUSPEND: STEADY | TAPERING,
    Move.PLAN_TAPER: STEADY | {Phase.STEP_BACK},
    Move.CONFIRM_SUPPLY: frozenset({Phase.TAPER_PLANNED, Phase.TAPER_ACTIVE, Phase.TAPER_HOLD}),
    Move.TAKE_STEP: frozenset({Phase.TAPER_PLANNED, Phase.TAPER_ACTIVE, Phase.TAPER_HOLD}),
    Move.CHECK_IN: TAPERING | {Phase.SUSPENDED, Phase.STOPPED_WATCH},
    Move.HOLD: frozenset({Phase.TAPER_PLANNED, Phase.TAPER_ACTIVE, Phase.TAPER_HOLD}),
    Move.RESUME: frozenset({Phase.SUSPENDED, Phase.TAPER_HOLD}),
    Move.STEP_BACK: frozenset({Phase.TAPER_ACTIVE, Phase.TAPER_HOLD}),
    Move.SWITCH: STEADY,
    Move.SWITCH_STEP: frozenset({Phase.SWITCHING_OUT}),
    Move.STAY: frozenset({Phase.SWITCHING_OUT}),
    Move.SLOW_DOWN: frozenset({Phase.TAPER_ACTIVE, Phase.TAPER_HOLD}),
    Move.REINSTATE: frozenset({Phase.STOPPED_WATCH}),
    Move.HARM_STOP: ON_DRUG,
    Move.CLOSE: ON_DRUG | {Phase.STOPPED_WATCH},
}


def allowed_moves(phase: Phase) -> tuple[Move, ...]:
    """What may be done in this phase, in the order of the life of a course."""
    return tuple(move for move in Move if phase in ALLOWED[move])


def require(move: Move, phase: Phase) -> None:
    """Refuse a move the phase does not allow.

    Raises:
        IllegalMove: naming the moves that are allowed.
    """
    if phase in ALLOWED[move]:
        return
    options = ", ".join(allowed_moves(phase)) or "nothing more"
    raise IllegalMove(f"A course in phase {phase} does not allow {move}; it allows {options}.")
