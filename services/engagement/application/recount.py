"""Look again whether everybody has the reminders they are owed, a few people at a time.

Events keep them right; this finds what an error, an edited row, a new zone table or a new
holiday has made wrong. It mends it and counts what was missing.
"""

from datetime import datetime
from uuid import UUID

from services.engagement.application.ports import Work
from services.engagement.application.replan import replan
from services.engagement.domain.change import What
from services.engagement.domain.rules import Rules


async def recount(
    work: Work, *, after: UUID | None, limit: int, rules: Rules, now: datetime
) -> UUID | None:
    """Recount the next people after this one; the last of them, or None at the end."""
    people = await work.patients.after(after, limit=limit)
    for patient_id in people:
        changes = await replan(work, patient_id=patient_id, rules=rules, now=now)
        missing = [row for row, what in changes if what is What.PLANNED and row.version == 1]
        await work.reminders.add_lost([row for row in missing if row.level == 0], now)
    return people[-1] if len(people) == limit else None
