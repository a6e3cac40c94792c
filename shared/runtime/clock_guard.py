"""Noticing a wrong clock before it makes something due too early (reliability.md 2.10).

Three clocks are compared: this machine's wall clock, the time that has really passed since the
process started, and the database's clock. When they disagree, only what is due by all of them is
handled; the rest waits and an operator is told. Nothing is hidden meanwhile: lists are computed
from rows. After a clock was rightly corrected, restarting the service takes the new time as true.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.runtime import clock

SUSPECT = timedelta(seconds=30)
UNREADY = timedelta(minutes=5)
_NONE = timedelta()


@dataclass(slots=True)
class ClockGuard:
    """The disagreement of the clocks at the last comparison."""

    started_at: datetime
    started_s: float
    hold_back: timedelta = _NONE
    """How far the database's clock is ahead of the slowest one; zero unless suspect."""
    disagreement: timedelta = _NONE
    _skew: timedelta = _NONE

    @classmethod
    def start(cls) -> "ClockGuard":
        """Take this moment as true."""
        return cls(started_at=clock.real_now(), started_s=clock.elapsed())

    @property
    def is_suspect(self) -> bool:
        """Whether two clocks differ by more than half a minute."""
        return self.disagreement > SUSPECT

    @property
    def is_ready(self) -> bool:
        """Whether this machine and the database agree to within five minutes."""
        return self._skew <= UNREADY

    def compare(self, database: datetime, *, wall: datetime, elapsed_s: float) -> None:
        """Take one reading of each clock. ``database`` is without the demo clock's offset."""
        counted = self.started_at + timedelta(seconds=elapsed_s - self.started_s)
        readings = (database, wall, counted)
        self._skew = abs(database - wall)
        self.disagreement = max(readings) - min(readings)
        self.hold_back = database - min(readings) if self.is_suspect else _NONE

    def cautious(self, now: datetime) -> datetime:
        """``now`` by the slowest clock, for deciding what is due."""
        return now - self.hold_back
