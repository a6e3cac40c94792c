"""Domain objects as the bodies that cross HTTP."""

from collections.abc import Collection, Mapping
from datetime import datetime, time
from typing import Any
from uuid import UUID

from services.assessment.adapters.access import CARERS, DECIDERS, ERASERS
from services.assessment.adapters.listing import KeptVersion
from services.assessment.application.ports import Intake, RecordedProposal
from services.assessment.domain import intake as questions
from services.assessment.domain.assessment import Answers, Assessment, Mode
from services.assessment.domain.contact import Carer, QuietHours, Scope, consents_from
from services.assessment.domain.content import Content
from services.assessment.domain.instrument import TOTAL, Instrument
from services.assessment.domain.invitation import Invitation, InvitationStatus
from services.assessment.domain.pathway import TraceLine
from services.assessment.domain.patient import Details, Patient
from services.assessment.domain.rules import Rule, RuleSet
from services.assessment.domain.safety import Flag, FlagStatus, SafetyRules
from services.assessment.domain.scoring import ScaleScore
from shared.api import assessment as api
from shared.api.identity import Role
from shared.runtime.sealed_details import birth_of

DETAILS = tuple(set(Details.__dataclass_fields__) - {"consents", "quiet_hours"})
CARER = tuple(Carer.__dataclass_fields__)
FLAG = tuple(api.FlagBody.model_fields.keys() - {"actions", "status", "patient"})


def patient_body(
    patient: Patient,
    *,
    open_flags: int,
    role: Role,
    read_only: bool = False,
    proposed_erasure: api.ProposedErasure | None = None,
) -> api.PatientBody:
    """The record as ``role`` sees it; ``read_only`` in an emergency, when nothing can be done."""
    return api.PatientBody(
        patient_id=patient.patient_id,
        version=patient.version,
        status=patient.status.value,
        team=patient.team,
        care_team=patient.care_team,
        enrolled_on=patient.enrolled_on,
        left_on=patient.left_on,
        messages_stopped=patient.messages_stopped,
        open_flags=open_flags,
        actions=() if read_only else _patient_actions(patient, role, open_flags=open_flags),
        erased_on=patient.erased_on,
        birth_year=birth_of(patient.details.birth_date, erased=patient.erased_on is not None).year,
        contact_readable=patient.contact_readable,
        proposed_erasure=proposed_erasure,
        read_only=read_only,
        consents={
            each.channel.value: tuple(purpose.value for purpose in each.purposes)
            for each in patient.details.consents
        },
        quiet_hours=_hours(patient.details.quiet_hours),
        carers=tuple(
            api.CarerBody(**{name: getattr(carer, name) for name in CARER})
            for carer in patient.carers
        ),
        **{name: getattr(patient.details, name) for name in DETAILS},
    )


def _hours(hours: QuietHours | None) -> api.QuietHours | None:
    if hours is None:
        return None
    return api.QuietHours(starts=f"{hours.starts:%H:%M}", ends=f"{hours.ends:%H:%M}")


def details_values(sent: Mapping[str, Any]) -> dict[str, Any]:
    """What was sent of a person's details, as the domain holds it."""
    values = {name: value for name, value in sent.items() if name in Details.__dataclass_fields__}
    if "consents" in values:
        values["consents"] = consents_from(values["consents"])
    if hours := values.get("quiet_hours"):
        values["quiet_hours"] = QuietHours(
            starts=time.fromisoformat(hours["starts"]), ends=time.fromisoformat(hours["ends"])
        )
    return values


def carer_from(body: api.NewCarer, carer_id: UUID) -> Carer:
    return Carer(
        carer_id=carer_id,
        name=body.name,
        relationship=body.relationship,
        phone=body.phone,
        email=body.email,
        scopes=tuple(scope for scope in Scope if scope.value in body.scopes),
    )


def _patient_actions(patient: Patient, role: Role, *, open_flags: int) -> tuple[str, ...]:
    if patient.erased_on is not None:
        return ()
    if not patient.in_care:
        living = ("raise-flag",) if patient.status.value == "left-care" else ()
        erasing = ("erase",) if role in ERASERS and not open_flags else ()
        return (*living, "return-to-care", *erasing) if role in CARERS else living
    everyone = ("record-assessment", "invite", "record-intake", "raise-flag")
    if role not in CARERS:
        return everyone
    stopped = ("restart-messages",) if patient.messages_stopped else ()
    whole = ("amend", "set-care-team", "keep-carers", "leave-care", "propose-pathway")
    return (*everyone, *whole, *stopped)


def instrument_body(
    instrument: Instrument, wording: Mapping[str, str], *, retired: bool = False
) -> api.InstrumentBody:
    """A version of an instrument; nobody is asked a retired one."""
    enabled = instrument.enabled and not retired
    flagged = {flag.item for flag in instrument.red_flags}
    whole = instrument.scale(TOTAL)
    low, high = instrument.bounds(whole) if whole else (None, None)
    return api.InstrumentBody(
        code=instrument.code,
        version=instrument.version,
        title=instrument.title,
        purpose=instrument.purpose,
        direction=instrument.direction.value,
        enabled=enabled,
        by_link=enabled and instrument.by_link,
        retired=retired,
        right_to_use=instrument.right_to_use.statement,
        source=instrument.source,
        grade=instrument.grade,
        review=_review(instrument.reviewed_by),
        items=tuple(
            api.InstrumentItem(
                code=item.code,
                label=item.label,
                wording=wording.get(item.code),
                answers=tuple(
                    api.AnswerOption(value=answer.value, label=answer.label, loinc=answer.loinc)
                    for answer in instrument.options(item)
                ),
                loinc=item.loinc,
                red_flag=item.code in flagged,
                alarming_from=_alarming_from(instrument, item.code),
                may_not_apply=item.may_not_apply,
                scored=item.scored,
            )
            for item in instrument.items
        ),
        bands=tuple(
            api.Band(
                code=band.code,
                label=band.label,
                lowest=int(band.lowest),
                highest=int(band.highest),
            )
            for band in (whole.bands if whole else ())
        ),
        lowest=None if low is None else int(low),
        highest=None if high is None else int(high),
        loinc=instrument.loinc,
    )


def _alarming_from(instrument: Instrument, item: str) -> int | None:
    """The lowest answer to an item that raises a flag by itself."""
    return min(
        (
            flag.at_least
            for flag in instrument.red_flags
            if flag.item == item and flag.at_least is not None and not flag.with_intent
        ),
        default=None,
    )


def invitation_body(invitation: Invitation, *, now: datetime) -> api.InvitationBody:
    status = invitation.status_at(now)
    return api.InvitationBody(
        invitation_id=invitation.invitation_id,
        version=invitation.version,
        patient_id=invitation.patient_id,
        instrument=invitation.instrument,
        channel=invitation.channel,
        created_at=invitation.created_at,
        created_by=invitation.created_by,
        expires_at=invitation.expires_at,
        status=status.value,
        assessment_id=invitation.assessment_id,
        actions=("revoke",) if status is InvitationStatus.OPEN else (),
    )


def answers_from(body: api.NewAssessment | api.AmendAssessment) -> Answers:
    return Answers(
        by_item=dict(body.answers),
        not_applicable=tuple(sorted(set(body.not_applicable))),
        submitted_total=body.submitted_total,
        intent_stated=bool(body.intent_stated),
    )


def assessment_body(
    assessment: Assessment, flags: Collection[Flag], content: Content, *, role: Role
) -> api.AssessmentBody:
    score = assessment.score
    return api.AssessmentBody(
        assessment_id=assessment.assessment_id,
        version=assessment.version,
        patient_id=assessment.patient_id,
        instrument=assessment.instrument,
        instrument_version=assessment.instrument_version,
        taken_at=assessment.taken_at,
        taken_on=assessment.taken_on,
        recorded_at=assessment.recorded_at,
        recorded_by=assessment.recorded_by,
        mode=Mode(assessment.mode).value,
        answered_by=assessment.answered_by,
        answers=dict(assessment.answers.by_item),
        not_applicable=assessment.answers.not_applicable,
        missing=score.missing,
        total=score.total,
        highest=score.highest,
        self_harm_item=_self_harm_item(assessment, content),
        band=score.band.code if score.band else None,
        band_label=score.band.label if score.band else None,
        subscales=tuple(map(_subscale, score.subscales)),
        positive=score.positive,
        submitted_total=assessment.answers.submitted_total,
        submitted_total_differs=assessment.submitted_total_differs,
        findings=_findings(assessment),
        flags=tuple(flag_body(flag, role=role) for flag in flags),
        amended=assessment.version > 1,
        actions=("amend",) if role in CARERS else (),
    )


def _self_harm_item(assessment: Assessment, content: Content) -> int | None:
    taken_with = content.taken_with(assessment.instrument, assessment.instrument_version)
    asked = {flag.item for flag in taken_with.red_flags} if taken_with else set()
    given = (value for item, value in assessment.answers.by_item.items() if item in asked)
    return max(given, default=None)


def _findings(assessment: Assessment) -> tuple[str, ...]:
    if not assessment.submitted_total_differs:
        return assessment.score.findings
    return (
        *assessment.score.findings,
        f"The total sent was {assessment.answers.submitted_total}; it differs and is not used.",
    )


def _subscale(scale: ScaleScore) -> api.SubscaleScore:
    return api.SubscaleScore(
        code=scale.code,
        label=scale.label,
        score=None if scale.score is None else f"{round(scale.score, 2).normalize():f}",
        band=scale.band.code if scale.band else None,
    )


def version_body(kept: KeptVersion) -> api.AssessmentVersion:
    return api.AssessmentVersion(
        version=kept.version,
        recorded_at=kept.recorded_at,
        recorded_by=kept.recorded_by,
        answers=dict(kept.answers.by_item),
        not_applicable=kept.answers.not_applicable,
        total=kept.score.total,
        band=kept.score.band.code if kept.score.band else None,
        reason=kept.reason,
    )


def question_body(question: questions.Question) -> api.Question:
    return api.Question(
        code=question.code,
        label=question.label,
        choices=tuple(map(choice_body, question.choices)),
        required=question.required,
        group=question.group,
        source=question.source,
        grade=question.grade,
    )


def choice_body(choice: questions.Choice) -> api.Choice:
    return api.Choice(code=choice.code, label=choice.label)


def intake_body(
    intake: Intake, rules: RuleSet, patient: Patient, flags: Collection[Flag], *, role: Role
) -> api.IntakeBody:
    again = None
    if intake.recorded_at is not None:
        recorded_on = intake.recorded_at.astimezone(patient.details.zone).date()
        again = questions.ask_again_on(rules.intake, intake.answers, recorded_on=recorded_on)
    return api.IntakeBody(
        patient_id=intake.patient_id,
        version=intake.version,
        answers=dict(intake.answers),
        missing=questions.unanswered(rules.intake, intake.answers),
        ask_again_on=again,
        recorded_at=intake.recorded_at,
        recorded_by=intake.recorded_by,
        flags=tuple(flag_body(flag, role=role) for flag in flags),
    )


def safety_rules_body(rules: SafetyRules) -> api.SafetyRules:
    return api.SafetyRules(
        triggers=tuple(
            api.SafetyTrigger(
                code=trigger.code,
                title=trigger.title,
                level=trigger.level,
                act=trigger.act,
                source=trigger.source,
                grade=trigger.grade,
            )
            for trigger in rules.triggers
            if trigger.by_staff
        ),
        outcomes=tuple(
            api.Choice(code=outcome.code, label=outcome.label) for outcome in rules.outcomes
        ),
    )


def flag_body(flag: Flag, *, role: Role) -> api.FlagBody:
    values = {name: getattr(flag, name) for name in FLAG}
    return api.FlagBody(**values, status=flag.status.value, actions=_flag_actions(flag, role))


def _flag_actions(flag: Flag, role: Role) -> tuple[str, ...]:
    if flag.status is FlagStatus.CLOSED:
        return ()
    return ("acknowledge", "close") if role in CARERS else ("acknowledge",)


def pathway_content(rules: RuleSet) -> api.PathwayContent:
    return api.PathwayContent(
        ruleset_version=rules.version,
        arms=tuple(
            api.Arm(code=arm.code, label=arm.label, summary=arm.summary, needs=arm.needs)
            for arm in rules.arms
        ),
        plan_questions=tuple(map(question_body, rules.plan)),
        decision_reasons=tuple(map(choice_body, rules.decision_reasons)),
        guard_reasons=tuple(map(choice_body, rules.guard_reasons)),
        rules=tuple(
            api.RuleBody(
                rule=rule.id,
                version=rule.version,
                title=rule.title,
                condition=rules.words(rule),
                source=rule.source,
                grade=rule.grade,
                review=rule.review,
            )
            for rule in rules.rules
        ),
    )


def proposal_body(made: RecordedProposal, content: Content, *, role: Role) -> api.ProposalBody:
    proposal, decision = made.proposal, made.decision
    labels = content.pathway.labels
    may_decide = decision is None and role in DECIDERS and bool(proposal.arms)
    return api.ProposalBody(
        proposal_id=made.proposal_id,
        version=made.version,
        patient_id=made.patient_id,
        proposed_at=made.proposed_at,
        ruleset_version=proposal.ruleset_version,
        arms=tuple(
            api.ProposedArm(
                code=offered.arm.code,
                label=offered.arm.label,
                summary=offered.arm.summary,
                rules=tuple(rule.id for rule in offered.rules),
                review="; ".join(sorted({rule.review for rule in offered.rules})),
            )
            for offered in proposal.arms
        ),
        advice=tuple(
            api.Advice(text=rule.advice, rule=rule.id) for rule in proposal.advice if rule.advice
        ),
        guards=tuple(guard_body(rule) for rule in proposal.guards),
        needs=tuple(api.Choice(code=code, label=labels.get(code, code)) for code in proposal.needs),
        pending_human_review=proposal.is_pending,
        trace=tuple(map(_trace_line, proposal.trace)),
        decision=decision.verdict.value if decision else "pending",
        decided_arm=decision.arm if decision else None,
        decided_by=decision.by if decision else None,
        decided_at=decision.at if decision else None,
        reason=decision.reason if decision else None,
        note=decision.note if decision else None,
        plan=dict(decision.plan) if decision else {},
        guard_reasons=dict(decision.guard_reasons) if decision else {},
        signed_at=decision.signed_at if decision else None,
        actions=("decide",) if may_decide else (),
    )


def guard_body(rule: Rule) -> api.Guard:
    """A guard in words, with the rule behind it."""
    code, text = (rule.guard.code, rule.guard.text) if rule.guard else ("", "")
    return api.Guard(code=code, text=text, rule=rule.id)


def _trace_line(line: TraceLine) -> api.TraceLine:
    rule = line.rule
    return api.TraceLine(
        rule=rule.id,
        version=rule.version,
        title=rule.title,
        outcome=line.outcome.value,
        condition=line.condition,
        facts=tuple(
            api.FactUsed(code=fact.code, label=fact.label, value=fact.value) for fact in line.facts
        ),
        effect=line.effect,
        source=rule.source,
        grade=rule.grade,
        review=rule.review,
    )


def _review(reviewed_by: str | None) -> str:
    return f"reviewed by {reviewed_by}" if reviewed_by else "pending human review"
