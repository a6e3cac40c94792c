"""Make a one-time link to a questionnaire, or take one back."""

from datetime import datetime, timedelta
from uuid import UUID

from services.assessment.application.finding import in_care, known
from services.assessment.application.ports import Work
from services.assessment.domain.content import Content
from services.assessment.domain.invitation import Invitation, InvitationStatus, invite, revoked


async def invite_to_answer(
    work: Work,
    content: Content,
    *,
    patient_id: UUID,
    instrument: str,
    channel: str,
    secret_sha256: bytes,
    lasts: timedelta,
    by: UUID,
    now: datetime,
) -> Invitation:
    """A new link. An earlier one to the same questionnaire ends: two would be answered twice.

    Raises:
        Unknown, Conflict, RuleViolation: no link was made.
    """
    patient = await in_care(work, patient_id)
    invitation = invite(
        patient,
        content.usable(instrument),
        invitation_id=work.new_id(),
        channel=channel,
        secret_sha256=secret_sha256,
        lasts=lasts,
        by=by,
        now=now,
    )
    await end_links(work, patient_id=patient_id, instrument=instrument, now=now)
    await work.invitations.add(invitation)
    work.audit(
        "invitation.made",
        object=f"invitation:{invitation.invitation_id}",
        subject=patient_id,
        version=invitation.version,
    )
    return invitation


async def revoke_invitation(work: Work, *, invitation_id: UUID, now: datetime) -> Invitation:
    """Take a link back.

    Raises:
        Unknown, Conflict: there is no such link, or it has ended.
    """
    return await _end(work, known(await work.invitations.get(invitation_id)), now=now)


async def end_links(
    work: Work, *, patient_id: UUID, instrument: str | None = None, now: datetime
) -> None:
    """End every link of a person that still works, or those to one questionnaire."""
    for invitation in await work.invitations.open_of(patient_id, instrument=instrument):
        if invitation.status_at(now) is InvitationStatus.OPEN:
            await _end(work, invitation, now=now)


async def _end(work: Work, invitation: Invitation, *, now: datetime) -> Invitation:
    ended = revoked(invitation, now=now)
    await work.invitations.save(ended)
    work.audit(
        "invitation.revoked",
        object=f"invitation:{ended.invitation_id}",
        subject=ended.patient_id,
        version=ended.version,
    )
    return ended
