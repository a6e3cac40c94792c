"""Facts the engagement service owns: reminders and what people did about them."""

from typing import ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime

from shared.events.envelope import Fact, Payload


class ReminderState(Payload):
    """One obligation at one escalation level, by its unique key. Holds no clinical text."""

    reminder_id: UUID
    patient_id: UUID
    subject_kind: str
    subject_id: UUID
    subject_version: int
    ordinal: int
    kind: str
    level: int
    state: Literal["planned", "visible", "acknowledged", "done", "cancelled"]
    due_at: AwareDatetime
    visible_at: AwareDatetime | None = None
    reason: str | None = None


class ReminderFact(Fact):
    """Aggregate ``reminder:<reminder_id>``."""

    reminder: ReminderState


class ReminderMadeVisible(ReminderFact):
    TYPE: ClassVar[str] = "care.engagement.reminder.made-visible.v1"


class ReminderAcknowledged(ReminderFact):
    TYPE: ClassVar[str] = "care.engagement.reminder.acknowledged.v1"


class ReminderEscalated(ReminderFact):
    TYPE: ClassVar[str] = "care.engagement.reminder.escalated.v1"


class ReminderDone(ReminderFact):
    TYPE: ClassVar[str] = "care.engagement.reminder.done.v1"


class ReminderCancelled(ReminderFact):
    TYPE: ClassVar[str] = "care.engagement.reminder.cancelled.v1"
