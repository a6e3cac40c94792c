"""The facts of support as the others read them: each carries its aggregate's full state."""

from collections.abc import Sequence

from services.engagement.application.ports import Work
from services.engagement.domain.support.contact import Contact, in_order
from services.engagement.domain.support.life_event import LifeEvent
from services.engagement.domain.support.motivation import Drop
from services.engagement.domain.support.profile import Profile
from services.engagement.domain.support.programme import Programme
from services.engagement.domain.support.relapse_plan import RelapsePlan
from shared.events import engagement as facts


def tell_programme(
    work: Work,
    kind: type[facts.ProgrammeFact],
    one: Programme,
    contacts: Sequence[Contact],
    plan: RelapsePlan | None = None,
) -> None:
    """A fact about a programme; ``contacts`` are all of the person's."""
    mine = [c for c in in_order(contacts) if c.programme_id == one.programme_id]
    held = [c for c in mine if c.is_meeting]
    closing = one.closing
    state = facts.ProgrammeState(
        programme_id=one.programme_id,
        patient_id=one.patient_id,
        kind=one.kind,
        status=one.status.value,
        facilitator_id=one.facilitator_id,
        deputy_id=one.deputy_id,
        started_on=one.started_on,
        planned_until=one.planned_until,
        next_contact_on=one.next_on(c for c in mine if c.is_occasion) if one.is_open else None,
        gap_since=one.gap_since,
        deputy_gap_since=one.deputy_gap_since,
        contacts=len(held),
        minutes=sum(c.minutes for c in held),
        serves_course_id=one.serves_course_id,
        relapse_plan_on=plan.written_on if plan else None,
        closed_on=closing.on if closing and not one.is_open else None,
        closing_reason=closing.reason if closing else None,
        reviewed_at=tuple(look.at for look in one.looks),
    )
    work.publish(
        kind(programme=state),
        subject=one.patient_id,
        aggregate=f"programme:{one.programme_id}",
        version=one.version,
    )


def tell_contact(work: Work, kind: type[facts.ContactFact], one: Contact) -> None:
    """A fact about one contact, without its note."""
    state = facts.ContactState(
        contact_id=one.contact_id,
        patient_id=one.patient_id,
        programme_id=one.programme_id,
        purpose=one.purpose.value,
        mode=one.mode,
        outcome=one.outcome.value,
        at=one.at,
        minutes=one.minutes,
        by=one.by,
        missed_in_a_row=one.missed_in_a_row,
        urgent_because=one.urgent_because,
    )
    work.publish(
        kind(contact=state),
        subject=one.patient_id,
        aggregate=f"contact:{one.contact_id}",
        version=1,
    )


def tell_life_event(work: Work, kind: type[facts.LifeEventFact], one: LifeEvent) -> None:
    """A fact about a life event, without the note."""
    state = facts.LifeEventState(
        life_event_id=one.life_event_id,
        patient_id=one.patient_id,
        kind=one.kind,
        happened_on=one.happened_on,
        recorded_at=one.recorded_at,
        contact_by=one.contact_by,
        no_new_step_before=one.no_new_step_before,
        status=one.status.value,
        followed_up_at=one.followed_up_at,
    )
    work.publish(
        kind(life_event=state),
        subject=one.patient_id,
        aggregate=f"life-event:{one.life_event_id}",
        version=one.version,
    )


def tell_drop(work: Work, kind: type[facts.MotivationFact], one: Drop) -> None:
    """A fact about a fall of the ruler, without what was said about it."""
    state = facts.MotivationState(
        patient_id=one.patient_id,
        reading_id=one.reading_id,
        value=one.value,
        previous=one.previous,
        measured_on=one.measured_on,
        because=one.because,
        contact_by=one.contact_by,
        worked_on_at=one.talk.at if one.talk else None,
    )
    work.publish(
        kind(motivation=state),
        subject=one.patient_id,
        aggregate=f"motivation:{one.reading_id}",
        version=one.version,
    )


def tell_plan(work: Work, one: RelapsePlan) -> None:
    """That there is a relapse-prevention plan, and never what it says."""
    state = facts.RelapsePlanState(
        plan_id=one.plan_id,
        patient_id=one.patient_id,
        written_on=one.written_on,
        agreed=one.agreed,
        review_on=one.review_on,
    )
    work.publish(
        facts.RelapsePlanWritten(relapse_plan=state),
        subject=one.patient_id,
        aggregate=f"relapse-plan:{one.plan_id}",
        version=one.version,
    )


def tell_profile(work: Work, one: Profile) -> None:
    """What makes support hard to reach, so that uptake by barrier can be recounted."""
    barriers = tuple(dict.fromkeys(adaptation.barrier.value for adaptation in one.adaptations))
    state = facts.SupportProfileState(patient_id=one.patient_id, barriers=barriers)
    work.publish(
        facts.SupportProfileSaved(support_profile=state),
        subject=one.patient_id,
        aggregate=f"support-profile:{one.patient_id}",
        version=one.version,
    )
