"""One-time links over HTTP: staff make them; the portal opens them for whoever holds one.

A secret travels in bodies only, never in an address, and nothing here keeps it.
"""

from datetime import timedelta
from uuid import UUID

from services.assessment.adapters import listing
from services.assessment.adapters.access import looked_at, visible_patient
from services.assessment.adapters.bodies import instrument_body, invitation_body
from services.assessment.adapters.db import SqlWork
from services.assessment.adapters.wording import Wording
from services.assessment.application.answer_invitation import answer_invitation, open_invitation
from services.assessment.application.finding import known
from services.assessment.application.invite_to_answer import invite_to_answer, revoke_invitation
from services.assessment.domain.assessment import Answers
from services.assessment.domain.content import Content
from shared.api import assessment as bodies
from shared.api.identity import CLINICIANS, Role
from shared.runtime.http import Api, Call, Mode

PORTAL = frozenset({Role.SERVICE})


def add(api: Api, content: Content, wording: Wording) -> None:
    """The routes of one-time links."""
    _add_for_staff(api, content)
    _add_for_holders(api, content, wording)


def _add_for_staff(api: Api, content: Content) -> None:
    @api.post(
        "/api/v1/patients/{patient_id}/invitations",
        roles=CLINICIANS,
        status=201,
        raises=(404, 409, 422),
    )
    async def invite(
        call: Call, patient_id: UUID, body: bodies.NewInvitation
    ) -> bodies.InvitationBody:
        """Make a link to one questionnaire."""
        await visible_patient(call, patient_id)
        invitation = await invite_to_answer(
            SqlWork(call.tx),
            content,
            patient_id=patient_id,
            instrument=body.instrument,
            channel=body.channel,
            secret_sha256=bytes.fromhex(body.secret_sha256),
            lasts=timedelta(hours=body.lasts_hours),
            by=call.principal.staff_id,
            now=call.tx.now,
        )
        return invitation_body(invitation, now=call.tx.now)

    @api.get("/api/v1/patients/{patient_id}/invitations", roles=CLINICIANS, raises=(404, 422))
    async def list_invitations(
        call: Call, patient_id: UUID, query: bodies.InvitationQuery
    ) -> bodies.InvitationList:
        """A person's links, newest first."""
        await looked_at(call, patient_id, "invitations")
        found, following = await listing.invitations_page(call.tx, patient_id, query)
        items = tuple(invitation_body(invitation, now=call.tx.now) for invitation in found)
        return bodies.InvitationList(items=items, next=following)

    @api.post(
        "/api/v1/invitations/{invitation_id}/revoke", roles=CLINICIANS, raises=(404, 409, 422)
    )
    async def revoke(
        call: Call,
        invitation_id: UUID,
        body: bodies.RevokeInvitation,  # noqa: ARG001 - an empty object, still checked
    ) -> bodies.InvitationBody:
        """Take a link back."""
        work = SqlWork(call.tx)
        invitation = known(await work.invitations.get(invitation_id))
        await visible_patient(call, invitation.patient_id)
        ended = await revoke_invitation(work, invitation_id=invitation_id, now=call.tx.now)
        return invitation_body(ended, now=call.tx.now)


def _add_for_holders(api: Api, content: Content, wording: Wording) -> None:
    @api.post("/api/v1/invitations/open", roles=PORTAL, mode=Mode.READS, raises=(410, 422))
    async def open_link(call: Call, body: bodies.Secret) -> bodies.OpenedInvitation:
        """The questionnaire behind a link."""
        work = SqlWork(call.tx)
        invitation, instrument = await open_invitation(
            work, content, secret=body.secret, now=call.tx.now
        )
        patient = known(await work.patients.get(invitation.patient_id))
        call.tx.audit(
            "invitation.opened",
            object=f"invitation:{invitation.invitation_id}",
            subject=invitation.patient_id,
        )
        return bodies.OpenedInvitation(
            instrument=instrument_body(instrument, wording.get(instrument.code, {})),
            expires_at=invitation.expires_at,
            language=patient.details.language,
        )

    @api.post("/api/v1/invitations/answer", roles=PORTAL, raises=(409, 410, 422))
    async def answer_link(call: Call, body: bodies.InvitationAnswers) -> bodies.AnsweredInvitation:
        """Answer it, once."""
        invitation, _instrument = await open_invitation(
            SqlWork(call.tx), content, secret=body.secret, now=call.tx.now
        )
        call.tx.actor = f"patient:{invitation.patient_id}"  # whoever holds the link acts as them
        _assessment, flags = await answer_invitation(
            SqlWork(call.tx),
            content,
            invitation=invitation,
            answers=Answers(
                by_item=dict(body.answers),
                not_applicable=tuple(sorted(set(body.not_applicable))),
            ),
            answered_by=body.answered_by,
            now=call.tx.now,
        )
        return bodies.AnsweredInvitation(alarming=bool(flags))
