"""What people do about a reminder, and what follows from it."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from services.engagement.domain import ladder, reminder
from services.engagement.domain.change import Change, Changes, What
from services.engagement.domain.errors import (
    CannotWait,
    ClosedElsewhere,
    DeferralInThePast,
    DeferralNeedsLead,
    DeferralTooLong,
    LadderExhausted,
    NotYetDue,
    ReminderClosed,
    UnknownColleague,
)
from services.engagement.domain.kind import ClosedBy, Group, Kind
from services.engagement.domain.ladder import Item, Setting
from services.engagement.domain.obligation import Acknowledgement
from services.engagement.domain.reconcile import answered, finished
from services.engagement.domain.reminder import Reminder
from services.engagement.domain.working_days import after_working_time


class Act(StrEnum):
    """The things a person may do."""

    ACKNOWLEDGE = "acknowledge"
    DONE = "done"
    NO_ANSWER = "no-answer"
    CALL_BACK = "call-back"
    REFUSED = "refused"
    RESCHEDULE = "reschedule"
    ESCALATE = "escalate"
    HAND_OVER = "hand-over"


_PUTS_OFF = frozenset({Act.NO_ANSWER, Act.CALL_BACK, Act.RESCHEDULE})


def possible(item: Item, kind: Kind, now: datetime) -> tuple[Act, ...]:
    """What may be done now, in the order it is offered."""
    if not item.owner.is_open or not _is_at_hand(item.owner, now):
        return ()
    return tuple(act for act in Act if _fits(act, kind))


def acknowledge(item: Item, answer: Acknowledgement, setting: Setting) -> Changes:
    """A person takes it in hand, which stops its ladder.

    Raises:
        ReminderClosed, NotYetDue, ClosedElsewhere: it cannot be acknowledged here and now.
    """
    _check(Act.ACKNOWLEDGE, item.owner, setting, answer.at)
    return answered(item, answer)


def complete(item: Item, setting: Setting, now: datetime) -> Changes:
    """It is done, where no other service's record says so.

    Raises:
        ClosedElsewhere: the record of another service closes it.
    """
    _check(Act.DONE, item.owner, setting, now)
    return finished(item, now)


def defer(
    item: Item,
    until: datetime,
    setting: Setting,
    now: datetime,
    *,
    act: Act,
    field: str,
    by: UUID,
    earlier: int,
) -> Changes:
    """Put the same reminder off; its ladder goes on from the new time, and who was told stays told.

    ``earlier`` is how often somebody has put it off before.

    Raises:
        DeferralInThePast, DeferralTooLong, DeferralNeedsLead: names ``field``.
        CannotWait: it is about somebody's safety.
    """
    _check(act, item.owner, setting, now)
    if earlier >= setting.patience.deferrals_without_lead and not setting.staffing.leads(by):
        raise DeferralNeedsLead(field)
    if until <= now:
        raise DeferralInThePast(field)
    if until - now > setting.patience.longest_deferral:
        raise DeferralTooLong(field)
    return _put_off(item, item.owner, until, setting, now)


def no_answer(item: Item, setting: Setting, now: datetime) -> Changes:
    """Try again later; after the last try the next person hears of it."""
    _check(Act.NO_ANSWER, item.owner, setting, now)
    tried = reminder.tried(item.owner)
    retries = setting.patience.retries
    if tried.attempts > len(retries):
        return (Change(tried, What.ATTEMPTED), *_climbed_if_possible(item, setting, now))
    latest = now + setting.patience.longest_deferral
    next_try = after_working_time(now, retries[tried.attempts - 1], setting.hours)
    later = _put_off(item, tried, min(next_try, latest), setting, now)
    return (Change(tried, What.ATTEMPTED), *later)


def refuse(item: Item, setting: Setting, now: datetime) -> Changes:
    """The person does not want it; somebody above has to decide what that means."""
    _check(Act.REFUSED, item.owner, setting, now)
    tried = reminder.tried(item.owner)
    return (Change(tried, What.ATTEMPTED), *_climbed_if_possible(item, setting, now))


def escalate(item: Item, setting: Setting, now: datetime) -> Changes:
    """Tell the next person on the ladder now.

    Raises:
        LadderExhausted: everybody was told already.
    """
    _check(Act.ESCALATE, item.owner, setting, now)
    touched = reminder.touched(item.owner)
    return (Change(touched, What.ATTEMPTED), *ladder.climbed(item, setting, now))


def hand_over(item: Item, to: UUID, setting: Setting, now: datetime) -> Changes:
    """Give it to a colleague of the person's team.

    Raises:
        UnknownColleague: nobody of that id works there.
    """
    _check(Act.HAND_OVER, item.owner, setting, now)
    if not setting.staffing.works_here(to):
        raise UnknownColleague
    row = reminder.assigned(item.owner, owner_id=to, by_hand=True)
    return (Change(row, What.ASSIGNED), *ladder.retimed(Item(row, item.rungs), setting))


def _put_off(
    item: Item, row: Reminder, until: datetime, setting: Setting, now: datetime
) -> Changes:
    moved = reminder.put_off(row, until, now)
    return (Change(moved, What.MOVED), *ladder.postponed(Item(moved, item.rungs), setting))


def _climbed_if_possible(item: Item, setting: Setting, now: datetime) -> Changes:
    try:
        return ladder.climbed(item, setting, now)
    except LadderExhausted:
        return ()


def _check(act: Act, row: Reminder, setting: Setting, now: datetime) -> None:
    if not row.is_open:
        raise ReminderClosed
    if not _is_at_hand(row, now):
        raise NotYetDue
    kind = setting.kind_of(row)
    if _fits(act, kind):
        return
    if act in _PUTS_OFF:
        raise CannotWait
    raise ClosedElsewhere


def _is_at_hand(row: Reminder, now: datetime) -> bool:
    """Due, or put off by a person who may well come back to it earlier."""
    return row.due_at <= now or row.is_put_off


def _fits(act: Act, kind: Kind) -> bool:
    """A flag is answered where it is kept, and is never put off."""
    if act is Act.DONE:
        return kind.closed_by is ClosedBy.ENGAGEMENT
    if kind.group is Group.SAFETY:
        return act in {Act.ESCALATE, Act.HAND_OVER}
    return True
