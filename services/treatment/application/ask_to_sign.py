"""Ask a prescriber to sign a proposed course or a draft taper, and say what came of it.

Each use case says it in the transaction that makes it so. A request ends with the signature, or
when there is nothing left to sign: the proposal was dropped, or the course is no longer one the
draft fits.
"""

from datetime import datetime
from uuid import UUID

from services.treatment.application.ports import Work
from services.treatment.application.tell_signature import publish_request
from services.treatment.domain.course import Course
from services.treatment.domain.phases import ALLOWED, Move, Phase
from services.treatment.domain.signature_request import Asking, Request, Signable, asked, settled
from shared.events.treatment import SignatureState

_RULE = "signing"
_MAY_BE_PLANNED = ALLOWED[Move.PLAN_TAPER]


async def ask_to_sign(
    work: Work, course: Course, what: Signable, *, plan_id: UUID, plan_version: int, now: datetime
) -> None:
    """The course's prescriber is asked, once however many drafts there are."""
    request = await work.requests.hold(course.id, what)
    request = asked(request, plan_id=plan_id, plan_version=plan_version, now=now)
    await keep_request(work, request, course)


async def settle_request(work: Work, course: Course, what: Signable, status: Asking) -> None:
    """Nobody is asked any more; nothing when nobody was."""
    request = await work.requests.find(course.id, what)
    if request is not None and request.is_open:
        await keep_request(work, settled(request, status), course)


async def overtake_requests(work: Work, before: Course, after: Course) -> None:
    """What was to be signed about the course as it was and cannot be about what it is now."""
    if before.phase is Phase.DRAFT and after.phase is not Phase.DRAFT:
        for what in (Signable.COURSE, Signable.COURSE_SECOND):
            await settle_request(work, after, what, Asking.OVERTAKEN)
    fits = after.phase in _MAY_BE_PLANNED and after.dose == before.dose
    if before.phase in _MAY_BE_PLANNED and not fits:
        for what in (Signable.TAPER, Signable.TAPER_SECOND):
            await settle_request(work, after, what, Asking.OVERTAKEN)


async def keep_request(work: Work, request: Request, course: Course) -> None:
    """Store how a request stands and tell of it."""
    await work.requests.put(request)
    state = SignatureState.model_validate(
        {
            "request_id": request.id,
            "what": request.what.value,
            "course_id": course.id,
            "patient_id": course.patient_id,
            "plan_id": request.plan_id,
            "plan_version": request.plan_version,
            "for_staff_id": course.prescriber_id,
            "rule": _RULE,
            "asked_at": request.asked_at,
            "status": request.status.value,
            "not_staff_id": request.first.by if request.first else None,
        }
    )
    publish_request(work, state, version=request.version)
