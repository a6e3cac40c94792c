"""Answer a questionnaire by its one-time link: once, and by whoever holds the link."""

from datetime import datetime

from services.assessment.application.finding import known, still_living
from services.assessment.application.ports import Work
from services.assessment.application.record_assessment import record_assessment
from services.assessment.domain import invitation as links
from services.assessment.domain.assessment import Answers, Assessment, Mode
from services.assessment.domain.content import Content
from services.assessment.domain.instrument import Instrument
from services.assessment.domain.invitation import Invitation
from services.assessment.domain.safety import Flag


async def open_invitation(
    work: Work, content: Content, *, secret: str, now: datetime
) -> tuple[Invitation, Instrument]:
    """What a link leads to; looking uses nothing up.

    Raises:
        Gone: nothing any more.
    """
    invitation = await work.invitations.by_secret(links.digest(secret))
    if invitation is None:
        raise links.ended()
    patient = known(await work.patients.get(invitation.patient_id))
    links.require_usable(invitation, patient, now=now)
    instrument = content.instruments.get(invitation.instrument)
    if (
        instrument is None
        or not instrument.enabled
        or instrument.version != invitation.instrument_version
    ):
        raise links.ended()
    return invitation, instrument


async def answer_invitation(
    work: Work,
    content: Content,
    *,
    invitation: Invitation,
    answers: Answers,
    answered_by: str | None,
    now: datetime,
) -> tuple[Assessment, tuple[Flag, ...]]:
    """Record the answers like any others, and end the link in the same transaction.

    ``answered_by``: who answered, where it was not the person.

    Raises:
        Gone: somebody was faster, or its time ran out while writing.
        RuleViolation: an answer that the questionnaire does not have; the link still works.
    """
    patient = known(await work.patients.hold(invitation.patient_id))
    invitation = known(await work.invitations.get(invitation.invitation_id))
    links.require_usable(invitation, patient, now=now)
    assessment, flags = await record_assessment(
        work,
        content,
        patient=still_living(patient),
        instrument=invitation.instrument,
        instrument_version=invitation.instrument_version,
        answers=answers,
        taken_at=now,
        mode=Mode.PROXY if answered_by else Mode.REMOTE,
        answered_by=answered_by,
        now=now,
    )
    done = links.used(invitation, assessment_id=assessment.assessment_id, now=now)
    await work.invitations.save(done)
    work.audit(
        "invitation.used",
        object=f"invitation:{done.invitation_id}",
        subject=done.patient_id,
        version=done.version,
    )
    return assessment, flags
