"""People in care and the people who work here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol
from uuid import UUID

from services.engagement.application.ports.notices import Reach
from services.engagement.domain.team import CareStatus, Colleague, Patient


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Two identifiers for a person, and where they live. The only place with a name."""

    given_name: str
    family_name: str
    birth_date: date
    zone: str
    reach: Reach | None = None
    erased: bool = False
    """The names say that nobody can tell any more."""


class Patients(Protocol):
    """Who is in care, and where."""

    async def hold(self, patient_id: UUID) -> Patient:
        """The person, with nobody else deciding about their reminders until we commit."""
        ...

    async def find(self, patient_id: UUID) -> Patient | None:
        """The person as known now."""
        ...

    async def place(
        self,
        patient_id: UUID,
        *,
        status: CareStatus,
        team: str,
        care_team: tuple[UUID, ...],
        messages_stopped: bool,
    ) -> None:
        """Where the person is in care."""
        ...

    async def identify(self, patient_id: UUID, identity: Identity) -> None:
        """Who the person is."""
        ...

    async def after(self, patient_id: UUID | None, *, limit: int) -> Sequence[UUID]:
        """The next people by id, from the first one when None."""
        ...

    async def around(self, staff_id: UUID) -> Sequence[UUID]:
        """The people this colleague looks after."""
        ...


class Staff(Protocol):
    """Everybody who works here."""

    async def put(self, colleague: Colleague) -> None:
        """Remember this colleague."""
        ...

    async def all(self) -> Mapping[UUID, Colleague]:
        """Everybody, by id."""
        ...
