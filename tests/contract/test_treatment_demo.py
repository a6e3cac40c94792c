"""The demo cohort's past, played on a database that has heard what assessment told."""

from collections import Counter
from datetime import UTC, date, datetime, time

from services.treatment.adapters.db import SqlWork
from services.treatment.adapters.demo_past import play
from services.treatment.domain.owed import owed_by
from shared.demo.cohort import PATIENTS, READINGS, DemoPatient
from shared.demo.staff import staff_id
from shared.events.assessment import (
    AssessmentCompleted,
    AssessmentState,
    PatientDetails,
    PatientDetailsChanged,
    PatientEnrolled,
    PatientState,
)
from shared.runtime import clock
from tests.support.treatment import BOOK, Clinic, clinic_on

TODAY = date(2026, 10, 1)


async def test_everyone_stands_where_the_cohort_says(sqlite_databases):
    async with clinic_on(sqlite_databases) as clinic:
        await clinic.on(TODAY)
        for patient in PATIENTS:
            await know(clinic, patient)

        await play(clinic.db, TODAY)

        phases = Counter[str]()
        async with clinic.db.reading() as tx:
            work = SqlWork(tx, supply_working_days=BOOK.supply_working_days)
            for patient in PATIENTS:
                for course in await work.courses.of(patient.patient_id):
                    phases[course.phase] += 1
                    owed = owed_by(course, supply_working_days=BOOK.supply_working_days)
                    assert all(each.due_on >= TODAY for each in owed)
            unwell = next(one for one in PATIENTS if one.twist == "unwell")
            (change,) = await work.changes.of(unwell.course_id)
        assert {"acute", "responded", "continuation", "taper-active", "stopped-watch"} <= set(
            phases
        )
        assert sum(phases.values()) >= 35
        assert (change.kind, change.state, change.rule) == ("hold", "proposed", "T-07")


async def know(clinic: Clinic, patient: DemoPatient) -> None:
    """What assessment has told about one person."""
    enrolled = patient.day(0, today=TODAY)
    state = PatientState(
        patient_id=patient.patient_id,
        status="active",
        team=patient.team,
        care_team=(staff_id(patient.prescriber), staff_id(patient.nurse)),
        enrolled_on=enrolled,
    )
    details = PatientDetails(
        patient_id=patient.patient_id,
        given_name=patient.given_name,
        family_name=patient.family_name,
        birth_date=patient.birth_date,
        time_zone=patient.time_zone,
        language="en",
    )
    await clinic.hear(PatientEnrolled(patient=state), subject=patient.patient_id)
    await clinic.hear(PatientDetailsChanged(details=details), subject=patient.patient_id)
    for number, answers, _ in READINGS:
        if patient.has_reached(number) and patient.twist != "no-response":
            day = patient.day(number, today=TODAY)
            reading = AssessmentState(
                assessment_id=clock.new_id(),
                patient_id=patient.patient_id,
                instrument="phq-9",
                instrument_version="1",
                taken_at=datetime.combine(day, time(9), tzinfo=UTC),
                taken_on=day,
                total=sum(answers),
                band=None,
            )
            await clinic.hear(AssessmentCompleted(assessment=reading), subject=patient.patient_id)
