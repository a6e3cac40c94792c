"""What treatment learns from other services. Each handler runs in its event's transaction."""

from collections.abc import Callable, Mapping

from services.treatment.adapters.db import SqlWork
from services.treatment.application.face_life_event import face_life_event
from services.treatment.application.keep_diary import keep_diaries
from services.treatment.application.miss_contact import miss_contact
from services.treatment.application.plan_birthdays import plan_birthdays
from services.treatment.application.ports import Formulary
from services.treatment.application.suspect_relapse import suspect_relapse
from services.treatment.application.watch_response import watch_response
from services.treatment.domain.life_events import LifeEvent
from services.treatment.domain.person import Details, PlaceInCare
from services.treatment.domain.rulebook import Rulebook
from shared.events.assessment import (
    AssessmentAmended,
    AssessmentCompleted,
    AssessmentFact,
    CareTeamChanged,
    PatientDetails,
    PatientDetailsChanged,
    PatientEnrolled,
    PatientFact,
    PatientLeftCare,
    PatientMessagesRestarted,
    PatientReturnedToCare,
    RecordOpened,
    RelapseCriteriaMet,
    SafetyFlagAcknowledged,
    SafetyFlagClosed,
    SafetyFlagFact,
    SafetyFlagRaised,
)
from shared.events.engagement import (
    ContactMissed,
    LifeEventFact,
    LifeEventFollowedUp,
    LifeEventRecorded,
    LifeEventWithdrawn,
    StandInChanged,
)
from shared.events.envelope import Event, Fact
from shared.events.portal import StaffAdded, StaffDisabled, StaffRoleChanged
from shared.runtime import standing
from shared.runtime.db import Transaction
from shared.runtime.inbox import Handler
from shared.runtime.retention import forget_person
from shared.runtime.sealed_details import opened


async def describe(work: SqlWork, tx: Transaction, told_in: str, details: PatientDetails) -> None:
    """Keep who somebody is, or forget it."""
    described = Details(
        name=f"{details.given_name} {details.family_name}",
        birth_date=details.birth_date,
        time_zone=details.time_zone,
    )
    erased = details.erased_on is not None
    await work.patients.describe(details.patient_id, described, erased=erased)
    if erased:
        await forget_person(tx, details.patient_id, told_in=told_in)


def subscriptions(book: Rulebook, formulary: Formulary) -> Mapping[type[Fact], Handler]:
    """A handler for each fact this service hears."""

    def work(tx: Transaction) -> SqlWork:
        return SqlWork(tx, supply_working_days=book.supply_working_days)

    async def on_patient(tx: Transaction, event: Event[PatientFact]) -> None:
        state = event.data.patient
        place = PlaceInCare(
            status=state.status,
            team=state.team,
            care_team=tuple(state.care_team),
            enrolled_on=state.enrolled_on,
        )
        await work(tx).patients.place(state.patient_id, place)
        await keep_diaries(work(tx), patient_id=state.patient_id, now=tx.now)

    async def on_details(tx: Transaction, event: Event[PatientDetailsChanged]) -> None:
        if (details := opened(event.data.details, tx)) is None:
            return
        await describe(work(tx), tx, event.type, details)
        await plan_birthdays(
            work(tx),
            patient_id=details.patient_id,
            book=book,
            formulary=formulary,
            now=tx.now,
        )
        await keep_diaries(work(tx), patient_id=details.patient_id, now=tx.now)

    async def on_assessment(tx: Transaction, event: Event[AssessmentFact]) -> None:
        state = event.data.assessment
        await work(tx).readings.put(
            assessment_id=state.assessment_id,
            patient_id=state.patient_id,
            instrument=state.instrument,
            on=state.taken_on,
            total=state.total,
        )
        await watch_response(work(tx), patient_id=state.patient_id, book=book, now=tx.now)

    async def on_flag(tx: Transaction, event: Event[SafetyFlagFact]) -> None:
        flag = event.data.flag
        await work(tx).flags.put(
            flag_id=flag.flag_id,
            patient_id=flag.patient_id,
            level=flag.level,
            is_open=flag.status != "closed",
        )

    async def on_relapse_criteria(tx: Transaction, event: Event[RelapseCriteriaMet]) -> None:
        await suspect_relapse(work(tx), patient_id=event.data.trajectory.patient_id, now=tx.now)

    return {
        StaffAdded: standing.on_staff,
        StaffRoleChanged: standing.on_staff,
        StaffDisabled: standing.on_staff,
        StandInChanged: standing.on_stand_in,
        RecordOpened: standing.on_record_opened,
        **_from_engagement(book, work),
        PatientEnrolled: on_patient,
        CareTeamChanged: on_patient,
        PatientLeftCare: on_patient,
        PatientReturnedToCare: on_patient,
        PatientMessagesRestarted: on_patient,
        PatientDetailsChanged: on_details,
        AssessmentCompleted: on_assessment,
        AssessmentAmended: on_assessment,
        SafetyFlagRaised: on_flag,
        SafetyFlagAcknowledged: on_flag,
        SafetyFlagClosed: on_flag,
        RelapseCriteriaMet: on_relapse_criteria,
    }


def _from_engagement(
    book: Rulebook, work: Callable[[Transaction], SqlWork]
) -> Mapping[type[Fact], Handler]:
    async def on_life_event(tx: Transaction, event: Event[LifeEventFact]) -> None:
        state = event.data.life_event
        await face_life_event(
            work(tx),
            LifeEvent(
                id=state.life_event_id,
                patient_id=state.patient_id,
                kind=state.kind,
                on=state.happened_on,
                no_step_before=state.no_new_step_before,
            ),
            withdrawn=state.status == "withdrawn",
            book=book,
            now=tx.now,
        )

    async def on_contact_missed(tx: Transaction, event: Event[ContactMissed]) -> None:
        await miss_contact(work(tx), patient_id=event.data.contact.patient_id, now=tx.now)

    return {
        LifeEventRecorded: on_life_event,
        LifeEventFollowedUp: on_life_event,
        LifeEventWithdrawn: on_life_event,
        ContactMissed: on_contact_missed,
    }
