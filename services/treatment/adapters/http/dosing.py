"""Routes that change or end the taking of a drug outside a taper, and close the record."""

from uuid import UUID

from services.treatment.adapters.http.bodies import dose_preview_body
from services.treatment.adapters.http.courses import reasons_of
from services.treatment.adapters.http.desk import PRESCRIBER, Desk
from services.treatment.adapters.http.view import show_course
from services.treatment.application.change_dose import change_dose, preview_dose
from services.treatment.application.close_course import close_course
from services.treatment.application.stop_for_harm import stop_for_harm
from services.treatment.domain.reason_codes import coded
from shared.api.treatment import Closure, CourseBody, DoseChange, DosePreview, DoseWish, HarmStop
from shared.runtime.http import Api, Call, Mode


def add_dosing(api: Api, desk: Desk) -> None:
    """Add this file's routes."""

    @api.post(
        "/api/v1/courses/{course_id}/dose-previews",
        roles=PRESCRIBER,
        raises=(404, 409),
        mode=Mode.READS,
    )
    async def dose_preview(call: Call, course_id: UUID, body: DoseWish) -> DosePreview:
        """What a change of dose would mean: what speaks against it, what it plans. Kept nowhere."""
        course, _ = await desk.visible_course(call, course_id, read="dose-preview")
        outline = await preview_dose(
            desk.work(call),
            course_id=course_id,
            dose_mg=body.dose_mg,
            effective_on=body.effective_on,
            book=desk.book,
            formulary=desk.formulary,
            now=call.tx.now,
        )
        return dose_preview_body(course, outline, book=desk.book)

    @api.post(
        "/api/v1/courses/{course_id}/dose-changes",
        roles=PRESCRIBER,
        raises=(404, 409),
        if_match=True,
    )
    async def new_dose(call: Call, course_id: UUID, body: DoseChange) -> CourseBody:
        """Change the daily dose outside a taper."""
        _, patient = await desk.visible_course(call, course_id)
        course = await change_dose(
            desk.work(call),
            course_id=course_id,
            expected=call.if_match,
            dose_mg=body.dose_mg,
            effective_on=body.effective_on,
            reason=coded(
                body.reason, body.code, allowed=desk.book.reasons.dose_change, field="code"
            ),
            reasons=reasons_of(body.acknowledgements, desk.book),
            book=desk.book,
            formulary=desk.formulary,
            now=call.tx.now,
        )
        return await show_course(desk, call, course, patient)

    @api.post(
        "/api/v1/courses/{course_id}/harm-stop", roles=PRESCRIBER, raises=(404, 409), if_match=True
    )
    async def harm_stop(call: Call, course_id: UUID, body: HarmStop) -> CourseBody:
        """Stop at once because going on does serious harm."""
        _, patient = await desk.visible_course(call, course_id)
        course = await stop_for_harm(
            desk.work(call),
            course_id=course_id,
            expected=call.if_match,
            harm=body.harm,
            last_dose_on=body.last_dose_on,
            reason=body.reason,
            book=desk.book,
            now=call.tx.now,
        )
        return await show_course(desk, call, course, patient)

    @api.post(
        "/api/v1/courses/{course_id}/close", roles=PRESCRIBER, raises=(404, 409), if_match=True
    )
    async def close(call: Call, course_id: UUID, body: Closure) -> CourseBody:
        """Close the record once nobody is owed a look any more."""
        _, patient = await desk.visible_course(call, course_id)
        course = await close_course(
            desk.work(call),
            course_id=course_id,
            expected=call.if_match,
            reason=body.reason,
            now=call.tx.now,
        )
        return await show_course(desk, call, course, patient)
