"""Who works at the demo clinic."""

from dataclasses import dataclass
from uuid import UUID

from shared.api.identity import Role
from shared.demo import demo_id

TEAM = "harbour"


@dataclass(frozen=True, slots=True)
class DemoStaff:
    """One account. All demo accounts share one password, drawn when the demo is first seeded."""

    username: str
    display_name: str
    role: Role
    teams: tuple[str, ...] = (TEAM,)

    @property
    def staff_id(self) -> UUID:
        return demo_id("staff", self.username)


STAFF = (
    DemoStaff("amara", "Dr Amara Okafor", Role.PRESCRIBER),
    DemoStaff("jonas", "Dr Jonas Lindqvist", Role.PRESCRIBER),
    DemoStaff("nell", "Nell Hughes", Role.NURSE),
    DemoStaff("tomas", "Tomas Reyes", Role.NURSE),
    DemoStaff("lena", "Lena Fischer", Role.LEAD),
    DemoStaff("femi", "Femi Adeyemi", Role.FACILITATOR),
    DemoStaff("oona", "Oona Virtanen", Role.OPERATIONS, teams=()),
    DemoStaff("arun", "Arun Nair", Role.AUDITOR, teams=()),
)


def staff_id(username: str) -> UUID:
    """The id of one member of the demo staff.

    Raises:
        KeyError: nobody has that username.
    """
    return {member.username: member.staff_id for member in STAFF}[username]
