"""The tick: what is due becomes visible, once, and is announced."""

from datetime import datetime

from services.engagement.application.plan_notices import plan_notices
from services.engagement.application.ports import Work
from services.engagement.application.record import announce
from services.engagement.domain.change import What
from services.engagement.domain.rules import Rules

BATCH = 500


async def show_due_reminders(
    work: Work, *, rules: Rules, now: datetime, real_now: datetime, limit: int = BATCH
) -> int:
    """Claim a batch of due reminders and announce each; how many there were."""
    shown = await work.reminders.show_due(now, limit=limit)
    for row in shown:
        announce(work, row, What.SHOWN)
    await plan_notices(work, shown, rules=rules, now=now, real_now=real_now)
    return len(shown)
