"""A one-time link: one person answers one questionnaire once, without an account.

Whoever holds the secret in the link may answer in the person's name until it is used, taken back,
or its time is over. Only its SHA-256 is kept.
"""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from services.assessment.domain.contact import Channel, Purpose
from services.assessment.domain.instrument import Instrument
from services.assessment.domain.patient import Patient
from services.assessment.domain.refusals import Conflict, Gone

LONGEST = timedelta(hours=72)
"""No link lives longer than this."""
HANDED_OVER = "in-person"
"""The person is here and takes the link along: no channel, no consent to one."""


class InvitationStatus(StrEnum):
    OPEN = "open"
    USED = "used"
    REVOKED = "revoked"
    EXPIRED = "expired"
    """Only ever shown: an open one whose time is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """One link. ``channel`` is how it goes to the person, as staff said."""

    invitation_id: UUID
    patient_id: UUID
    instrument: str
    instrument_version: str
    channel: str
    secret_sha256: bytes
    created_at: datetime
    created_by: UUID
    expires_at: datetime
    status: InvitationStatus = InvitationStatus.OPEN
    ended_at: datetime | None = None
    assessment_id: UUID | None = None
    version: int = 1

    def status_at(self, now: datetime) -> InvitationStatus:
        """What it is worth now."""
        if self.status is InvitationStatus.OPEN and now >= self.expires_at:
            return InvitationStatus.EXPIRED
        return self.status


def digest(secret: str) -> bytes:
    """What is kept of a secret. It has 256 random bits, so one plain round is enough."""
    return hashlib.sha256(secret.encode()).digest()


def invite(
    patient: Patient,
    instrument: Instrument,
    *,
    invitation_id: UUID,
    channel: str,
    secret_sha256: bytes,
    lasts: timedelta,
    by: UUID,
    now: datetime,
) -> Invitation:
    """A new link to one questionnaire.

    Raises:
        Conflict: a person asks this one, messages are stopped, or the channel may not be used
            for questionnaires.
    """
    if not instrument.by_link:
        sentence = "A member of staff asks these questions; they are not sent."
        raise Conflict("not-by-link", sentence, field="instrument")
    if channel != HANDED_OVER and patient.messages_stopped:
        sentence = "Messages to this person are stopped until somebody lets them begin again."
        raise Conflict("messages-stopped", sentence, field="channel")
    if channel != HANDED_OVER and not allows(patient, Channel(channel), Purpose.QUESTIONNAIRES):
        sentence = "The person has not agreed to questionnaires by this channel."
        raise Conflict("no-consent", sentence, field="channel")
    return Invitation(
        invitation_id=invitation_id,
        patient_id=patient.patient_id,
        instrument=instrument.code,
        instrument_version=instrument.version,
        channel=channel,
        secret_sha256=secret_sha256,
        created_at=now,
        created_by=by,
        expires_at=now + min(lasts, LONGEST),
    )


def allows(patient: Patient, channel: Channel, purpose: Purpose) -> bool:
    """Whether the person agreed that this channel may be used for this."""
    return any(
        consent.channel is channel and purpose in consent.purposes
        for consent in patient.details.consents
    )


def require_usable(invitation: Invitation, patient: Patient, *, now: datetime) -> None:
    """Refuse a link that is worth nothing any more; the answer is the same whatever the reason.

    Raises:
        Gone: it was used or taken back, its time is over, or the person is no longer in care.
    """
    if invitation.status_at(now) is not InvitationStatus.OPEN or not patient.in_care:
        raise ended()


def ended() -> Gone:
    """What whoever holds a link learns when it leads nowhere."""
    return Gone("link-ended", "This link has been used or its time is over.")


def used(invitation: Invitation, *, assessment_id: UUID, now: datetime) -> Invitation:
    """The link after its questionnaire was answered."""
    return replace(
        invitation,
        status=InvitationStatus.USED,
        ended_at=now,
        assessment_id=assessment_id,
        version=invitation.version + 1,
    )


def revoked(invitation: Invitation, *, now: datetime) -> Invitation:
    """The link after somebody took it back.

    Raises:
        Conflict: it has ended already.
    """
    if invitation.status_at(now) is not InvitationStatus.OPEN:
        raise Conflict("link-ended", "This link has ended already.")
    return replace(
        invitation,
        status=InvitationStatus.REVOKED,
        ended_at=now,
        version=invitation.version + 1,
    )
