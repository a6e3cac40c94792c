"""Store what was decided about reminders, and say so to the others and to the audit trail."""

from services.engagement.application.ports import Announced, Work
from services.engagement.domain.change import Changes, What
from shared.events import engagement as facts


async def record(work: Work, changes: Changes) -> None:
    """Save the rows; one fact or one audit entry for each change a person may ask about.

    Rungs that nobody has seen follow their reminder and leave no trace of their own.
    """
    await work.reminders.save(changes)
    for row, what in changes:
        announce(work, row, what)


def announce(work: Work, row: Announced, what: What) -> None:
    """Publish the fact of this change, or audit it when no other service needs it."""
    fact = _fact(row, what)
    if row.level > 0 and row.visible_at is None:
        return
    if fact is None:
        work.audit(
            f"reminder.{what}",
            object=f"reminder:{row.reminder_id}",
            subject=row.patient_id,
            version=row.version,
        )
        return
    work.publish(
        fact,
        subject=row.patient_id,
        aggregate=f"reminder:{row.reminder_id}",
        version=row.version,
    )


def _fact(row: Announced, what: What) -> facts.ReminderFact | None:
    state = state_of(row)
    match what:
        case What.SHOWN if row.level == 0:
            return facts.ReminderMadeVisible(reminder=state)
        case What.SHOWN | What.ESCALATED:
            return facts.ReminderEscalated(reminder=state)
        case What.ACKNOWLEDGED:
            return facts.ReminderAcknowledged(reminder=state)
        case What.DONE:
            return facts.ReminderDone(reminder=state)
        case What.CANCELLED:
            return facts.ReminderCancelled(reminder=state)
        case _:
            return None


def state_of(row: Announced) -> facts.ReminderState:
    """The reminder as other services see it: ids and codes, no words."""
    return facts.ReminderState(
        reminder_id=row.reminder_id,
        patient_id=row.patient_id,
        subject_kind=row.key.subject_kind,
        subject_id=row.key.subject_id,
        subject_version=row.key.subject_version,
        ordinal=row.key.ordinal,
        kind=row.key.kind,
        level=row.level,
        state=row.state.value,
        due_at=row.due_at,
        visible_at=row.visible_at,
        reason=row.reason,
    )
