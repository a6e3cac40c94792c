"""Who is on call for which team, and when."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from services.engagement.domain.on_call import Shift
from shared.events.engagement import StandInState


class Rota(Protocol):
    """Every time on call, past and to come."""

    async def hold(self, team: str) -> None:
        """Nobody else changes this team's rota until we commit."""
        ...

    async def put(self, shift: Shift) -> None:
        """Keep it as it is now."""
        ...

    async def find(self, shift_id: UUID) -> Shift | None:
        """One of them."""
        ...

    async def between(
        self, from_at: datetime, until_at: datetime, teams: Collection[str] | None = None
    ) -> Sequence[Shift]:
        """Those that touch this time and were not taken back, in order; of these teams or all."""
        ...

    async def to_follow(self, now: datetime) -> Sequence[Shift]:
        """Those that began or were taken back, and whose end nobody has followed yet."""
        ...

    async def waiting(self, team: str, *, shown_before: datetime) -> Sequence[UUID]:
        """Rungs on call of this team's people that were shown by then and are still open."""
        ...

    async def let_in(self, state: StandInState) -> None:
        """From now on whoever is on call may see that team's people, at that time."""
        ...
