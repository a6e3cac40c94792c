"""Rows to domain objects and back: one pair of small functions each."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter

from services.assessment.adapters.names import GONE, UNREADABLE, Named, named, sealed_who
from services.assessment.adapters.tables import CourseRow, MilestoneRow
from services.assessment.application.ports import Intake, RecordedProposal
from services.assessment.domain.assessment import Answers, Assessment, Mode
from services.assessment.domain.contact import Carer, QuietHours, consents_from
from services.assessment.domain.decision import Decision
from services.assessment.domain.following import FollowedCourse, Milestones
from services.assessment.domain.invitation import Invitation, InvitationStatus
from services.assessment.domain.pathway import Proposal
from services.assessment.domain.patient import Details, Patient, PatientStatus
from services.assessment.domain.safety import Flag, FlagStatus
from services.assessment.domain.scoring import Score
from services.assessment.domain.trajectory import Response
from shared.runtime.person_keys import KeyDestroyed, KeyMissing, PersonKeys

ANSWERS = TypeAdapter(Answers)
SCORE = TypeAdapter(Score)
PROPOSAL = TypeAdapter(Proposal)
DECISION = TypeAdapter(Decision)

CARERS = TypeAdapter(tuple[Carer, ...])
HOURS = TypeAdapter(QuietHours | None)
PATIENT = TypeAdapter(Patient)
ANSWERER = "answered-by"
ERASED = "erased"
UNREADABLE_NAME = "(name cannot be read)"
CONTACT = ("phone", "email", "postal_address")
"""How to reach the person, kept sealed with the people near to them."""
NAMES = ("given_name", "family_name", "birth_date")
NAMELESS: Mapping[str, Any] = dict.fromkeys((*NAMES, "identity"))
NOTHING: Mapping[str, Any] = {**dict.fromkeys(CONTACT), "carers": []}
_PERSONAL = ("details", "carers")
"""What of a kept version says who the person was."""

_IN_PARTS = {"consents", "quiet_hours"}
DETAIL_FIELDS = tuple(name for name in Details.__dataclass_fields__ if name not in _IN_PARTS)
"""Those with a column of their own name."""
_OTHERS = tuple(name for name in DETAIL_FIELDS if name not in {*CONTACT, *NAMES})
INVITATION_FIELDS = tuple(Invitation.__dataclass_fields__)
FLAG_FIELDS = tuple(Flag.__dataclass_fields__)


def patient_values(
    patient: Patient, keys: PersonKeys, *, sealing: PersonKeys | None
) -> dict[str, Any]:
    """The columns a change of the record may change; who they are is sealed if ``sealing``."""
    contact = {
        **{name: getattr(patient.details, name) for name in CONTACT},
        "carers": CARERS.dump_python(patient.carers, mode="json"),
    }
    return {
        **NOTHING,
        "contact": None if patient.erased_on else sealed_contact(patient.patient_id, contact, keys),
        **_names(patient, None if patient.erased_on else sealing),
        "erased_on": patient.erased_on,
        "quiet_hours": HOURS.dump_python(patient.details.quiet_hours, mode="json"),
        "consents": {each.channel: list(each.purposes) for each in patient.details.consents},
        "version": patient.version,
        "status": patient.status.value,
        "team": patient.team,
        "enrolled_on": patient.enrolled_on,
        "left_on": patient.left_on,
        "messages_stopped": patient.messages_stopped,
    } | {name: getattr(patient.details, name) for name in _OTHERS}


def _names(patient: Patient, sealing: PersonKeys | None) -> Mapping[str, Any]:
    own = patient.details
    if sealing is None:
        plain = {name: getattr(own, name) for name in NAMES}
        return plain | {"identity": own.identity, "who": None}
    who = Named.of(own.given_name, own.family_name, own.birth_date)
    return {**NAMELESS, "who": sealed_who(patient.patient_id, who, sealing)}


def sealed_contact(person: UUID, contact: Mapping[str, Any], keys: PersonKeys) -> bytes:
    return keys.seal(person, "contact", json.dumps(contact).encode())


def contact_from(row: Any, keys: PersonKeys) -> Mapping[str, Any]:
    """How to reach the person and who is near to them; of somebody erased, nothing. Rows of an
    older release are not sealed yet."""
    if row.erased_on is not None:
        return NOTHING
    if row.contact is None:
        return {name: getattr(row, name) for name in NOTHING}
    try:
        found: Mapping[str, Any] = json.loads(keys.open(row.patient_id, "contact", row.contact))
    except KeyDestroyed:  # restored from before the erasure, and about to be erased again
        return NOTHING
    return found


def version_parts(
    person: UUID, record: Mapping[str, Any], keys: PersonKeys, *, erased: bool = False
) -> dict[str, Any]:
    """A kept version in two columns: what anybody may keep, and who it was about, sealed."""
    personal = {name: record[name] for name in _PERSONAL if name in record}
    return {
        "record": {name: value for name, value in record.items() if name not in _PERSONAL},
        "personal": b""
        if erased or keys.is_destroyed(person)
        else keys.seal(person, "version", json.dumps(personal).encode()),
    }


def version_from(row: Any, keys: PersonKeys) -> dict[str, Any]:
    """A kept version in one piece; what was erased is not in it."""
    record: dict[str, Any] = dict(row.record)
    if not row.personal:
        return record
    try:
        personal: dict[str, Any] = json.loads(keys.open(row.patient_id, "version", row.personal))
    except KeyDestroyed:
        return record
    return record | personal


def care_team_values(patient: Patient) -> list[dict[str, Any]]:
    return [
        {"patient_id": patient.patient_id, "staff_id": staff_id, "place": place}
        for place, staff_id in enumerate(patient.care_team)
    ]


def patient_from(row: Any, care_team: Sequence[UUID], keys: PersonKeys) -> Patient:
    try:
        contact, readable = contact_from(row, keys), True
    except KeyMissing:  # care goes on without telephone numbers, but nothing is saved over them
        contact, readable = NOTHING, False
    who = named(row, keys)
    return Patient(
        patient_id=row.patient_id,
        details=Details(
            **{name: getattr(who, name) for name in NAMES},
            **{name: contact[name] for name in CONTACT},
            **{name: getattr(row, name) for name in _OTHERS},
            consents=consents_from(row.consents),
            quiet_hours=HOURS.validate_python(row.quiet_hours),
        ),
        carers=CARERS.validate_python(contact["carers"]),
        erased_on=row.erased_on,
        contact_readable=readable and who not in (GONE, UNREADABLE),
        team=row.team,
        care_team=tuple(care_team),
        enrolled_on=row.enrolled_on,
        status=PatientStatus(row.status),
        left_on=row.left_on,
        messages_stopped=row.messages_stopped,
        version=row.version,
    )


def version_values(assessment: Assessment) -> dict[str, Any]:
    """The columns every version of an assessment has of its own."""
    return {
        "version": assessment.version,
        "answers": ANSWERS.dump_python(assessment.answers, mode="json"),
        "score": SCORE.dump_python(assessment.score, mode="json"),
        "recorded_at": assessment.recorded_at,
        "recorded_by": assessment.recorded_by,
        "reason": assessment.reason,
    }


def assessment_values(assessment: Assessment, sealing: PersonKeys | None) -> dict[str, Any]:
    """The columns of a new one."""
    own = {
        "assessment_id": assessment.assessment_id,
        "patient_id": assessment.patient_id,
        "instrument": assessment.instrument,
        "instrument_version": assessment.instrument_version,
        "taken_at": assessment.taken_at,
        "taken_on": assessment.taken_on,
        "mode": assessment.mode.value,
    }
    return own | amended_values(assessment) | _answerer_values(assessment, sealing)


def amended_values(assessment: Assessment) -> dict[str, Any]:
    """The columns that another version of the answers changes."""
    scored = {"total": assessment.score.total, "positive": assessment.score.positive}
    return version_values(assessment) | scored


def _answerer_values(assessment: Assessment, sealing: PersonKeys | None) -> dict[str, Any]:
    """Who answered in the person's place: a name, so sealed as theirs is. Answers are taken
    without the key as well, for they may raise a flag: then the name is sealed when it is back."""
    name = assessment.answered_by
    if name is not None and sealing is not None:
        with suppress(KeyMissing):
            plain = name.encode()
            sealed = sealing.seal(assessment.patient_id, ANSWERER, plain, may_make=False)
            return {"answered_by": None, "answerer": sealed}
    return {"answered_by": name, "answerer": None}


def _answerer(row: Any, keys: PersonKeys) -> str | None:
    if row.answerer is None:
        return row.answered_by  # type: ignore[no-any-return]
    try:
        return keys.open(row.patient_id, ANSWERER, row.answerer).decode()
    except KeyDestroyed:
        return ERASED
    except KeyMissing:
        return UNREADABLE_NAME


def assessment_from(row: Any, keys: PersonKeys) -> Assessment:
    return Assessment(
        assessment_id=row.assessment_id,
        patient_id=row.patient_id,
        instrument=row.instrument,
        instrument_version=row.instrument_version,
        taken_at=row.taken_at,
        taken_on=row.taken_on,
        mode=Mode(row.mode),
        answers=ANSWERS.validate_python(row.answers),
        score=SCORE.validate_python(row.score),
        recorded_at=row.recorded_at,
        recorded_by=row.recorded_by,
        answered_by=_answerer(row, keys),
        reason=row.reason,
        version=row.version,
    )


def invitation_values(invitation: Invitation) -> dict[str, Any]:
    values = {name: getattr(invitation, name) for name in INVITATION_FIELDS}
    return values | {"status": invitation.status.value}


def invitation_from(row: Any) -> Invitation:
    values = {name: getattr(row, name) for name in INVITATION_FIELDS}
    return Invitation(**(values | {"status": InvitationStatus(row.status)}))


def flag_values(flag: Flag) -> dict[str, Any]:
    return {name: getattr(flag, name) for name in FLAG_FIELDS} | {"status": flag.status.value}


def flag_from(row: Any) -> Flag:
    values = {name: getattr(row, name) for name in FLAG_FIELDS}
    return Flag(**(values | {"status": FlagStatus(row.status)}))


def intake_from(row: Any) -> Intake:
    return Intake(
        patient_id=row.patient_id,
        version=row.version,
        answers=row.answers,
        recorded_at=row.recorded_at,
        recorded_by=row.recorded_by,
    )


def decision_values(made: RecordedProposal) -> dict[str, Any]:
    """The columns a decision fills."""
    decision = made.decision
    return {
        "version": made.version,
        "verdict": decision.verdict.value if decision else None,
        "decided_by": decision.by if decision else None,
        "decided_at": decision.at if decision else None,
        "decision": DECISION.dump_python(decision, mode="json") if decision else None,
    }


def proposal_values(made: RecordedProposal) -> dict[str, Any]:
    return decision_values(made) | {
        "proposal_id": made.proposal_id,
        "patient_id": made.patient_id,
        "proposed_at": made.proposed_at,
        "ruleset_version": made.proposal.ruleset_version,
        "proposal": PROPOSAL.dump_python(made.proposal, mode="json"),
    }


def proposal_from(row: Any) -> RecordedProposal:
    return RecordedProposal(
        proposal_id=row.proposal_id,
        patient_id=row.patient_id,
        proposed_at=row.proposed_at,
        proposal=PROPOSAL.validate_python(row.proposal),
        decision=DECISION.validate_python(row.decision) if row.decision else None,
        version=row.version,
    )


def course_from(row: Any) -> FollowedCourse:
    return FollowedCourse(
        course_id=row.course_id,
        patient_id=row.patient_id,
        started_on=row.started_on,
        primary_instrument=row.primary_instrument,
        closed=row.closed,
        baselines={code: UUID(value) for code, value in row.baselines.items()},
    )


def course_row(course: FollowedCourse) -> CourseRow:
    return CourseRow(
        course_id=course.course_id,
        patient_id=course.patient_id,
        started_on=course.started_on,
        primary_instrument=course.primary_instrument,
        closed=course.closed,
        baselines={code: str(value) for code, value in course.baselines.items()},
    )


def milestones_from(row: Any) -> Milestones:
    return Milestones(
        patient_id=row.patient_id,
        course_id=row.course_id,
        remission_on=row.remission_on,
        relapse_on=row.relapse_on,
        response=Response(row.response),
        version=row.version,
    )


def milestone_row(milestones: Milestones) -> MilestoneRow:
    return MilestoneRow(
        patient_id=milestones.patient_id,
        course_id=milestones.course_id,
        remission_on=milestones.remission_on,
        relapse_on=milestones.relapse_on,
        response=milestones.response.value,
        version=milestones.version,
    )
