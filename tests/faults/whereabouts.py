"""Where everything that the drill caused is: arrived, still on the way, parked, or nowhere.

On the way is what a later look will find further on: unsent in an outbox, not acknowledged in the
broker, or a reminder that is planned and due. Lost is what none of these places holds. Nothing is
called lost because somebody stopped waiting for it.
"""

from collections.abc import Mapping, Set
from dataclasses import dataclass
from enum import IntEnum


class Verdict(IntEnum):
    """The drill's exit code; 2 is what the command line gives when it refuses to begin."""

    EXACT = 0
    WRONG = 1
    """Something was lost, doubled, early or parked, or an audit trail does not verify."""
    UNFINISHED = 3
    """Nothing is wrong as far as it went, but not everything had arrived when the wait ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What one look found, read in this order, from sender to receiver.

    An event moves in the same order, so one that was published at the first reading and has no
    effect at the last was with the broker in between: ``with_broker`` is at least their number.
    """

    accepted: Set[str]
    """Flags the door said yes to."""
    kept: Mapping[str, bool]
    """Flags assessment has, and whether the fact of each is published."""
    with_broker: int | None
    """Events engagement's consumer has not acknowledged; None when no broker could say."""
    parked: Set[str]
    """Flags whose event engagement set aside for a person."""
    owed: Set[str]
    """Flags engagement has an obligation for."""
    due: int
    """Reminders whose time has come."""
    visible: int
    """Those of them that were shown."""
    planned: int
    """Those of them that wait for the engine's next tick."""


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Each flag and each due reminder, by where it is."""

    arrived: int
    unsent: int
    with_broker: int
    planned: int
    parked: int
    lost: int

    @classmethod
    def of(cls, seen: Seen) -> "Whereabouts":
        """Sort what one look found."""
        missing = [flag for flag in seen.accepted & seen.kept.keys() if flag not in seen.owed]
        parked = [flag for flag in missing if flag in seen.parked]
        unsent = [flag for flag in missing if not seen.kept[flag] and flag not in seen.parked]
        sent = len(missing) - len(parked) - len(unsent)
        with_broker = sent if seen.with_broker is None else min(sent, seen.with_broker)
        return cls(
            arrived=len(seen.accepted & seen.owed) + seen.visible,
            unsent=len(unsent),
            with_broker=with_broker,
            planned=seen.planned,
            parked=len(parked),
            lost=len(seen.accepted - seen.kept.keys())
            + (sent - with_broker)
            + (seen.due - seen.visible - seen.planned),
        )

    @property
    def on_the_way(self) -> int:
        """What a later look will find further on."""
        return self.unsent + self.with_broker + self.planned


@dataclass(slots=True)
class Patience:
    """Waits as long as things arrive, and never longer than ``most_s``.

    ``still_s`` without an arrival is enough: longer than the broker takes to offer again what a
    killed reader had in hand (30 s) and than the longest pause between two tries (60 s).
    """

    still_s: float = 120.0
    most_s: float = 1800.0
    _began: float | None = None
    _arrived: int = -1
    _arrived_at: float = 0.0

    def is_over(self, found: Whereabouts, *, at_s: float) -> bool:
        """Whether a look at this moment was the last: all is there, or waiting helps no more."""
        if self._began is None:
            self._began = at_s
        if found.arrived > self._arrived:
            self._arrived, self._arrived_at = found.arrived, at_s
        if not found.on_the_way:
            return True
        return at_s - self._arrived_at >= self.still_s or at_s - self._began >= self.most_s
