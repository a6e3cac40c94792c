"""Confirm a proposed course: the prescriber signs exactly this version, the drug starts."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from uuid import UUID

from services.treatment.application.changing import (
    commit,
    load,
    require_complete_information,
    stating,
)
from services.treatment.application.judging import findings_on, known_then
from services.treatment.application.plan_birthdays import birthdays_after
from services.treatment.application.ports import Formulary, Signed, Work
from services.treatment.application.refusals import Unknown
from services.treatment.application.sign_twice import Document, sign
from services.treatment.domain import course as life
from services.treatment.domain.course import Course
from services.treatment.domain.findings import Finding
from services.treatment.domain.phases import Move, require
from services.treatment.domain.rulebook import Rulebook
from services.treatment.domain.second_signature import rules_for_two
from services.treatment.domain.signature_request import Signable
from services.treatment.domain.signing import CONFIRM_COURSE, course_hash
from services.treatment.domain.switching import leave, take_over
from shared.events.treatment import CourseConfirmed, CourseSwitched


async def confirm_course(
    work: Work,
    *,
    course_id: UUID,
    expected: int,
    signed: Signed,
    signer: UUID,
    reasons: Mapping[str, str],
    book: Rulebook,
    formulary: Formulary,
    now: datetime,
) -> Course:
    """The rules are asked again with what is known now; every warning needs a reason.

    Where one is marked for two prescribers the course stays a proposal until the second signs.

    Raises:
        Unknown, StaleVersion, NotInCare, IllegalMove, InformationMissing, SignatureMismatch,
        SignatureUsed, FourEyes, FirstSignatureGone, Blocked, ReasonNeeded
        OtherCourse: the person takes another one.
    """
    found = await load(work, course_id, now=now, expected=expected)
    course, patient = found.course, found.patient
    require(Move.CONFIRM, course.phase)
    await require_complete_information(work, patient.id)
    drug = formulary.drug(course.drug)
    findings = await findings_on(
        work,
        patient,
        course,
        drug=drug,
        dose_mg=course.target.mg,
        on=course.starts_on,
        book=book,
        formulary=formulary,
    )
    document = document_of(course, findings, book=book)
    in_force = await sign(
        work, course, document, findings, signed=signed, signer=signer, reasons=reasons, now=now
    )
    if in_force is None:
        return course
    confirmed = life.confirm(course, cadence=book.cadence, age=patient.age_on(course.starts_on))
    if course.replaces is not None:
        confirmed = await _leave(work, course.replaces, confirmed, today=found.today, now=now)
    ahead = birthdays_after(course.starts_on, patient=patient, drug=drug, book=book)
    confirmed = life.with_birthdays(confirmed, ahead, today=course.starts_on)
    return await commit(
        work,
        course,
        confirmed,
        stating(CourseConfirmed),
        on=course.starts_on,
        now=now,
        kind="confirmed",
        text=f"{drug.name}: {course.dose.text} a day, signed",
        known_then=await known_then(
            work,
            patient,
            course,
            findings,
            dose_mg=course.target.mg,
            on=course.starts_on,
            today=found.today,
            book=book,
            drug=drug,
            reasons=in_force.reasons,
        ),
    )


def document_of(course: Course, findings: Iterable[Finding], *, book: Rulebook) -> Document:
    """The proposal as it is signed now."""
    return Document(
        what=Signable.COURSE,
        id=course.id,
        plan_version=1,
        of=f"course:{course.id}:{course.version}",
        hash=course_hash(course),
        meaning=CONFIRM_COURSE,
        needed=rules_for_two(findings, book.second_signature),
    )


async def _leave(
    work: Work, old_id: UUID, confirmed: Course, *, today: date, now: datetime
) -> Course:
    """The old drug's way out begins with the same signature (T-17)."""
    old = await work.courses.get(old_id)
    if old is None:
        raise Unknown
    left = leave(old, successor_id=confirmed.id, steps=confirmed.leaving, today=today)
    await commit(
        work,
        old,
        left,
        stating(CourseSwitched),
        on=today,
        now=now,
        kind="switched",
        text=f"Left for {confirmed.drug}: {len(left.leaving)} steps, last on {left.leaving[-1].on}",
    )
    return take_over(confirmed, old)
