"""The service's facts as the others read them: each carries its aggregate's full state."""

from services.assessment.application.ports import RecordedProposal, Work
from services.assessment.domain.assessment import Assessment
from services.assessment.domain.contact import QuietHours
from services.assessment.domain.following import Milestones
from services.assessment.domain.patient import Patient
from services.assessment.domain.safety import Flag
from services.assessment.domain.trajectory import Trajectory
from shared.events import assessment as facts


def tell_patient(work: Work, kind: type[facts.PatientFact], patient: Patient) -> None:
    """A fact about the person's place in care."""
    state = facts.PatientState(
        patient_id=patient.patient_id,
        status=patient.status.value,
        team=patient.team,
        care_team=patient.care_team,
        enrolled_on=patient.enrolled_on,
        ended_on=patient.left_on,
        messages_stopped=patient.messages_stopped,
    )
    work.publish(
        kind(patient=state),
        subject=patient.patient_id,
        aggregate=f"patient:{patient.patient_id}",
        version=patient.version,
    )


def tell_details(work: Work, patient: Patient) -> None:
    """The only fact with a name in it."""
    own = patient.details
    details = facts.PatientDetails(
        patient_id=patient.patient_id,
        given_name=own.given_name,
        family_name=own.family_name,
        birth_date=own.birth_date,
        time_zone=own.time_zone,
        language=own.language,
        phone=own.phone,
        email=own.email,
        neutral_wording=own.neutral_wording,
        postal_address=own.postal_address,
        erased_on=patient.erased_on,
        consents=tuple(
            facts.ChannelConsent(channel=consent.channel, purposes=consent.purposes)
            for consent in own.consents
        ),
        quiet_hours=_hours(own.quiet_hours),
        carers=tuple(
            facts.Carer(
                carer_id=carer.carer_id,
                name=carer.name,
                relationship=carer.relationship,
                phone=carer.phone,
                email=carer.email,
                scopes=carer.scopes,
            )
            for carer in patient.carers
        ),
    )
    work.publish(
        facts.PatientDetailsChanged(details=details),
        subject=patient.patient_id,
        aggregate=f"patient-details:{patient.patient_id}",
        version=patient.version,
    )


def _hours(hours: QuietHours | None) -> facts.QuietHours | None:
    if hours is None:
        return None
    return facts.QuietHours(starts=f"{hours.starts:%H:%M}", ends=f"{hours.ends:%H:%M}")


def tell_assessment(work: Work, kind: type[facts.AssessmentFact], done: Assessment) -> None:
    """A fact about one completed instrument, without its answers."""
    state = facts.AssessmentState(
        assessment_id=done.assessment_id,
        patient_id=done.patient_id,
        instrument=done.instrument,
        instrument_version=done.instrument_version,
        taken_at=done.taken_at,
        taken_on=done.taken_on,
        total=done.score.total,
        band=done.score.band.code if done.score.band else None,
        subscales=tuple(
            facts.ScaleState(code=scale.code, score=scale.score) for scale in done.score.subscales
        ),
    )
    work.publish(
        kind(assessment=state),
        subject=done.patient_id,
        aggregate=f"assessment:{done.assessment_id}",
        version=done.version,
    )


def tell_flag(work: Work, kind: type[facts.SafetyFlagFact], flag: Flag) -> None:
    """A fact about one safety flag."""
    state = facts.SafetyFlagState(
        flag_id=flag.flag_id,
        patient_id=flag.patient_id,
        kind=flag.kind,
        level=flag.level,
        rule=flag.rule,
        raised_at=flag.raised_at,
        due_at=flag.due_at,
        status=flag.status.value,
        acknowledged_by=flag.acknowledged_by,
        closed_by=flag.closed_by,
        outcome=flag.outcome,
    )
    work.publish(
        kind(flag=state),
        subject=flag.patient_id,
        aggregate=f"flag:{flag.flag_id}",
        version=flag.version,
    )


def tell_pathway(work: Work, kind: type[facts.PathwayFact], made: RecordedProposal) -> None:
    """A fact about one proposal and what was decided."""
    decision = made.decision
    state = facts.PathwayState(
        proposal_id=made.proposal_id,
        patient_id=made.patient_id,
        proposed_arms=tuple(arm.arm.code for arm in made.proposal.arms),
        ruleset_version=made.proposal.ruleset_version,
        decision=decision.verdict.value if decision else "pending",
        decided_arm=decision.arm if decision else None,
        decided_by=decision.by if decision else None,
    )
    work.publish(
        kind(pathway=state),
        subject=made.patient_id,
        aggregate=f"pathway:{made.proposal_id}",
        version=made.version,
    )


def tell_trajectory(
    work: Work,
    kind: type[facts.TrajectoryFact],
    *,
    instrument: str,
    found: Trajectory,
    at: Milestones,
) -> None:
    """A fact about where the scores stand; ``at.version`` is this fact's own."""
    confirmed = found.remission_confirmed
    state = facts.TrajectoryState(
        patient_id=at.patient_id,
        instrument=instrument,
        baseline_total=found.baseline.total if found.baseline else None,
        latest_total=found.latest.total if found.latest else None,
        latest_on=found.latest.taken_on if found.latest else None,
        response=found.response.value,
        remission_confirmed_on=confirmed.taken_on if confirmed else None,
        relapse_confirmed_on=at.relapse_on,
    )
    work.publish(
        kind(trajectory=state),
        subject=at.patient_id,
        aggregate=f"trajectory:{at.patient_id}",
        version=at.version,
    )
