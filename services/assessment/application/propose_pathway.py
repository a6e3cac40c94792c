"""Propose which help to offer, from what is recorded now."""

from datetime import datetime
from uuid import UUID

from services.assessment.application.finding import in_care
from services.assessment.application.ports import RecordedProposal, Work
from services.assessment.application.telling import tell_pathway
from services.assessment.domain.content import Content
from services.assessment.domain.facts import gather
from services.assessment.domain.pathway import propose
from services.assessment.domain.safety import FlagStatus
from services.assessment.domain.shadow import compare
from shared.events.assessment import PathwayProposed


async def propose_pathway(
    work: Work, content: Content, *, patient_id: UUID, now: datetime
) -> RecordedProposal:
    """Run the rules and keep the proposal with its whole trace. A shadow version runs beside
    them: what it would have said is kept for its report and told to nobody.

    Raises:
        Unknown, Conflict: nobody in care has this id.
    """
    patient = await in_care(work, patient_id)
    intake = await work.intakes.latest(patient_id)
    flags = await work.flags.of(patient_id)
    facts = gather(
        intake=intake.answers,
        measured=await work.assessments.measured(patient_id),
        open_levels=[flag.level for flag in flags if flag.status is not FlagStatus.CLOSED],
        today=now.astimezone(patient.details.zone).date(),
        reading_age=content.pathway.reading_age,
    )
    made = RecordedProposal(
        proposal_id=work.new_id(),
        patient_id=patient_id,
        proposed_at=now,
        proposal=propose(content.pathway, facts),
    )
    await work.proposals.add(made)
    if content.shadow is not None:
        found = compare(made.proposal, propose(content.shadow, facts))
        await work.proposals.add_comparison(made.proposal_id, found)
    tell_pathway(work, PathwayProposed, made)
    return made
