"""Somebody worked on a reminder: what came of it drives what happens next."""

from datetime import datetime
from uuid import UUID

from services.engagement.application.act import in_hand, keep
from services.engagement.application.plan_notices import plan_notices
from services.engagement.application.ports import Work
from services.engagement.domain import acts
from services.engagement.domain.acts import Act
from services.engagement.domain.change import Changes, What
from services.engagement.domain.ladder import Item, Setting
from services.engagement.domain.rules import Rules


async def record_outcome(
    work: Work,
    *,
    reminder_id: UUID,
    seen_version: int,
    by: UUID,
    act: Act,
    at: datetime | None,
    to: UUID | None,
    note: str | None,
    rules: Rules,
    now: datetime,
    real_now: datetime,
) -> bool:
    """Apply the outcome; whether the next person was told by it, outside of the list too where
    they want that. ``at`` goes with call-back and reschedule, ``to`` with hand-over.

    Raises:
        Refusal: it cannot be done here and now.
    """
    item, setting = await in_hand(
        work, reminder_id=reminder_id, seen_version=seen_version, rules=rules, now=now
    )
    earlier = 0 if at is None else await work.attempts.deferrals(item.owner.reminder_id)
    changes = _follow(act, item, setting, now, at=at, to=to, by=by, earlier=earlier)
    await keep(work, changes, item=item, act=act, by=by, now=now, until=at, to=to, note=note)
    passed_on = [row.reminder_id for row, what in changes if what is What.ESCALATED]
    told = await work.notices.told(passed_on)
    await plan_notices(work, told, rules=rules, now=now, real_now=real_now)
    return bool(told)


def _follow(
    act: Act,
    item: Item,
    setting: Setting,
    now: datetime,
    *,
    at: datetime | None,
    to: UUID | None,
    by: UUID,
    earlier: int,
) -> Changes:
    match act:
        case Act.DONE:
            return acts.complete(item, setting, now)
        case Act.NO_ANSWER:
            return acts.no_answer(item, setting, now)
        case Act.CALL_BACK | Act.RESCHEDULE if at is not None:
            return acts.defer(item, at, setting, now, act=act, field="at", by=by, earlier=earlier)
        case Act.REFUSED:
            return acts.refuse(item, setting, now)
        case Act.ESCALATE:
            return acts.escalate(item, setting, now)
        case Act.HAND_OVER if to is not None:
            return acts.hand_over(item, to, setting, now)
        case _:
            raise ValueError(f"{act} lacks what it needs")
