"""Who works here, who looks after whom, and so to whom an obligation falls."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from uuid import UUID

LEAD = "lead"


class CareStatus(StrEnum):
    """Whether we still look after the person."""

    ACTIVE = "active"
    LEFT_CARE = "left-care"
    DECEASED = "deceased"


@dataclass(frozen=True, slots=True, kw_only=True)
class Colleague:
    """A member of staff."""

    staff_id: UUID
    role: str
    teams: frozenset[str]
    active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """Where a person is in care. ``zone`` is an IANA name.

    An event about somebody's course may come before the person is known: then nobody looks
    after them yet, and what is owed is planned all the same.
    """

    patient_id: UUID
    status: CareStatus
    team: str
    care_team: tuple[UUID, ...]
    zone: str
    messages_stopped: bool = False
    """In care again after an end that was undone, and not to be written to yet."""

    @property
    def in_care(self) -> bool:
        return self.status is CareStatus.ACTIVE


@dataclass(frozen=True, slots=True)
class Away:
    """Since which day somebody is away, and who has said yes to this patient; None is nobody."""

    since: date
    cover: UUID | None


@dataclass(frozen=True, slots=True)
class Staffing:
    """The people around one patient."""

    patient: Patient
    colleagues: Mapping[UUID, Colleague]
    away: Mapping[UUID, Away] = field(default_factory=dict)
    """Who is away today."""

    def owner(
        self, role: str, preferred: UUID | None = None, *, besides: UUID | None = None
    ) -> UUID | None:
        """Who in the care team does this; None when it falls to the whole team.

        The place of somebody who is away is taken only by whoever said yes: nobody is given
        a person without having been asked.
        """
        wanted = (preferred, *self.patient.care_team) if preferred else self.patient.care_team
        found = next((one for one in wanted if one != besides and self._fits(one, role)), None)
        if found is None or found not in self.away:
            return found
        cover = self.away[found].cover
        may = cover is not None and cover != besides and self.works_here(cover)
        return cover if may else None

    def anybody(self, role: str) -> bool:
        """Whether somebody of this role works in the person's team at all."""
        return any(
            one.active and one.role == role and self.patient.team in one.teams
            for one in self.colleagues.values()
        )

    def leads(self, staff_id: UUID) -> bool:
        """Whether this colleague leads those who look after the person."""
        one = self.colleagues.get(staff_id)
        return one is not None and one.active and one.role == LEAD and self._near(one)

    def works_here(self, staff_id: UUID) -> bool:
        """Whether this colleague may be given something of this patient's."""
        return staff_id not in self.away and self.belongs_here(staff_id)

    def belongs_here(self, staff_id: UUID) -> bool:
        """Whether they work in the person's team or care team at all, on leave or not."""
        one = self.colleagues.get(staff_id)
        return one is not None and one.active and self._near(one)

    def _fits(self, staff_id: UUID, role: str) -> bool:
        one = self.colleagues.get(staff_id)
        return one is not None and one.active and one.role == role

    def _near(self, one: Colleague) -> bool:
        return one.staff_id in self.patient.care_team or self.patient.team in one.teams


def by_id(colleagues: Iterable[Colleague]) -> Mapping[UUID, Colleague]:
    """Index colleagues by their id."""
    return {one.staff_id: one for one in colleagues}
