"""Notices, how people want to be reached, and the morning's list as it was."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol
from uuid import UUID

from services.engagement.application.ports.reminders import Shown
from services.engagement.domain.notice import Notice, Preference, Quiet
from services.engagement.domain.notice_wording import Line


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How a person in care may be written to. ``agreed`` are purposes by channel."""

    email: str | None
    agreed: Mapping[str, tuple[str, ...]]
    quiet: Quiet | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """One attempt to send; kept for ever. ``code`` is the other side's number or our word."""

    notice_id: UUID
    number: int
    channel: str
    at: datetime
    answer: str
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """One colleague's list as it was on one morning."""

    staff_id: UUID
    day: date
    made_at: datetime
    items: Sequence[Mapping[str, Any]]


class Notices(Protocol):
    """What is sent, to whom, and what came of it."""

    async def preferences(self) -> Mapping[UUID, Preference]:
        """Everybody who wants to be told something outside the portal."""
        ...

    async def preference(self, staff_id: UUID) -> Preference | None:
        """One colleague's, until we commit."""
        ...

    async def prefer(self, preference: Preference) -> None:
        """Keep it."""
        ...

    async def told(self, shown: Collection[UUID]) -> Sequence[Shown]:
        """These reminders as notices need them."""
        ...

    async def reachable(self, patients: Collection[UUID]) -> Mapping[UUID, Reach]:
        """Those of these people who left a way to write to them."""
        ...

    async def add(self, notices: Sequence[Notice]) -> None:
        """Plan to send these; one that exists already stays as it is."""
        ...

    async def claim(
        self, now: datetime, real_now: datetime, *, lease_until: datetime, limit: int
    ) -> Sequence[Notice]:
        """Notices whose time has come, urgent ones first and each kept from every other engine
        until the lease ends."""
        ...

    async def about(self, reminder_id: UUID) -> Sequence[Notice]:
        """Every safety notice about this reminder."""
        ...

    async def hold(self, notice_id: UUID) -> Notice | None:
        """One notice, with nobody else deciding about it until we commit."""
        ...

    async def keep(self, notice: Notice) -> None:
        """Store it as it is now."""
        ...

    async def add_try(self, one: Try) -> None:
        """Remember an attempt."""
        ...

    async def tries(self, notice_id: UUID) -> int:
        """How many attempts there were."""
        ...

    async def lines(self, reminders: Collection[UUID]) -> Sequence[Line]:
        """Those of these reminders that are open, as a notice may speak of them."""
        ...

    async def of_staff(
        self, staff_id: UUID, *, limit: int, after: tuple[datetime, UUID] | None = None
    ) -> Sequence[Notice]:
        """What was sent to one colleague, latest first."""
        ...

    async def unsent(
        self, teams: Collection[str], *, limit: int, after: tuple[datetime, UUID] | None = None
    ) -> Sequence[Notice]:
        """What could not be sent to the people of these teams, latest first."""
        ...

    async def digest(self, staff_id: UUID, day: date) -> Digest | None:
        """The list of that morning."""
        ...

    async def without_digest(self, day: date) -> Sequence[UUID]:
        """Whose list of this morning was not kept yet."""
        ...

    async def forget_ended(self, before: datetime, *, limit: int) -> int:
        """Delete messages that ended before that, with their attempts, the oldest first."""
        ...

    async def forget_digests(self, before: date) -> int:
        """Delete the lists of mornings before that day; how many there were."""
        ...

    async def keep_digest(self, digest: Digest) -> bool:
        """Keep it; False when another engine has."""
        ...
