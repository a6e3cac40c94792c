"""What would move if a person lived in another zone, before anybody says that they do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.engagement.application.ports import Work
from services.engagement.application.replan import owed_to
from services.engagement.application.support_known import support_known
from services.engagement.application.surroundings import staffing
from services.engagement.domain.local_time import zone_named
from services.engagement.domain.reconcile import moves
from services.engagement.domain.reminder import Reminder
from services.engagement.domain.rules import Rules
from services.engagement.domain.team import Patient


@dataclass(frozen=True, slots=True)
class Move:
    """A reminder nobody has seen or put off, and when it would show there."""

    row: Reminder
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Difference:
    """``moves`` in order of their new time; ``unmoved`` open reminders stay where they are."""

    moves: Sequence[Move]
    unmoved: int


async def compare_zones(
    work: Work, *, patient: Patient, zone: str, rules: Rules, now: datetime
) -> Difference:
    """The local day of each obligation stays; the instant of the clinic's time there may not.

    Raises:
        UnknownZone: there is no such zone.
    """
    zone_named(zone)
    around = await staffing(work, patient, rules=rules, now=now)
    known = await support_known(work, patient.patient_id)
    owed = {one.key: one for one in owed_to(patient, known, rules, around, zone=zone)}
    rows = await work.reminders.about(patient.patient_id)
    mine = [row for row in rows if row.level == 0 and row.is_open]
    found = [
        Move(row, owed[row.key].due_at)
        for row in mine
        if row.key in owed and moves(row, owed[row.key])
    ]
    return Difference(
        moves=sorted(found, key=lambda move: (move.due_at, move.row.reminder_id)),
        unmoved=len(mine) - len(found),
    )
