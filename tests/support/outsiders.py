"""Everybody who has no way to the one person of a ward: most of them had one a moment ago.

Each of these relations is tried while it holds, so that what is refused later is refused because
it ended, and not because it was never one.
"""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import MetaData, delete, insert, update

from shared.api.identity import Role
from shared.runtime import standing
from shared.runtime.access import Relation
from shared.runtime.auth import issue_access_token
from shared.runtime.db import Transaction
from shared.runtime.tables import applied
from tests.support.callers import KEY
from tests.support.matrix import ELSEWHERE, TEAM, Ward

CLINICIANS = (Role.PRESCRIBER, Role.NURSE, Role.LEAD, Role.FACILITATOR)
STRANGER = "stranger"
CARED = "left the care team"
CLOSED = "account closed, token kept"
HOUR = timedelta(hours=1)
SOMEBODY = str(UUID(int=0xBAD))
"""Another person, and another colleague: nobody here knows them."""
_TRIED = "/api/v1/patients/{patient_id}/timeline"


@dataclass(frozen=True, slots=True)
class Ended:
    """A way to the person that is over, or that leads to somebody else."""

    kind: Relation
    began: timedelta
    ends: timedelta
    about: str | None = None


ENDED = {
    "cover is over": Ended(Relation.COVERING, -2 * HOUR, -HOUR),
    "cover has not begun": Ended(Relation.COVERING, HOUR, 2 * HOUR),
    "covers somebody else": Ended(Relation.COVERING, -HOUR, HOUR, SOMEBODY),
    "off duty": Ended(Relation.ON_CALL, -2 * HOUR, -HOUR),
    "on duty later": Ended(Relation.ON_CALL, HOUR, 2 * HOUR),
    "on call for another team": Ended(Relation.ON_CALL, -HOUR, HOUR, ELSEWHERE),
    "emergency is over": Ended(Relation.BREAK_GLASS, -2 * HOUR, -HOUR),
    "emergency of somebody else": Ended(Relation.BREAK_GLASS, -HOUR, HOUR, SOMEBODY),
}
NAMES = (STRANGER, CARED, CLOSED, *ENDED)


@dataclass(frozen=True, slots=True)
class Outsider:
    """Somebody who may no longer, or never could."""

    name: str
    role: Role
    token: str

    @property
    def refused(self) -> int:
        """How a request for the person is answered."""
        return 401 if self.name == CLOSED else 404


async def outsiders(ward: Ward, metadata: MetaData) -> list[Outsider]:
    """One in each role for each of ``NAMES``; each but the strangers was let in first."""
    found = [
        Outsider(name, role, _token(ward, name, role, number))
        for number, (name, role) in enumerate((n, r) for n in NAMES for r in CLINICIANS)
    ]
    for live in (True, False):
        async with ward.db.housekeeping() as tx:
            for number, one in enumerate(found):
                await _place(tx, ward, metadata, one, number, live=live)
        for one in found:
            outcome = await ward.ask(one.token, "GET", _TRIED)
            if live and one.name != STRANGER:
                assert outcome.status in {200, 403}, (one, outcome)
                assert outcome.refused in {None, "role"}, (one, outcome)
            elif outcome.refused != "role":
                assert outcome.status == one.refused, (one, outcome)
    return found


def _staff_id(number: int) -> UUID:
    return UUID(int=0xEEEE0000 + number)


def _token(ward: Ward, name: str, role: Role, number: int) -> str:
    return issue_access_token(
        KEY,
        staff_id=_staff_id(number),
        role=role,
        teams=(TEAM,) if name == CLOSED else (ELSEWHERE,),
        audience=[ward.service],
        lifetime=timedelta(minutes=30),
    )


async def _place(
    tx: Transaction, ward: Ward, metadata: MetaData, who: Outsider, number: int, *, live: bool
) -> None:
    """Give them their way to the person, or end it."""
    staff_id = _staff_id(number)
    if (ended := ENDED.get(who.name)) is not None:
        way = Ended(ended.kind, -HOUR, HOUR) if live else ended
        await standing.put(
            tx,
            id_=UUID(int=0xDDDD0000 + number),
            staff_id=staff_id,
            kind=way.kind,
            about=way.about or ward.about(way.kind),
            from_at=tx.now + way.began,
            until_at=tx.now + way.ends,
        )
    elif who.name == CARED:
        care_team = metadata.tables["care_team"]
        gone = delete(care_team).where(care_team.c.staff_id == staff_id)
        values = {"patient_id": ward.patient_id, "staff_id": staff_id}
        values |= {name: 100 + number for name in ("place", "position") if name in care_team.c}
        await tx.session.execute(insert(care_team).values(values) if live else gone)
    elif who.name == CLOSED:
        version = 1 if live else 2  # as the inbox notes it when the portal says so
        key = {"aggregate": f"staff:{staff_id}"}
        noted = update(applied).where(applied.c.aggregate == key["aggregate"])
        new = insert(applied).values(key | {"version": version})
        await tx.session.execute(new if live else noted.values(version=version))
