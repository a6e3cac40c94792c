"""Count the signatures under a document: one, or two where a warning is marked for two people."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.treatment.application.ask_to_sign import ask_to_sign, keep_request, settle_request
from services.treatment.application.ports import Signed, Work
from services.treatment.domain.course import Course
from services.treatment.domain.findings import Finding
from services.treatment.domain.plan import PlanState
from services.treatment.domain.safety import settle
from services.treatment.domain.second_signature import (
    COUNTS_FOR,
    SECOND_SIGNATURE,
    FirstSignature,
    FirstSignatureGone,
    require_somebody_else,
    still_counts,
)
from services.treatment.domain.signature_request import (
    SECOND_OF,
    Asking,
    Request,
    Signable,
    asked_again_by,
)
from services.treatment.domain.signing import check_signature

AT_ONCE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What is being signed. ``of`` names the version in the record of signatures, ``needed`` the
    rules that one prescriber alone may not go past."""

    what: Signable
    id: UUID
    plan_version: int
    of: str
    hash: str
    meaning: str
    needed: frozenset[str]


@dataclass(frozen=True, slots=True)
class InForce:
    """All signatures are there: whose the document is, and every reason that was given for going
    past a warning."""

    signed_by: UUID
    reasons: Mapping[str, str]


async def waiting_for(
    work: Work, course: Course, document: Document, *, now: datetime, to_show: bool = False
) -> FirstSignature | None:
    """The first signature under exactly this, while it waits for a second.

    Nobody else decides about it until we commit, unless it is only to be shown.
    """
    find = work.requests.look if to_show else work.requests.find
    request = await find(course.id, SECOND_OF[document.what])
    if request is None or not request.is_open or request.plan_id != document.id:
        return None
    return still_counts(request.first, hash_=document.hash, needed=document.needed, now=now)


async def sign(
    work: Work,
    course: Course,
    document: Document,
    findings: Iterable[Finding],
    *,
    signed: Signed,
    signer: UUID,
    reasons: Mapping[str, str],
    now: datetime,
) -> InForce | None:
    """Keep a signature that is right. None: the document waits for a second one.

    Raises:
        SignatureMismatch, SignatureUsed, FourEyes, FirstSignatureGone, Blocked, ReasonNeeded
    """
    first = await waiting_for(work, course, document, now=now)
    _require_signature(document, signed=signed, signer=signer, first=first)
    reasons = {**reasons, **(first.reasons if first else {})}
    settle(findings, reasons=frozenset(reasons))
    await work.records.signature(signed, of=document.of)
    await settle_request(work, course, document.what, Asking.SIGNED)
    if first is not None or not document.needed:
        await settle_request(work, course, SECOND_OF[document.what], Asking.SIGNED)
        return InForce(signed_by=first.by if first else signer, reasons=reasons)
    request = await work.requests.hold(course.id, SECOND_OF[document.what])
    kept = FirstSignature(by=signed.staff_id, at=now, hash=document.hash, reasons=reasons)
    await keep_request(
        work,
        asked_again_by(request, kept, plan_id=document.id, plan_version=document.plan_version),
        course,
    )
    work.audit("first-signature.given", object=document.of, subject=course.patient_id)
    return None


def _require_signature(
    document: Document, *, signed: Signed, signer: UUID, first: FirstSignature | None
) -> None:
    """Refuse a signature that does not bind this person to exactly this, in their turn."""
    if first is not None:
        require_somebody_else(first, signer)
    elif signed.meaning == SECOND_SIGNATURE:
        raise FirstSignatureGone(
            "The first signature does not count any more: look again, and sign first yourself.",
            field="signature",
        )
    check_signature(
        hash_=signed.hash,
        meaning=signed.meaning,
        signed_by=signed.staff_id,
        expected_hash=document.hash,
        expected=SECOND_SIGNATURE if first else document.meaning,
        person=signer,
    )


async def lapsed_first_signatures(work: Work, *, now: datetime) -> Sequence[Request]:
    """The next few that nobody followed for a day."""
    return await work.requests.open_since(
        tuple(SECOND_OF.values()), before=now - COUNTS_FOR, limit=AT_ONCE
    )


async def lapse_first_signatures(work: Work, *, now: datetime) -> int:
    """First signatures nobody followed for a day: what they were under waits for a first one again.

    How many there were.
    """
    count = 0
    for request in await lapsed_first_signatures(work, now=now):
        course = await work.courses.get(request.course_id)
        held = await work.requests.find(request.course_id, request.what)
        if course is None or request.plan_id is None or held != request:
            continue
        count += 1
        await settle_request(work, course, request.what, Asking.OVERTAKEN)
        what = next(one for one, second in SECOND_OF.items() if second is request.what)
        work.audit(
            "first-signature.lapsed",
            object=f"{what.value}:{request.plan_id}",
            subject=course.patient_id,
        )
        if what is Signable.COURSE or await _is_draft(work, request.plan_id):
            await ask_to_sign(
                work,
                course,
                what,
                plan_id=request.plan_id,
                plan_version=request.plan_version,
                now=now,
            )
    return count


async def _is_draft(work: Work, plan_id: UUID) -> bool:
    plan = await work.plans.get(plan_id)
    return plan is not None and plan.state is PlanState.DRAFT
