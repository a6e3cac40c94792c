"""Who is away and who looks after their people."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Protocol
from uuid import UUID

from services.engagement.domain.absence import Absence
from services.engagement.domain.team import Away
from shared.events.engagement import StandInState


class Absences(Protocol):
    """Every absence, with what was said about each person."""

    async def put(self, absence: Absence) -> None:
        """Keep it as it is now."""
        ...

    async def find(self, absence_id: UUID) -> Absence | None:
        """One absence, with nobody else deciding about it until we commit."""
        ...

    async def of(self, people: Sequence[UUID], *, until: date) -> Sequence[Absence]:
        """Absences of these colleagues, or covered by them, that end on that day or later."""
        ...

    async def away(self, patient_id: UUID, *, on: date) -> Mapping[UUID, Away]:
        """Who is away on that day, since when, and who said yes to this patient."""
        ...

    async def let_in(self, state: StandInState) -> None:
        """From now on the one who said yes may see those people, on those days."""
        ...

    async def unfollowed(self, on: date) -> Sequence[UUID]:
        """Absences that began or ended without the lists having followed yet."""
        ...
