"""Propose a course: nothing starts before a prescriber signs it."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from services.treatment.application.changing import announce, known_patient, stating
from services.treatment.application.judging import facts_for, known_then
from services.treatment.application.ports import Entry, Formulary, Work
from services.treatment.domain.course import Course
from services.treatment.domain.errors import BadDate, Blocked, IllegalMove, require_near
from services.treatment.domain.findings import Level
from services.treatment.domain.person import Known
from services.treatment.domain.phases import Phase
from services.treatment.domain.realiser import dose_table
from services.treatment.domain.rulebook import Rulebook
from services.treatment.domain.safety import dose_range, evaluate
from services.treatment.domain.titration import titration
from shared.events.treatment import CourseProposed


async def propose_course(
    work: Work,
    *,
    course_id: UUID,
    patient_id: UUID,
    drug_code: str,
    indication: str,
    start_mg: Decimal,
    target_mg: Decimal,
    starts_on: date,
    instrument: str,
    suicide_concern: bool,
    note: str | None,
    proposed_by: UUID,
    book: Rulebook,
    formulary: Formulary,
    now: datetime,
) -> Course:
    """Store a draft with its titration; warnings travel along, a block refuses at once.

    Raises:
        NotYetKnown, BadDate, BadDose, Blocked, RuleRefusal
    """
    patient = await known_patient(work, patient_id)
    _check_person(patient, starts_on, today=patient.today(now), book=book)
    drug = formulary.drug(drug_code)
    _check_instrument(instrument, book)
    facts = await facts_for(
        work,
        patient,
        drug=drug,
        indication=indication,
        dose_mg=max(start_mg, target_mg),
        on=starts_on,
        suicide_concern=suicide_concern,
        book=book,
    )
    findings = evaluate(facts, book.safety)
    for finding in findings:
        if finding.level is Level.BLOCK:
            raise Blocked(f"{finding.rule}: {finding.detail}")
    row = dose_range(drug, indication=indication, jurisdiction=book.jurisdiction)
    if row is None:
        raise Blocked(f"F-09: {drug.name} has no dose for this indication.", field="indication")
    table = dose_table(drug.shelf(book.jurisdiction, on=starts_on), target_mg)
    steps = titration(row, start_mg=start_mg, target_mg=target_mg, table=table)
    course = Course(
        id=course_id,
        patient_id=patient.id,
        version=1,
        phase=Phase.DRAFT,
        drug=drug.code,
        indication=indication,
        instrument=instrument,
        prescriber_id=proposed_by,
        starts_on=starts_on,
        suicide_concern=suicide_concern,
        dose=steps[0].dose,
        titration=steps,
    )
    await work.courses.add(course)
    announce(work, course, stating(CourseProposed), version=1)
    await work.records.journal(
        Entry(
            course_id=course.id,
            patient_id=patient.id,
            version=1,
            at=now,
            on=patient.today(now),
            kind="proposed",
            dose_mg=course.dose.mg,
            text=f"{drug.name}: {course.dose.text} a day proposed",
            reason=note,
            known=known_then(
                findings, book=book, drug=drug, profile=await work.profiles.latest(patient.id)
            ),
        )
    )
    return course


def _check_person(patient: Known, starts_on: date, *, today: date, book: Rulebook) -> None:
    if not patient.in_care:
        raise IllegalMove("This person is no longer in care here.")
    if starts_on < patient.enrolled_on:
        raise BadDate(f"The start is before enrolment on {patient.enrolled_on}.", field="starts_on")
    require_near(starts_on, today=today, most_days=book.most_ahead_days, field="starts_on")


def _check_instrument(instrument: str, book: Rulebook) -> None:
    known = book.outcomes.remission_below
    if instrument not in known:
        raise Blocked(
            f"C-09: the primary instrument is one of {', '.join(sorted(known))}.",
            field="primary_instrument",
        )
