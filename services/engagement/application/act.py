"""What every act on a reminder has in common: find it, check the version seen, record it."""

from datetime import datetime
from uuid import UUID

from services.engagement.application.ports import Attempt, Work
from services.engagement.application.record import record
from services.engagement.application.surroundings import staffing
from services.engagement.domain.change import Changes
from services.engagement.domain.errors import ReminderClosed, StaleVersion, UnknownReminder
from services.engagement.domain.ladder import Item, Setting
from services.engagement.domain.rules import Rules


async def in_hand(
    work: Work, *, reminder_id: UUID, seen_version: int, rules: Rules, now: datetime
) -> tuple[Item, Setting]:
    """The reminder and its surroundings, with nobody else deciding about it until we commit.

    Raises:
        UnknownReminder, StaleVersion: there is none, or it is not what was seen.
        ReminderClosed: it is a rung that has been replaced by a later one.
    """
    patient_id = await work.reminders.patient_of(reminder_id)
    if patient_id is None:
        raise UnknownReminder
    patient = await work.patients.hold(patient_id)
    item = await work.reminders.item(reminder_id)
    if item is None:
        raise UnknownReminder
    rows = (item.owner, *item.rungs)
    row = next((row for row in rows if row.reminder_id == reminder_id), None)
    if row is None:
        raise ReminderClosed
    if row.version != seen_version:
        raise StaleVersion
    return item, rules.setting(await staffing(work, patient, rules=rules, now=now))


async def keep(
    work: Work,
    changes: Changes,
    *,
    item: Item,
    act: str,
    by: UUID,
    now: datetime,
    meaning: str | None = None,
    until: datetime | None = None,
    to: UUID | None = None,
    note: str | None = None,
) -> None:
    """Record what changed and who did what."""
    await record(work, changes)
    attempt = Attempt(
        attempt_id=work.new_id(),
        reminder_id=item.owner.reminder_id,
        patient_id=item.owner.patient_id,
        act=act,
        by=by,
        at=now,
        meaning=meaning,
        until=until,
        to=to,
        note=note,
    )
    await work.attempts.add(attempt)
    work.audit(
        f"reminder.{act}",
        object=f"reminder:{item.owner.reminder_id}",
        subject=item.owner.patient_id,
        reason=meaning,
    )
