"""Routes about replacing one drug by another: preview, proposal, the steps out of the old one."""

from uuid import UUID

from services.treatment.adapters.http.bodies import switch_body
from services.treatment.adapters.http.desk import CLINICAL, PRESCRIBER, Desk
from services.treatment.adapters.http.view import show_course
from services.treatment.application.changing import load
from services.treatment.application.drafting import Wish
from services.treatment.application.propose_switch import Leaving, outline_switch, propose_switch
from services.treatment.application.stay_on_drug import stay_on_drug
from services.treatment.application.take_switch_step import take_switch_step
from services.treatment.domain.course import Course
from shared.api.treatment import CourseBody, NewSwitch, Staying, SwitchPreview, SwitchStepTaken
from shared.runtime.http import Api, Call, Mode


def add_switches(api: Api, desk: Desk) -> None:
    """Add this file's routes."""

    @api.post(
        "/api/v1/courses/{course_id}/switch-previews",
        roles=PRESCRIBER,
        raises=(404, 409),
        mode=Mode.READS,
    )
    async def preview(call: Call, course_id: UUID, body: NewSwitch) -> SwitchPreview:
        """Both drugs on one time axis, with overlap or gap. Kept nowhere."""
        course, _ = await desk.visible_course(call, course_id, read="switch-preview")
        work = desk.work(call)
        switch = await outline_switch(
            work,
            await load(work, course_id, now=call.tx.now),
            course_id=course_id,
            wish=_wish(body, course),
            leaving=_leaving(body),
            prescriber_id=call.principal.staff_id,
            book=desk.book,
            formulary=desk.formulary,
        )
        return switch_body(switch, book=desk.book)

    @api.post(
        "/api/v1/courses/{course_id}/switches",
        roles=PRESCRIBER,
        status=201,
        raises=(404, 409),
        if_match=True,
    )
    async def new_switch(call: Call, course_id: UUID, body: NewSwitch) -> CourseBody:
        """Propose the new course; its signature also begins the way out of the old drug."""
        old, patient = await desk.visible_course(call, course_id)
        course = await propose_switch(
            desk.work(call),
            old_id=course_id,
            expected=call.if_match,
            course_id=call.tx.new_id(),
            wish=_wish(body, old),
            leaving=_leaving(body),
            note=body.note,
            proposed_by=call.principal.staff_id,
            book=desk.book,
            formulary=desk.formulary,
            now=call.tx.now,
        )
        return await show_course(desk, call, course, patient)

    @api.post("/api/v1/courses/{course_id}/switch-steps", roles=CLINICAL, raises=(404, 409, 412))
    async def step(call: Call, course_id: UUID, body: SwitchStepTaken) -> CourseBody:
        """The old drug went down by one signed step."""
        _, patient = await desk.visible_course(call, course_id)
        course = await take_switch_step(
            desk.work(call),
            course_id=course_id,
            ordinal=body.ordinal,
            taken_on=body.taken_on,
            book=desk.book,
            now=call.tx.now,
        )
        return await show_course(desk, call, course, patient)

    @api.post(
        "/api/v1/courses/{course_id}/stay", roles=PRESCRIBER, raises=(404, 409), if_match=True
    )
    async def stay(call: Call, course_id: UUID, body: Staying) -> CourseBody:
        """Give up a switch whose new drug is not taken any more."""
        _, patient = await desk.visible_course(call, course_id)
        course = await stay_on_drug(
            desk.work(call),
            course_id=course_id,
            expected=call.if_match,
            reason=body.reason,
            now=call.tx.now,
        )
        return await show_course(desk, call, course, patient)


def _wish(body: NewSwitch, old: Course) -> Wish:
    """What the prescriber asks for; another drug treats what the old one treated, unless said."""
    return Wish(
        drug=body.drug,
        indication=body.indication or old.indication,
        start_mg=body.start_dose_mg,
        target_mg=body.target_dose_mg or body.start_dose_mg,
        starts_on=body.starts_on,
        instrument=body.primary_instrument or old.instrument,
        suicide_concern=body.suicide_concern,
        family=body.formulation,
    )


def _leaving(body: NewSwitch) -> Leaving:
    return tuple((step.on, step.dose_mg) for step in body.leaving)
