"""A course or a plan together with everything its body shows."""

from services.treatment.adapters.http.bodies import course_body, plan_body
from services.treatment.adapters.http.desk import Desk
from services.treatment.adapters.signatures import second_signer, signature_of
from services.treatment.application.changing import Loaded
from services.treatment.application.confirm_course import document_of as course_document
from services.treatment.application.draft_taper import findings_now
from services.treatment.application.drafting import shelf_for
from services.treatment.application.first_weeks import FirstWeeks, first_weeks
from services.treatment.application.judging import axis_of, findings_on
from services.treatment.application.ports import Work
from services.treatment.application.record_review import response_of
from services.treatment.application.sign_taper import document_of as taper_document
from services.treatment.application.sign_twice import Document, waiting_for
from services.treatment.domain.authority import NOBODY
from services.treatment.domain.course import Course
from services.treatment.domain.findings import Finding, RuleRefusal
from services.treatment.domain.person import Known
from services.treatment.domain.phases import BEFORE_REMISSION, ENDED, Phase
from services.treatment.domain.plan import Plan, PlanState
from services.treatment.domain.response import not_improving
from services.treatment.domain.reviews import Start
from services.treatment.domain.schedule import expected
from services.treatment.domain.second_signature import FirstSignature
from services.treatment.domain.shelf_watch import gone_from_the_shelf
from services.treatment.domain.switching import Axis
from shared.api.treatment import CourseBody, FirstSignatureBody, TaperPlanBody
from shared.runtime.http import Call


async def show_course(desk: Desk, call: Call, course: Course, patient: Known) -> CourseBody:
    """The course as the caller may see and change it now."""
    work = desk.work(call)
    today = patient.today(call.tx.now)
    drug = desk.formulary.drug(course.drug)
    is_draft = course.phase is Phase.DRAFT
    response = await response_of(work, course, book=desk.book)
    findings: tuple[Finding, ...] = ()
    if course.phase not in ENDED:
        findings = await findings_on(
            work,
            patient,
            course,
            drug=drug,
            dose_mg=course.target.mg if is_draft else course.dose.mg,
            on=course.starts_on if is_draft else today,
            book=desk.book,
            formulary=desk.formulary,
        )
    if course.phase in BEFORE_REMISSION:
        findings += not_improving(
            response,
            started_on=course.first_dose_on,
            at_dose_since=course.at_dose_since,
            today=today,
            rules=desk.book.outcomes,
        )
    if course.taper is not None:
        findings += gone_from_the_shelf(
            expected(course.taper, today=today, cadence=desk.book.steps),
            drug=drug,
            jurisdiction=course.jurisdiction or desk.book.jurisdiction,
            today=today,
        )
    signature = None if is_draft else await signature_of(call.tx.session, course)
    first = await _first(
        call, work, course, course_document(course, findings, book=desk.book), is_draft=is_draft
    )
    return course_body(
        course,
        patient=patient,
        role=call.principal.role,
        signature=signature,
        first=first,
        response=response,
        findings=findings,
        information_missing=await work.patients.is_information_missing(patient.id),
        drug=drug,
        book=desk.book,
        today=today,
        switch=await _switch(desk, work, course, patient),
        planned=await _first_weeks(desk, work, course, patient) if is_draft else None,
    )


async def _first_weeks(desk: Desk, work: Work, course: Course, patient: Known) -> FirstWeeks | None:
    """What signing this proposal would plan; None once its products are not sold any more."""
    try:
        shelf = shelf_for(
            desk.formulary.drug(course.drug),
            await work.profiles.latest(patient.id),
            on=course.starts_on,
            family=course.family,
            book=desk.book,
            formulary=desk.formulary,
        )
    except RuleRefusal:
        return None
    start = Start(
        on=course.starts_on,
        age=patient.age_on(course.starts_on),
        suicide_concern=course.suicide_concern,
        indication=course.indication,
        drug=course.drug,
    )
    return first_weeks(course.titration, start, shelf=shelf, book=desk.book)


async def _switch(desk: Desk, work: Work, course: Course, patient: Known) -> Axis | None:
    """Both drugs on one axis, from either side of a switch."""
    other_id = course.replaces if course.leaving else None
    other_id = course.successor_id or other_id
    other = await work.courses.get(other_id) if other_id else None
    if other is None:
        return None
    old, new = (course, other) if course.successor_id else (other, course)
    return await axis_of(
        work, patient, old, new, on=new.starts_on, book=desk.book, formulary=desk.formulary
    )


async def show_plan(
    desk: Desk, call: Call, plan: Plan, course: Course, patient: Known
) -> TaperPlanBody:
    """The plan; a draft with what speaks against signing it now."""
    findings = plan.outline.findings
    if plan.state is PlanState.DRAFT:
        found = Loaded(course=course, patient=patient, today=patient.today(call.tx.now))
        findings = await findings_now(desk.work(call), found, plan, book=desk.book)
    role = call.principal.role if patient.in_care else NOBODY
    document = taper_document(plan, findings, book=desk.book)
    is_draft = plan.state is PlanState.DRAFT
    return plan_body(
        plan,
        course=course,
        findings=findings,
        role=role,
        book=desk.book,
        first=await _first(call, desk.work(call), course, document, is_draft=is_draft),
        second_signed_by=None
        if is_draft
        else await second_signer(call.tx.session, of=f"taper-plan:{plan.id}:"),
    )


async def _first(
    call: Call, work: Work, course: Course, document: Document, *, is_draft: bool
) -> FirstSignatureBody | None:
    """Who signed this first, while a second prescriber is waited for."""
    first: FirstSignature | None = None
    if is_draft:
        first = await waiting_for(work, course, document, now=call.tx.now, to_show=True)
    if first is None:
        return None
    return FirstSignatureBody(
        signed_by=first.by,
        signed_at=first.at,
        counts_until=first.counts_until,
        reasons=dict(first.reasons),
        mine=first.by == call.principal.staff_id,
    )
