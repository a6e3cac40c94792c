"""A person takes a reminder in hand."""

from datetime import datetime
from uuid import UUID

from services.engagement.application.act import in_hand, keep
from services.engagement.application.ports import Work
from services.engagement.domain import acts
from services.engagement.domain.obligation import Acknowledgement
from services.engagement.domain.rules import Rules


async def acknowledge_reminder(
    work: Work,
    *,
    reminder_id: UUID,
    seen_version: int,
    by: UUID,
    meaning: str,
    until: datetime | None,
    rules: Rules,
    now: datetime,
) -> None:
    """Stop its ladder; given a new time, put it off until then instead.

    Raises:
        Refusal: it cannot be done here and now.
    """
    item, setting = await in_hand(
        work, reminder_id=reminder_id, seen_version=seen_version, rules=rules, now=now
    )
    if until is None:
        changes = acts.acknowledge(item, Acknowledgement(by, now, meaning), setting)
    else:
        changes = acts.defer(
            item,
            until,
            setting,
            now,
            act=acts.Act.RESCHEDULE,
            field="until",
            by=by,
            earlier=await work.attempts.deferrals(item.owner.reminder_id),
        )
    await keep(
        work,
        changes,
        item=item,
        act=acts.Act.ACKNOWLEDGE,
        by=by,
        now=now,
        meaning=meaning,
        until=until,
    )
