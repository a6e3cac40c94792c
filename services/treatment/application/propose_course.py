"""Propose a course: nothing starts before a prescriber signs it."""

from datetime import datetime
from uuid import UUID

from services.treatment.application.ask_to_sign import ask_to_sign
from services.treatment.application.changing import announce, known_patient, stating
from services.treatment.application.drafting import Wish, draft_course
from services.treatment.application.judging import known_then
from services.treatment.application.ports import Entry, Formulary, Work
from services.treatment.domain.course import Course
from services.treatment.domain.findings import Finding
from services.treatment.domain.person import Known
from services.treatment.domain.rulebook import Rulebook
from services.treatment.domain.signature_request import Signable
from shared.events.treatment import CourseProposed


async def propose_course(
    work: Work,
    *,
    course_id: UUID,
    patient_id: UUID,
    wish: Wish,
    note: str | None,
    proposed_by: UUID,
    book: Rulebook,
    formulary: Formulary,
    now: datetime,
) -> Course:
    """Store a draft with its titration; warnings travel along, a block refuses at once.

    Raises:
        NotYetKnown, BadDate, BadDose, Blocked, IllegalMove, RuleRefusal
    """
    patient = await known_patient(work, patient_id)
    course, findings = await draft_course(
        work,
        patient,
        wish,
        course_id=course_id,
        prescriber_id=proposed_by,
        today=patient.today(now),
        book=book,
        formulary=formulary,
    )
    await store_draft(
        work, patient, course, findings, note=note, book=book, formulary=formulary, now=now
    )
    return course


async def store_draft(
    work: Work,
    patient: Known,
    course: Course,
    findings: tuple[Finding, ...],
    *,
    note: str | None,
    book: Rulebook,
    formulary: Formulary,
    now: datetime,
) -> None:
    """Keep a draft, announce it, and write in the journal what it was made with."""
    drug = formulary.drug(course.drug)
    await work.courses.add(course)
    announce(work, course, stating(CourseProposed), version=1)
    await ask_to_sign(work, course, Signable.COURSE, plan_id=course.id, plan_version=1, now=now)
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
            known=await known_then(
                work,
                patient,
                course,
                findings,
                dose_mg=course.target.mg,
                on=course.starts_on,
                today=patient.today(now),
                book=book,
                drug=drug,
            ),
        )
    )
