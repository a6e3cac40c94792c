"""Look again whether everybody has the reminders they are owed, a few people at a time.

Events keep them right; this finds what an error, an edited row, a new zone table or a new
holiday has made wrong. It mends it and counts what was missing.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.engagement.application.ports import Work
from services.engagement.application.replan import replan
from services.engagement.domain.change import What
from services.engagement.domain.rules import Rules


@dataclass(frozen=True, slots=True)
class Recount:
    """``last`` is where to go on, None at the end. ``lost`` reminders should have existed and did
    not; ``mended`` counts them and whatever else was changed."""

    last: UUID | None
    looked_at: int
    mended: int
    lost: int


async def recount(
    work: Work, *, after: UUID | None, limit: int, rules: Rules, now: datetime
) -> Recount:
    """Recount the next people after this one."""
    people = await work.patients.after(after, limit=limit)
    mended = lost = 0
    for patient_id in people:
        changes = await replan(work, patient_id=patient_id, rules=rules, now=now)
        missing = [row for row, what in changes if what is What.PLANNED and row.version == 1]
        missing = [row for row in missing if row.level == 0]
        await work.reminders.add_lost(missing, now)
        mended += len(changes)
        lost += len(missing)
    last = people[-1] if len(people) == limit else None
    return Recount(last=last, looked_at=len(people), mended=mended, lost=lost)
