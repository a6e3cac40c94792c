"""What treatment learns from other services. Each handler runs in its event's transaction."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from services.treatment.adapters.db import SqlWork
from services.treatment.application.ports import Work
from services.treatment.application.suspect_relapse import suspect_relapse
from services.treatment.domain.person import Patient
from services.treatment.domain.rulebook import Rulebook
from shared.events.assessment import (
    AssessmentAmended,
    AssessmentCompleted,
    AssessmentFact,
    CareTeamChanged,
    PatientDetailsChanged,
    PatientEnrolled,
    PatientFact,
    PatientLeftCare,
    RelapseCriteriaMet,
    SafetyFlagAcknowledged,
    SafetyFlagClosed,
    SafetyFlagFact,
    SafetyFlagRaised,
)
from shared.events.envelope import Event, Fact
from shared.runtime.db import Transaction
from shared.runtime.inbox import Handler


def subscriptions(book: Rulebook) -> Mapping[type[Fact], Handler]:
    """A handler for each fact this service hears."""

    def work(tx: Transaction) -> SqlWork:
        return SqlWork(tx, supply_working_days=book.supply_working_days)

    async def on_patient(tx: Transaction, event: Event[PatientFact]) -> None:
        state = event.data.patient
        await _know(
            work(tx),
            state.patient_id,
            status=state.status,
            team=state.team,
            care_team=state.care_team,
            enrolled_on=state.enrolled_on,
        )

    async def on_details(tx: Transaction, event: Event[PatientDetailsChanged]) -> None:
        details = event.data.details
        await _know(
            work(tx),
            details.patient_id,
            name=f"{details.given_name} {details.family_name}",
            birth_date=details.birth_date,
            time_zone=details.time_zone,
        )

    async def on_assessment(tx: Transaction, event: Event[AssessmentFact]) -> None:
        state = event.data.assessment
        await work(tx).readings.put(
            assessment_id=state.assessment_id,
            patient_id=state.patient_id,
            instrument=state.instrument,
            on=state.taken_on,
            total=state.total,
        )

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
        PatientEnrolled: on_patient,
        CareTeamChanged: on_patient,
        PatientLeftCare: on_patient,
        PatientDetailsChanged: on_details,
        AssessmentCompleted: on_assessment,
        AssessmentAmended: on_assessment,
        SafetyFlagRaised: on_flag,
        SafetyFlagAcknowledged: on_flag,
        SafetyFlagClosed: on_flag,
        RelapseCriteriaMet: on_relapse_criteria,
    }


async def _know(work: Work, patient_id: UUID, **learned: Any) -> None:
    """Add what one fact says; the two facts about a person may come in either order."""
    patient = await work.patients.get(patient_id) or Patient(id=patient_id)
    await work.patients.put(replace(patient, **learned))
