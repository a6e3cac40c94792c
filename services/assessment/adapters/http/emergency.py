"""Emergency access over HTTP: to one record, to read, for an hour, and never quietly."""

from uuid import UUID

from services.assessment.adapters import look_lists
from services.assessment.adapters.access import CARERS, looked_at, visible_patient
from services.assessment.adapters.db import SqlWork
from services.assessment.application.open_in_emergency import open_in_emergency, review_look
from services.assessment.domain.emergency import Judgement, Look, Reason
from services.assessment.domain.refusals import Conflict, FourEyes, Unknown
from shared.api import emergency as bodies
from shared.api.body import Page
from shared.api.identity import CLINICIANS, Role
from shared.runtime import standing
from shared.runtime.access import Relation
from shared.runtime.auth import Keys, Unauthenticated, verify_signature
from shared.runtime.http import Api, Call

JUDGES = frozenset({Role.PRESCRIBER, Role.LEAD})


def add(api: Api, keys: Keys | None) -> None:
    """The routes. Without ``keys`` nobody can prove that they gave their password again."""

    @api.post("/api/v1/emergency-looks", roles=CARERS, raises=(403, 404, 409, 422))
    async def open_record(call: Call, body: bodies.EmergencyAccess) -> bodies.EmergencyLook:
        """Open one record in an emergency, to read, for an hour."""
        await _require_password(call, body, keys)
        patient_id = await _meant(call, body)
        await _require_stranger(call, patient_id)
        look = await open_in_emergency(
            SqlWork(call.tx),
            patient_id=patient_id,
            staff_id=call.principal.staff_id,
            reason=Reason(body.reason),
            words=body.words,
            now=call.tx.now,
        )
        await standing.put(
            call.tx,
            id_=look.grant_id,
            staff_id=look.staff_id,
            kind=Relation.BREAK_GLASS,
            about=str(patient_id),
            from_at=look.opened_at,
            until_at=look.until,
        )
        call.tx.audit(
            "emergency-look.opened",
            object=f"grant:{look.grant_id}",
            subject=patient_id,
            reason=look.reason.value,
        )
        return _body(call, look)

    @api.get("/api/v1/patients/{patient_id}/emergency-looks", roles=CLINICIANS, raises=(404, 422))
    async def list_looks_at_record(
        call: Call, patient_id: UUID, query: bodies.RecordLookQuery
    ) -> Page[bodies.EmergencyLook]:
        """Who opened this record in an emergency, and why."""
        await looked_at(call, patient_id, "emergency-looks")
        found, onward = await look_lists.of_patient(call.tx, patient_id, query)
        items = tuple(_body(call, look) for look in found)
        return Page[bodies.EmergencyLook](items=items, next=onward)

    @api.get("/api/v1/emergency-looks", roles=JUDGES | {Role.AUDITOR}, raises=(422,))
    async def list_looks(
        call: Call, query: bodies.EmergencyLookQuery
    ) -> Page[bodies.EmergencyLook]:
        """Records opened in an emergency: those a second person still has to judge, or all."""
        call.tx.audit("emergency-looks.listed", object="emergency-looks")
        found, onward = await look_lists.page(call.tx, call.reach, query)
        items = tuple(_body(call, look, name=name) for look, name in found)
        return Page[bodies.EmergencyLook](items=items, next=onward)

    @api.post(
        "/api/v1/emergency-looks/{grant_id}/review", roles=JUDGES, raises=(403, 404, 409, 422)
    )
    async def review_emergency_look(
        call: Call, grant_id: UUID, body: bodies.ReviewLook
    ) -> bodies.EmergencyLook:
        """Say whether it was justified; somebody else than who looked."""
        work = SqlWork(call.tx)
        look = await work.looks.hold(grant_id)
        if look is None:
            raise Unknown("not-found", "There is no such record.")
        await visible_patient(call, look.patient_id)
        judged = await review_look(
            work,
            grant_id=grant_id,
            by=call.principal.staff_id,
            judgement=Judgement(body.judgement),
            words=body.words,
            now=call.tx.now,
        )
        return _body(call, judged)


async def _require_password(call: Call, body: bodies.EmergencyAccess, keys: Keys | None) -> None:
    """The wish is signed by whoever asks: the password was given again for exactly this.

    Raises:
        FourEyes: it was not.
    """
    refusal = FourEyes("signature", "Give your password again.", field="signature")
    if keys is None:
        raise refusal
    try:
        proof = await verify_signature(body.signature, keys=keys, audience="assessment")
    except Unauthenticated as error:
        raise refusal from error
    signed = (proof.staff_id, proof.meaning, proof.hash)
    if signed != (call.principal.staff_id, bodies.MEANING, body.signing_hash()):
        raise refusal


async def _meant(call: Call, body: bodies.EmergencyAccess) -> UUID:
    found = await look_lists.meant(call.tx, body)
    if not found:
        raise Unknown("nobody-found", "Nobody is enrolled with exactly these details.")
    if len(found) > 1:
        sentence = "Several people have this name and birth date. Give the number instead."
        raise Conflict("several-people", sentence, field="number")
    return found[0]


async def _require_stranger(call: Call, patient_id: UUID) -> None:
    """Whoever may see the record anyway needs no emergency.

    Raises:
        Conflict: they may.
    """
    await visible_patient(call, patient_id)
    if call.seen_as not in {Relation.BREAK_GLASS, Relation.NONE}:
        raise Conflict("already-yours", "You may see this record: open it as always.")


def _body(call: Call, look: Look, *, name: str = "") -> bodies.EmergencyLook:
    is_auditor = call.principal.role is Role.AUDITOR
    may_judge = call.principal.role in JUDGES and not call.is_emergency
    waits = look.judgement is None and look.staff_id != call.principal.staff_id
    return bodies.EmergencyLook(
        grant_id=look.grant_id,
        patient_id=look.patient_id,
        patient_name=name,
        staff_id=look.staff_id,
        reason=look.reason.value,
        words="" if is_auditor else look.words,
        opened_at=look.opened_at,
        until=look.until,
        review_by=look.review_by,
        overdue=look.is_overdue(call.tx.now.date()),
        reviewed_at=look.reviewed_at,
        reviewed_by=look.reviewed_by,
        judgement=look.judgement.value if look.judgement else None,
        review_words=None if is_auditor else look.review_words,
        actions=("review",) if may_judge and waits else (),
    )
