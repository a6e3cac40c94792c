"""Facts the engagement service owns: reminders, programmes, contacts, and what changes a life."""

from datetime import date
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


class ProgrammeState(Payload):
    """One programme of support: facilitated participation, CBT or supported self-help.

    ``kind`` is a code of engagement's programme content. ``facilitator_id`` is None only during a
    gap, which began on ``gap_since``; who works elsewhere now stays named during it.
    ``deputy_gap_since`` is the same of a deputy, where the kind needs one. ``planned_until`` is
    where the default rhythm ends; a programme ends by decision and never on that day. ``contacts``
    and ``minutes`` count what took place. ``serves_course_id`` is the course that is to make
    participation possible (R-22).
    ``reviewed_at`` is when somebody looked at it as a whole, oldest first.
    """

    programme_id: UUID
    patient_id: UUID
    kind: str
    status: Literal["active", "closing-requested", "closed"]
    facilitator_id: UUID | None
    deputy_id: UUID | None
    started_on: date
    planned_until: date
    next_contact_on: date | None = None
    gap_since: date | None = None
    deputy_gap_since: date | None = None
    contacts: int = 0
    minutes: int = 0
    serves_course_id: UUID | None = None
    relapse_plan_on: date | None = None
    closed_on: date | None = None
    closing_reason: str | None = None
    reviewed_at: tuple[AwareDatetime, ...] = ()


class ProgrammeFact(Fact):
    """Aggregate ``programme:<programme_id>``."""

    programme: ProgrammeState


class ProgrammeStarted(ProgrammeFact):
    TYPE: ClassVar[str] = "care.engagement.programme.started.v1"


class ProgrammeChanged(ProgrammeFact):
    """Rhythm, ladder, link, or the request to close it: anything without a fact of its own."""

    TYPE: ClassVar[str] = "care.engagement.programme.changed.v1"


class FacilitatorAssigned(ProgrammeFact):
    TYPE: ClassVar[str] = "care.engagement.programme.facilitator-assigned.v1"


class FacilitationGap(ProgrammeFact):
    """The named facilitator left, or works no longer near the person; nobody has taken their place
    yet (R-33)."""

    TYPE: ClassVar[str] = "care.engagement.programme.facilitation-gap.v1"


class ProgrammeClosed(ProgrammeFact):
    TYPE: ClassVar[str] = "care.engagement.programme.closed.v1"


class ContactState(Payload):
    """One contact with a person, or the attempt at it. Holds no note.

    ``mode`` and ``outcome`` are codes of engagement's contact content; ``outcome`` ``missed``
    means that the person did not come. ``missed_in_a_row`` counts the misses since somebody last
    reached the person, this one included: 0 says that they were reached. ``urgent_because`` names
    why a miss is acted on at once: ``open-flag``, ``taper-step``, ``first-weeks``.
    """

    contact_id: UUID
    patient_id: UUID
    programme_id: UUID | None
    purpose: str
    mode: str
    outcome: str
    at: AwareDatetime
    minutes: int
    by: UUID
    missed_in_a_row: int
    urgent_because: tuple[str, ...] = ()


class ContactFact(Fact):
    """Aggregate ``contact:<contact_id>``."""

    contact: ContactState


class ContactRecorded(ContactFact):
    """Somebody spoke with the person, or tried to."""

    TYPE: ClassVar[str] = "care.engagement.contact.recorded.v1"


class ContactMissed(ContactFact):
    """An agreed contact did not take place and the person had not called it off."""

    TYPE: ClassVar[str] = "care.engagement.contact.missed.v1"


class MotivationState(Payload):
    """The readiness ruler fell by so much, or so low, that somebody should ask (R-34).

    ``because`` holds ``fell`` and ``low``. ``worked_on_at`` is when the person was asked why not
    lower and what would raise it, and a smaller step was agreed.
    """

    patient_id: UUID
    reading_id: UUID
    value: int
    previous: int | None
    measured_on: date
    because: tuple[str, ...]
    contact_by: date
    worked_on_at: AwareDatetime | None = None


class MotivationFact(Fact):
    """Each reading is its own aggregate, ``motivation:<reading_id>``."""

    motivation: MotivationState


class MotivationDropped(MotivationFact):
    TYPE: ClassVar[str] = "care.engagement.motivation.dropped.v1"


class MotivationWorkedOn(MotivationFact):
    TYPE: ClassVar[str] = "care.engagement.motivation.worked-on.v1"


class LifeEventState(Payload):
    """Something in the person's life that makes a change of dose unwise now (R-35, T-22).

    ``kind`` is a code of engagement's life event content. ``no_new_step_before`` is the first day
    on which a taper step may be taken again. A ``withdrawn`` event was recorded by mistake and
    holds nothing back.
    """

    life_event_id: UUID
    patient_id: UUID
    kind: str
    happened_on: date
    recorded_at: AwareDatetime
    contact_by: date
    no_new_step_before: date
    status: Literal["open", "followed-up", "withdrawn"]
    followed_up_at: AwareDatetime | None = None


class LifeEventFact(Fact):
    """Aggregate ``life-event:<life_event_id>``."""

    life_event: LifeEventState


class LifeEventRecorded(LifeEventFact):
    TYPE: ClassVar[str] = "care.engagement.life-event.recorded.v1"


class LifeEventFollowedUp(LifeEventFact):
    TYPE: ClassVar[str] = "care.engagement.life-event.followed-up.v1"


class LifeEventWithdrawn(LifeEventFact):
    TYPE: ClassVar[str] = "care.engagement.life-event.withdrawn.v1"


class RelapsePlanState(Payload):
    """That a relapse-prevention plan exists, and since when; never what it says.

    ``agreed`` says that the person agreed to it. ``review_on`` is when it is looked at again.
    """

    plan_id: UUID
    patient_id: UUID
    written_on: date
    agreed: bool
    review_on: date


class RelapsePlanWritten(Fact):
    """Aggregate ``relapse-plan:<plan_id>``; one plan per person, rewritten in place."""

    TYPE: ClassVar[str] = "care.engagement.relapse-plan.written.v1"
    relapse_plan: RelapsePlanState


class SupportProfileState(Payload):
    """What makes support hard to reach for somebody (R-40): language, transport or cost, and
    nothing else of what is written about it."""

    patient_id: UUID
    barriers: tuple[str, ...] = ()


class SupportProfileSaved(Fact):
    """Aggregate ``support-profile:<patient_id>``; one for each person, replaced as a whole."""

    TYPE: ClassVar[str] = "care.engagement.support-profile.saved.v1"
    support_profile: SupportProfileState


class StandInState(Payload):
    """Somebody looks after a colleague's people for a while, or is on call for a team."""

    stand_in_id: UUID
    kind: Literal["covering", "on-call"]
    staff_id: UUID
    for_staff_id: UUID | None = None
    team: str | None = None
    from_at: AwareDatetime
    until_at: AwareDatetime
    active: bool


class StandInChanged(Fact):
    """Aggregate ``stand-in:<stand_in_id>``. Until it is accepted it is not ``active``."""

    TYPE: ClassVar[str] = "care.engagement.stand-in.changed.v1"
    stand_in: StandInState
