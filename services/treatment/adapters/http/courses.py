"""Routes about proposing, confirming and reading courses."""

from uuid import UUID

from services.treatment.adapters.http.desk import CLINICAL, PRESCRIBER, Desk
from services.treatment.adapters.http.view import show_course
from services.treatment.application.confirm_course import confirm_course
from services.treatment.application.drafting import Wish
from services.treatment.application.propose_course import propose_course
from services.treatment.application.withdraw_course import withdraw_course
from services.treatment.domain.course import Course
from services.treatment.domain.reason_codes import coded
from services.treatment.domain.rulebook import Rulebook
from shared.api.body import Page
from shared.api.treatment import (
    Acknowledgement,
    ConfirmCourse,
    CourseBody,
    NewCourse,
    Withdrawal,
)
from shared.runtime.http import Api, Call


def add_courses(api: Api, desk: Desk) -> None:
    """Add this file's routes."""

    async def shown(call: Call, course: Course) -> CourseBody:
        patient = await desk.visible_patient(call, course.patient_id)
        return await show_course(desk, call, course, patient)

    @api.get("/api/v1/patients/{patient_id}/courses", roles=CLINICAL, raises=(404, 409))
    async def list_courses(call: Call, patient_id: UUID) -> Page[CourseBody]:
        """A person's courses, newest first."""
        patient = await desk.visible_patient(call, patient_id, read="courses")
        courses = await desk.work(call).courses.of(patient_id)
        bodies = [await show_course(desk, call, course, patient) for course in courses]
        return Page[CourseBody](items=tuple(bodies))

    @api.post("/api/v1/courses", roles=PRESCRIBER, status=201, raises=(404, 409, 422))
    async def new_course(call: Call, body: NewCourse) -> CourseBody:
        """Propose a course. Nothing starts before it is confirmed with a signature."""
        await desk.visible_patient(call, body.patient_id)
        course = await propose_course(
            desk.work(call),
            course_id=call.tx.new_id(),
            patient_id=body.patient_id,
            wish=wish_of(body),
            note=body.note,
            proposed_by=call.principal.staff_id,
            book=desk.book,
            formulary=desk.formulary,
            now=call.tx.now,
        )
        return await shown(call, course)

    @api.get("/api/v1/courses/{course_id}", roles=CLINICAL, raises=(404, 409))
    async def read_course(call: Call, course_id: UUID) -> CourseBody:
        """One course as it stands now."""
        course, patient = await desk.visible_course(call, course_id, read="course")
        return await show_course(desk, call, course, patient)

    @api.post(
        "/api/v1/courses/{course_id}/confirm", roles=PRESCRIBER, raises=(404, 409), if_match=True
    )
    async def confirm(call: Call, course_id: UUID, body: ConfirmCourse) -> CourseBody:
        """Confirm a proposal with a signature over exactly this version."""
        await desk.visible_course(call, course_id)
        course = await confirm_course(
            desk.work(call),
            course_id=course_id,
            expected=call.if_match,
            signed=await desk.signed(body.signature, now=call.tx.now),
            signer=call.principal.staff_id,
            reasons=reasons_of(body.acknowledgements, desk.book),
            book=desk.book,
            formulary=desk.formulary,
            now=call.tx.now,
        )
        return await shown(call, course)

    @api.post(
        "/api/v1/courses/{course_id}/withdraw", roles=PRESCRIBER, raises=(404, 409), if_match=True
    )
    async def withdraw(call: Call, course_id: UUID, body: Withdrawal) -> CourseBody:
        """Drop a proposal that was never confirmed."""
        await desk.visible_course(call, course_id)
        course = await withdraw_course(
            desk.work(call),
            course_id=course_id,
            expected=call.if_match,
            reason=body.reason,
            now=call.tx.now,
        )
        return await shown(call, course)


def wish_of(body: NewCourse) -> Wish:
    """What the prescriber asks for."""
    return Wish(
        drug=body.drug,
        indication=body.indication,
        start_mg=body.start_dose_mg,
        target_mg=body.target_dose_mg or body.start_dose_mg,
        starts_on=body.starts_on,
        instrument=body.primary_instrument,
        suicide_concern=body.suicide_concern,
        family=body.formulation,
    )


def reasons_of(acknowledgements: tuple[Acknowledgement, ...], book: Rulebook) -> dict[str, str]:
    """The coded reason given for each warning, by rule.

    Raises:
        BadReasonCode
    """
    return {
        given.rule: coded(
            given.reason,
            given.code,
            allowed=book.reasons.warning,
            field=f"acknowledgements/{place}/code",
        )
        for place, given in enumerate(acknowledgements)
    }
