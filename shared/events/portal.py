"""Facts the portal owns: who works here and in which role."""

from typing import ClassVar
from uuid import UUID

from shared.events.envelope import Fact, Payload


class StaffState(Payload):
    """One member of staff. ``teams`` are team codes; ``active`` false means no access at all."""

    staff_id: UUID
    display_name: str
    role: str
    teams: tuple[str, ...]
    active: bool


class StaffFact(Fact):
    """A fact about one member of staff; aggregate ``staff:<staff_id>``."""

    staff: StaffState


class StaffAdded(StaffFact):
    TYPE: ClassVar[str] = "care.portal.staff.added.v1"


class StaffRoleChanged(StaffFact):
    TYPE: ClassVar[str] = "care.portal.staff.role-changed.v1"


class StaffDisabled(StaffFact):
    TYPE: ClassVar[str] = "care.portal.staff.disabled.v1"
