"""Stressors in a person's life: no step of a taper starts close to one (T-22)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class LifeEvent:
    """Something ahead or just past. ``no_step_before`` is what another service asks for."""

    id: UUID
    patient_id: UUID
    kind: str
    on: date
    no_step_before: date | None = None

    def free_from(self, *, days: int) -> date:
        """The first day after it on which a step may start."""
        after = self.on + timedelta(days=days + 1)
        return max(after, self.no_step_before or after)

    def is_near(self, day: date, *, days: int) -> bool:
        """Whether a step on that day would start within ``days`` of it, either side."""
        return self.on - timedelta(days=days) <= day < self.free_from(days=days)


def in_the_way(events: Iterable[LifeEvent], day: date, *, days: int) -> LifeEvent | None:
    """Of the events that a step on that day is too close to, the one that lasts longest."""
    near = [event for event in events if event.is_near(day, days=days)]
    return max(near, key=lambda event: event.free_from(days=days), default=None)
