"""Bodies of the assessment service: patients, instruments, flags, pathway, trajectory.

Routes, all under ``/api/v1`` (R = any clinical role that may see the patient: prescriber,
nurse, lead, facilitator; P = prescriber; L = prescriber or lead; N = prescriber, nurse or lead):

====== ======================================== ==== ======================= =====================
Method Path                                     Who  Body                    Answer
====== ======================================== ==== ======================= =====================
POST   /patients                                N    NewPatient              201 PatientBody (a)
GET    /patients                                R    query PatientQuery      Page[PatientSummary]
POST   /patients/search                         R    PatientSearch           PatientsFound
GET    /recent-patients                         R                            PatientsFound (e)
GET    /patient-counts                          R                            PatientCounts
GET    /patients/{patient_id}                   R                            PatientBody
PATCH  /patients/{patient_id}                   N    PatientChanges (b)      PatientBody
PUT    /patients/{patient_id}/care-team         N    CareTeam (b)            PatientBody
POST   /patients/{patient_id}/carers            N    NewCarer (b)            PatientBody
PUT    /patients/{patient_id}/carers/{carer_id} N    NewCarer (b)            PatientBody
POST   /patients/{patient_id}/carers/{carer_id}/end
                                                N    EndCarer (b)            PatientBody
GET    /patients/{patient_id}/history           R                            PatientHistory
POST   /patients/{patient_id}/leave-care        N    LeaveCare (b)           PatientBody
POST   /patients/{patient_id}/return-to-care    N    ReturnToCare (b)        PatientBody
POST   /patients/{patient_id}/restart-messages  N    RestartMessages (b)     PatientBody
POST   /patients/{patient_id}/erase             L    ErasePerson (b) (f)     PatientBody
GET    /retention                               O                            RetentionBody
POST   /retention/erase                         O    EraseDue (f)            RetentionBody
GET    /instruments                             R                            InstrumentList
GET    /instruments/{code}                      R    query InstrumentQuery   InstrumentBody
POST   /patients/{patient_id}/assessments       R    NewAssessment           201 AssessmentBody (c)
GET    /patients/{patient_id}/assessments       R    query AssessmentQuery   Page[AssessmentBody]
GET    /assessments/{assessment_id}             R                            AssessmentBody
POST   /assessments/{assessment_id}/amend       N    AmendAssessment (b)     AssessmentBody
GET    /assessments/{assessment_id}/history     R                            AssessmentHistory
POST   /patients/{patient_id}/invitations       R    NewInvitation           201 InvitationBody
GET    /patients/{patient_id}/invitations       R                            InvitationList
POST   /invitations/{invitation_id}/revoke      R    RevokeInvitation        InvitationBody
POST   /invitations/open                        S    Secret                  OpenedInvitation (e)
POST   /invitations/answer                      S    InvitationAnswers       AnsweredInvitation (e)
GET    /intake-form                             R                            IntakeForm
GET    /patients/{patient_id}/intake            R                            IntakeBody (d)
PUT    /patients/{patient_id}/intake            R    Intake (b)              IntakeBody
GET    /safety-rules                            R                            SafetyRules
GET    /flags                                   R    query FlagQuery         Page[FlagBody]
POST   /patients/{patient_id}/flags             R    RaiseFlag               201 FlagBody
POST   /flags/{flag_id}/acknowledge             R    AcknowledgeFlag         FlagBody
POST   /flags/{flag_id}/close                   N    CloseFlag               FlagBody
GET    /pathway                                 R                            PathwayContent
POST   /patients/{patient_id}/pathway-proposals N    NewProposal             201 ProposalBody
GET    /patients/{patient_id}/pathway-proposals R    query ProposalQuery     Page[ProposalBody]
GET    /pathway-proposals                       R    query ProposalQuery     Page[WaitingProposal]
GET    /pathway-proposals/{proposal_id}         R                            ProposalBody
POST   /pathway-proposals/{proposal_id}/check    P   PathwayDecision         DecisionCheck
POST   /pathway-proposals/{proposal_id}/decision P   PathwayDecision (b)     ProposalBody
GET    /pathway/report                          L    query ReportQuery       RuleReport
GET    /patients/{patient_id}/trajectory        R                            TrajectoryBody
====== ======================================== ==== ======================= =====================

(a) 409 ``possible-duplicate`` when name and birth date are already known; the ``context`` of its
problem document carries ``candidates``, patient ids only. Send ``duplicate_reason`` to go on.
(b) takes ``If-Match`` with the ``version`` last read. (c) the flags in the answer are already
raised and stored. (d) version 0 and no answers until the first PUT.
(e) whose record the caller opened last, newest first. (e) S is the portal, for
whoever holds the link; 410 ``link-ended`` whatever the reason.

(f) the first time proposes it, and a second person who asks for the same within a day does it.
O is a lead, operations or (to look) an auditor; the answer holds ids and dates alone.

``actions`` names what the service would accept now in this state, so a page need not guess.
"""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from shared.api.body import BirthYear, Body, Code

BirthDate = Annotated[
    date | None,
    Field(
        description="0001-01-01 while it cannot be read. Of somebody erased still the first day of"
        " the year, which is nobody's birthday, and null in a later release: read birth_year."
    ),
]
PersonName = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^\S(.*\S)?$")]
Sentence = Annotated[str, Field(min_length=1, max_length=2000)]
ItemAnswers = Annotated[
    dict[Code, Annotated[int, Field(strict=True, ge=0, le=1000)]], Field(max_length=100)
]
ChosenAnswers = Annotated[dict[Code, Code], Field(max_length=100)]
TimeZone = Annotated[str, Field(min_length=1, max_length=64)]
Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
Phone = Annotated[str, Field(pattern=r"^\+?[0-9 ()-]{5,30}$")]
Email = Annotated[str, Field(max_length=254, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")]
Cursor = Annotated[str, Field(max_length=200)]
Limit = Annotated[int, Field(ge=1, le=200)]

PatientStatus = Literal["active", "left-care", "deceased"]
FlagStatus = Literal["open", "acknowledged", "closed"]
Mode = Literal["in-person", "telephone", "remote", "proxy"]
"""How the answers were obtained; ``proxy`` means somebody else answered for the person."""

Channel = Literal["telephone", "text", "email", "letter"]
Purpose = Literal["appointments", "course", "questionnaires", "outreach"]
"""``course``: days on which a dose changes, check-ins, the printed plan, the calendar."""
Scope = Literal["appointments", "medicines", "progress", "support", "urgent"]
"""What a carer may be told or asked; ``urgent``: may be called when there is danger."""
LocalTime = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
PostalAddress = Annotated[str, Field(min_length=1, max_length=500)]
Consents = dict[Channel, Annotated[tuple[Purpose, ...], Field(max_length=10)]]
"""What each channel may be used for. One that is absent or empty may not be used at all."""


class QuietHours(Body):
    """No message from ``starts`` to ``ends`` on the person's own clock; may run over midnight."""

    starts: LocalTime
    ends: LocalTime


# Patients


class NewPatient(Body):
    """Enrol a person. ``duplicate_reason`` is needed only after a 409."""

    given_name: PersonName
    family_name: PersonName
    birth_date: date
    time_zone: TimeZone
    language: Language
    team: Code
    care_team: Annotated[tuple[UUID, ...], Field(max_length=50)] = ()
    phone: Phone | None = None
    email: Email | None = None
    postal_address: PostalAddress | None = None
    neutral_wording: bool = True
    consents: Consents = Field(default_factory=dict)
    quiet_hours: QuietHours | None = None
    duplicate_reason: Sentence | None = None


class PatientChanges(Body):
    """Only the fields sent are changed; ``null`` clears a phone, an address or quiet hours.

    ``consents`` replaces all of them. Clearing a number or an address withdraws its consents.
    """

    given_name: PersonName | None = None
    family_name: PersonName | None = None
    birth_date: date | None = None
    time_zone: TimeZone | None = None
    language: Language | None = None
    phone: Phone | None = None
    email: Email | None = None
    postal_address: PostalAddress | None = None
    neutral_wording: bool | None = None
    consents: Consents | None = None
    quiet_hours: QuietHours | None = None
    reason: Sentence | None = None


class CareTeam(Body):
    """Who may see the person: a team, and named members of staff. Another team is a transfer and
    needs a ``reason``."""

    team: Code
    care_team: Annotated[tuple[UUID, ...], Field(max_length=50)]
    reason: Sentence | None = None


class NewCarer(Body):
    """Somebody near to the person, and what the person agreed they may be told. No ``scopes``:
    they may tell us something and are told nothing."""

    name: PersonName
    relationship: Annotated[str, Field(min_length=1, max_length=100)]
    phone: Phone | None = None
    email: Email | None = None
    scopes: Annotated[tuple[Scope, ...], Field(max_length=10)] = ()


class EndCarer(Body):
    """They are no longer told anything."""

    reason: Sentence


class CarerBody(Body):
    carer_id: UUID
    name: str
    relationship: str
    phone: str | None
    email: str | None
    scopes: tuple[Scope, ...]


class PatientVersion(Body):
    """The record as one person left it; ``what`` names the fields that changed."""

    version: int
    recorded_at: AwareDatetime
    recorded_by: str
    reason: str | None
    what: tuple[str, ...]


class HistoryQuery(Body):
    cursor: Cursor | None = None
    limit: Limit = 200


class PatientHistory(Body):
    """Changes of the record, newest first; ``next`` is the cursor of older ones."""

    versions: tuple[PatientVersion, ...]
    next: str | None = None


class LeaveCare(Body):
    """End care. Every message and reminder to the person stops; open flags stay open."""

    status: Literal["left-care", "deceased"]
    on: date
    reason: Sentence


class ReturnToCare(Body):
    """Undo an end of care, a death included. Nothing is sent to the person before messages are
    restarted, and links from before stay ended."""

    reason: Sentence


class RestartMessages(Body):
    """The person may be written to again, as far as they agreed to it."""

    reason: Sentence


ErasureReason = Literal["asked-for", "kept-long-enough", "should-not-be-here"]


class ErasePerson(Body):
    """Forget who the person was; what was measured and decided stays. It cannot be undone."""

    reason: ErasureReason


class ProposedErasure(Body):
    """Somebody wants this person erased; a second person has to do it before the day is over."""

    reason: str
    proposed_by: str
    proposed_at: AwareDatetime


class DuePerson(Body):
    patient_id: UUID
    left_on: date
    due_on: date


class KeptClass(Body):
    """How long one class of records is kept: years after care has ended, or days; neither means
    without end. ``source`` is the deployer's own; None where nobody said anything."""

    record: Literal["contact", "clinical", "audit", "notices", "events", "answers"]
    years: int | None = None
    days: int | None = None
    source: str | None = None


class RetentionBody(Body):
    """Whose names and contact data have been kept as long as this installation keeps them, those
    longest due first (at most 200 of ``due``). ``after_care_years`` None: nothing is ever due.
    ``waiting``: due, and kept because a safety flag is open. ``erased``: how many this call did.
    """

    after_care_years: int | None
    due: int
    waiting: int
    people: tuple[DuePerson, ...]
    classes: tuple[KeptClass, ...] = ()
    proposed_by: str | None = None
    proposed_at: AwareDatetime | None = None
    erased: int = 0


class EraseDue(Body):
    """Erase everybody who is due. ``due`` is the number that was seen."""

    due: Annotated[int, Field(ge=1, le=1_000_000)]


class PatientBody(Body):
    patient_id: UUID
    version: int
    status: PatientStatus
    team: str
    care_team: tuple[UUID, ...]
    enrolled_on: date
    left_on: date | None
    given_name: str
    family_name: str
    birth_date: BirthDate
    birth_year: BirthYear = None
    time_zone: str
    language: str
    phone: str | None
    email: str | None
    postal_address: str | None
    neutral_wording: bool
    consents: Consents
    quiet_hours: QuietHours | None
    carers: tuple[CarerBody, ...]
    messages_stopped: bool
    open_flags: int
    actions: tuple[str, ...]
    erased_on: date | None = None
    """Since that day the names say so, and ``birth_year`` is all that is true of the birth date."""
    proposed_erasure: ProposedErasure | None = None
    contact_readable: bool = True
    """False: the key of the contact data is missing; they look empty and cannot be changed."""
    read_only: bool = False
    """Seen in an emergency (``shared/api/emergency.py``): nothing can be changed."""


class PatientSummary(Body):
    """One row of a list."""

    patient_id: UUID
    status: PatientStatus
    team: str
    given_name: str
    family_name: str
    birth_date: BirthDate
    birth_year: BirthYear = None
    enrolled_on: date
    open_flags: int
    erased_on: date | None = None


class PatientQuery(Body):
    """``ownerless``: only people in care whom no active colleague looks after; a lead sees them
    all. ``flagged``: only people with a safety flag that is not closed. ``newly_assessed``: only
    people who answered a questionnaire within the last seven days. ``sort`` runs upwards, or
    downwards with a dash before it."""

    status: PatientStatus = "active"
    ownerless: bool = False
    flagged: bool = False
    newly_assessed: bool = False
    sort: Literal["name", "-name", "born", "-born", "enrolled", "-enrolled"] = "name"
    cursor: Cursor | None = None
    limit: Limit = 50


class PatientSearch(Body):
    """All that is given is matched; a name matches the start of either name. ``number`` is the
    short one pages show: the first eight signs of the id, with or without a blank between."""

    name: Annotated[str, Field(min_length=2, max_length=100)] | None = None
    birth_date: date | None = None
    number: Annotated[str, Field(pattern=r"^[0-9A-Fa-f]{4} ?[0-9A-Fa-f]{4}$")] | None = None


class PatientsFound(Body):
    """At most the first 50 by name; ``more`` says that there were others."""

    items: tuple[PatientSummary, ...]
    more: bool


class PatientCounts(Body):
    """How many people in care there are of a kind: with a questionnaire of the last seven days,
    with an open safety flag, and, for a lead, whom no active colleague looks after."""

    newly_assessed: int
    flagged: int
    ownerless: int


# Instruments


class AnswerOption(Body):
    """One answer a person can give: what is sent, and our own words for it."""

    value: int
    label: str
    loinc: str | None = None


class InstrumentItem(Body):
    """``red_flag``: an answer may raise a safety flag, from ``alarming_from`` on.
    ``may_not_apply``: it can be left out.

    ``label`` is our own short name; ``wording`` is the official text where one is installed.
    """

    code: str
    label: str
    wording: str | None = None
    answers: tuple[AnswerOption, ...]
    loinc: str | None = None
    red_flag: bool = False
    may_not_apply: bool = False
    scored: bool = True
    alarming_from: int | None = None


class Band(Body):
    code: str
    label: str
    lowest: int
    highest: int


class InstrumentBody(Body):
    """``direction`` says whether a higher total is worse; ``enabled`` needs a right to use;
    ``by_link``: people may answer it alone, by a one-time link."""

    code: str
    version: str
    title: str
    purpose: str
    direction: Literal["higher-is-worse", "higher-is-better", "neither"]
    enabled: bool
    by_link: bool
    right_to_use: str
    source: str
    grade: str
    review: str
    items: tuple[InstrumentItem, ...]
    bands: tuple[Band, ...]
    lowest: int | None
    highest: int | None
    loinc: str | None = None
    retired: bool = False


class InstrumentQuery(Body):
    """``version``: the one in use when left out; a retired one is kept to read old answers by."""

    version: Annotated[str, Field(min_length=1, max_length=32)] | None = None


class InstrumentList(Body):
    """``items`` are in use, enabled or not; ``retired`` versions only say what was asked then."""

    items: tuple[InstrumentBody, ...]
    retired: tuple[InstrumentBody, ...] = ()


# Assessments


class NewAssessment(Body):
    """Answers by item code. A missing item is simply absent; it never counts as zero.

    ``answered_by`` says who answered, for mode ``proxy``. ``submitted_total`` is kept, compared,
    and never used. ``intent_stated`` is what the person
    said when asked, and can only raise the level of a flag.
    """

    instrument: Code
    instrument_version: Annotated[str, Field(max_length=32)] | None = None
    answers: ItemAnswers
    not_applicable: Annotated[tuple[Code, ...], Field(max_length=100)] = ()
    taken_at: AwareDatetime | None = None
    mode: Mode = "in-person"
    answered_by: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    submitted_total: Annotated[int, Field(ge=-1000, le=100_000)] | None = None
    intent_stated: bool | None = None


class AmendAssessment(Body):
    """Replace the answers, with a reason. The earlier version is kept."""

    answers: ItemAnswers
    not_applicable: Annotated[tuple[Code, ...], Field(max_length=100)] = ()
    submitted_total: Annotated[int, Field(ge=-1000, le=100_000)] | None = None
    intent_stated: bool | None = None
    reason: Sentence


class AssessmentQuery(Body):
    instrument: Code | None = None
    cursor: Cursor | None = None
    limit: Limit = 50


class SubscaleScore(Body):
    """``score`` is an exact decimal as text (a mean may be fractional), null when unknown."""

    code: str
    label: str
    score: str | None
    band: str | None


class FlagBody(Body):
    """Something that needs a person by ``due_at``. ``act`` says what to do, in plain words."""

    flag_id: UUID
    version: int
    patient_id: UUID
    kind: str
    title: str
    act: str
    level: int
    rule: str
    source: str
    grade: str
    assessment_id: UUID | None
    raised_at: AwareDatetime
    due_at: AwareDatetime
    status: FlagStatus
    acknowledged_by: UUID | None
    acknowledged_at: AwareDatetime | None
    closed_by: UUID | None
    closed_at: AwareDatetime | None
    outcome: str | None
    note: str | None
    actions: tuple[str, ...]
    patient: PatientSummary | None = Field(default=None, description="who it is, on lists")


class AssessmentBody(Body):
    """``total`` is null when an item is missing; ``findings`` are warnings in plain words.
    ``self_harm_item`` is the highest answer to a question that can raise a safety flag; null when
    none was answered."""

    assessment_id: UUID
    version: int
    patient_id: UUID
    instrument: str
    instrument_version: str
    taken_at: AwareDatetime
    taken_on: date
    recorded_at: AwareDatetime
    recorded_by: str
    mode: Mode
    answered_by: str | None
    answers: dict[str, int]
    not_applicable: tuple[str, ...]
    missing: tuple[str, ...]
    total: int | None
    highest: int | None
    self_harm_item: int | None
    band: str | None
    band_label: str | None
    subscales: tuple[SubscaleScore, ...]
    positive: bool | None
    submitted_total: int | None
    submitted_total_differs: bool
    findings: tuple[str, ...]
    flags: tuple[FlagBody, ...]
    amended: bool
    actions: tuple[str, ...]


class AssessmentVersion(Body):
    version: int
    recorded_at: AwareDatetime
    recorded_by: str
    answers: dict[str, int]
    not_applicable: tuple[str, ...]
    total: int | None
    band: str | None
    reason: str | None


class AssessmentHistory(Body):
    assessment_id: UUID
    versions: tuple[AssessmentVersion, ...]


# One-time links

SecretHash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
LinkSecret = Annotated[str, Field(min_length=43, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]
"""256 random bits in URL-safe base64."""


class NewInvitation(Body):
    """A link to one questionnaire, for one answer. Whoever makes the link makes its secret (at
    least 256 random bits) and sends only its SHA-256: this service never holds a working link.

    ``channel``: how it goes to the person; anything but ``in-person`` needs their consent to
    questionnaires by it. An earlier link to the same questionnaire ends.
    """

    instrument: Code
    channel: Literal["in-person", "text", "email", "letter"]
    secret_sha256: SecretHash
    lasts_hours: Annotated[int, Field(ge=1, le=72)] = 72


class RevokeInvitation(Body):
    """Take the link back."""


class InvitationBody(Body):
    invitation_id: UUID
    version: int
    patient_id: UUID
    instrument: str
    channel: str
    created_at: AwareDatetime
    created_by: UUID
    expires_at: AwareDatetime
    status: Literal["open", "used", "revoked", "expired"]
    assessment_id: UUID | None
    actions: tuple[str, ...]


class InvitationQuery(Body):
    cursor: Cursor | None = None
    limit: Limit = 50


class InvitationList(Body):
    """Links of a person, newest first; ``next`` is the cursor of older ones."""

    items: tuple[InvitationBody, ...]
    next: str | None = None


class Secret(Body):
    """What the link holds."""

    secret: LinkSecret


class OpenedInvitation(Body):
    """The questionnaire a link leads to, and nothing about whom it is for."""

    instrument: InstrumentBody
    expires_at: AwareDatetime
    language: str


class InvitationAnswers(Body):
    """``answered_by``: who answered, where it was not the person themselves."""

    secret: LinkSecret
    answers: ItemAnswers
    not_applicable: Annotated[tuple[Code, ...], Field(max_length=100)] = ()
    answered_by: Annotated[str, Field(min_length=1, max_length=100)] | None = None


class AnsweredInvitation(Body):
    """``alarming``: an answer raised a safety flag; show where help is, at once."""

    alarming: bool


# Intake facts


class Choice(Body):
    code: str
    label: str


class Question(Body):
    """One closed question. ``required``: nothing can be proposed before it is answered."""

    code: str
    label: str
    choices: tuple[Choice, ...]
    required: bool
    group: str
    source: str
    grade: str


class IntakeForm(Body):
    questions: tuple[Question, ...]


class Intake(Body):
    """Answers by question code, each one of that question's choice codes."""

    answers: ChosenAnswers


class IntakeBody(Body):
    patient_id: UUID
    version: int
    answers: dict[str, str]
    missing: tuple[str, ...]
    ask_again_on: date | None
    recorded_at: AwareDatetime | None
    recorded_by: str | None
    flags: tuple[FlagBody, ...] = ()


# Safety flags


class SafetyTrigger(Body):
    """What a member of staff may raise a flag for, having seen or heard it."""

    code: str
    title: str
    level: int
    act: str
    source: str
    grade: str


class SafetyRules(Body):
    triggers: tuple[SafetyTrigger, ...]
    outcomes: tuple[Choice, ...]


class FlagQuery(Body):
    """``live`` means open or acknowledged: everything a person has not closed yet. ``flag_id``
    narrows the list to one flag."""

    flag_id: UUID | None = None
    status: Literal["live", "open", "acknowledged", "closed"] = "live"
    patient_id: UUID | None = None
    cursor: Cursor | None = None
    limit: Limit = 50


class RaiseFlag(Body):
    """A member of staff saw or heard something; ``trigger`` is a code of the safety rules."""

    trigger: Code
    note: Sentence | None = None


class AcknowledgeFlag(Body):
    """The caller takes the flag on. ``patient_id``: whose they take it for; under anybody else's
    name it is unknown."""

    patient_id: UUID | None = None


class CloseFlag(Body):
    """``outcome`` is a code of the safety rules: what was found and done. ``patient_id`` as in
    ``AcknowledgeFlag``."""

    patient_id: UUID | None = None
    outcome: Code
    note: Sentence | None = None


# Pathway


class Arm(Body):
    """One kind of help. ``needs`` are question codes a plan of this arm must answer."""

    code: str
    label: str
    summary: str
    needs: tuple[str, ...] = ()


class RuleBody(Body):
    """One row of the decision table, in words, with where it comes from."""

    rule: str
    version: int
    title: str
    condition: str
    source: str
    grade: str
    review: str


class PathwayContent(Body):
    """What a page needs to show and answer a proposal."""

    ruleset_version: str
    arms: tuple[Arm, ...]
    plan_questions: tuple[Question, ...]
    decision_reasons: tuple[Choice, ...]
    guard_reasons: tuple[Choice, ...]
    rules: tuple[RuleBody, ...]


class NewProposal(Body):
    """Propose from what is recorded now."""


class ProposalQuery(Body):
    cursor: Cursor | None = None
    limit: Limit = 20


class FactUsed(Body):
    """A fact as the rule saw it; ``value`` null means it was not known."""

    code: str
    label: str
    value: str | None


class TraceLine(Body):
    """What one rule did: ``unknown`` means that a fact it needs is missing."""

    rule: str
    version: int
    title: str
    outcome: Literal["fired", "not-fired", "unknown"]
    condition: str
    facts: tuple[FactUsed, ...]
    effect: str
    source: str
    grade: str
    review: str


class ProposedArm(Body):
    code: str
    label: str
    summary: str
    rules: tuple[str, ...]
    review: str


class Advice(Body):
    """Something to do or to check, said by a rule."""

    text: str
    rule: str


class Guard(Body):
    """A plan like this needs a coded reason before it may start."""

    code: str
    text: str
    rule: str


class ProposalBody(Body):
    """``arms`` best first. Empty ``arms`` with ``needs``: answer those questions first.

    ``pending_human_review``: at least one rule behind the arms was not reviewed by a clinician.
    """

    proposal_id: UUID
    version: int
    patient_id: UUID
    proposed_at: AwareDatetime
    ruleset_version: str
    arms: tuple[ProposedArm, ...]
    advice: tuple[Advice, ...]
    guards: tuple[Guard, ...]
    needs: tuple[Choice, ...]
    pending_human_review: bool
    trace: tuple[TraceLine, ...]
    decision: Literal["pending", "accepted", "changed", "declined"]
    decided_arm: str | None
    decided_by: UUID | None
    decided_at: AwareDatetime | None
    reason: str | None
    note: str | None
    plan: dict[str, str]
    guard_reasons: dict[str, str]
    signed_at: AwareDatetime | None
    actions: tuple[str, ...]


class WaitingProposal(Body):
    """A person's newest proposal while nobody has decided on it; ``arms`` are labels."""

    proposal_id: UUID
    proposed_at: AwareDatetime
    arms: tuple[str, ...]
    patient: PatientSummary


class PathwayDecision(Body):
    """Accept takes a proposed arm; change takes another one; decline takes none.

    ``reason`` is needed to change or decline. ``plan`` answers the plan questions;
    ``guard_reasons`` gives a coded reason for each guard the plan would trip; then ``signature``
    is the portal's, over what ``check`` gives to sign.
    """

    decision: Literal["accepted", "changed", "declined"]
    arm: Code | None = None
    reason: Code | None = None
    note: Sentence | None = None
    plan: ChosenAnswers = Field(default_factory=dict)
    guard_reasons: ChosenAnswers = Field(default_factory=dict)
    signature: Annotated[str, Field(min_length=1, max_length=4096)] | None = None


class DecisionCheck(Body):
    """The guards a decision would trip, and what to sign to go on all the same."""

    guards: tuple[Guard, ...]
    hash: str
    meaning: str


class ReportQuery(Body):
    """The days of the report, both included; by default everything there is."""

    since: date | None = None
    until: date | None = None


class ReasonCount(Body):
    code: str
    label: str
    count: int


class RuleOutcome(Body):
    """How often a rule was followed. ``part``: it offered help, or guards a plan.

    ``override_percent`` is an exact decimal as text.
    """

    rule: str
    title: str
    part: Literal["offer", "guard"]
    decided: int
    overridden: int
    override_percent: str
    reasons: tuple[ReasonCount, ...]
    source: str
    grade: str
    review: str


class ShadowDisagreement(Body):
    """What the active rules proposed and what the shadow version would have, and how often."""

    active_arms: tuple[str, ...]
    shadow_arms: tuple[str, ...]
    count: int


class ShadowRule(Body):
    """A rule that did something else in the shadow version, and how often."""

    rule: str
    count: int


class ShadowReport(Body):
    """A candidate version of the rules beside the active one. It decides nothing."""

    active_version: str
    shadow_version: str
    compared: int
    disagreed: int
    disagreements: tuple[ShadowDisagreement, ...]
    rules: tuple[ShadowRule, ...]


class RuleReport(Body):
    """How the rules do: followed or overridden, and where a candidate version differs."""

    rules: tuple[RuleOutcome, ...]
    shadow: tuple[ShadowReport, ...]


# Trajectory


class Reading(Body):
    """One total on one local day; ``total`` null is unknown, never "no change"."""

    assessment_id: UUID
    taken_on: date
    total: int | None
    band: str | None


class Definition(Body):
    """One published definition under its own name. ``met`` null means unknown."""

    code: str
    label: str
    met: bool | None
    source: str
    grade: str


class InstrumentTrajectory(Body):
    """Where one instrument stands against the baseline fixed when the course started."""

    instrument: str
    primary: bool
    baseline_total: int | None
    baseline_on: date | None
    latest_total: int | None
    latest_on: date | None
    response: Literal["unknown", "none", "early-improvement", "partial", "response", "remission"]
    remission_first_on: date | None
    remission_confirmed_on: date | None
    relapse_suspected: bool
    relapse_confirmed_on: date | None
    definitions: tuple[Definition, ...]
    readings: tuple[Reading, ...]


class TrajectoryBody(Body):
    patient_id: UUID
    version: int
    course_id: UUID | None
    course_started_on: date | None
    instruments: tuple[InstrumentTrajectory, ...]
