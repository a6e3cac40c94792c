"""Bodies of engagement about support: programmes, contacts, life events, motivation, outcomes.

    GET  /api/v1/support-form                         -> SupportForm    what may be recorded
    GET  /api/v1/support-caseload                     -> Caseload       open programmes, E-01 order
    GET  /api/v1/patients/{patient_id}/support        -> SupportBody    everything of one person
    POST /api/v1/patients/{patient_id}/programmes/check  NewProgramme -> GuardCheck
    POST /api/v1/patients/{patient_id}/programmes     NewProgramme -> SupportBody
    POST /api/v1/programmes/{programme_id}/facilitator   Facilitator -> SupportBody    If-Match
    POST /api/v1/programmes/{programme_id}/changes    ProgrammeChanges -> SupportBody  If-Match
    POST /api/v1/programmes/{programme_id}/reviews    NewReview -> SupportBody         If-Match
    POST /api/v1/programmes/{programme_id}/closing    NewClosing -> SupportBody        If-Match
    POST /api/v1/programmes/{programme_id}/closing-decision  ClosingDecision -> SupportBody
    POST /api/v1/patients/{patient_id}/contacts       NewContact -> SupportBody
    POST /api/v1/patients/{patient_id}/life-events    NewLifeEvent -> SupportBody
    POST /api/v1/life-events/{life_event_id}/withdraw Nothing -> SupportBody           If-Match
    POST /api/v1/motivation/{reading_id}/talk         NewTalk -> SupportBody           If-Match
    POST /api/v1/motivation/{reading_id}/dismiss      Dismissal -> SupportBody         If-Match
    PUT  /api/v1/patients/{patient_id}/relapse-plan   RelapsePlanWords -> SupportBody  If-Match
    PUT  /api/v1/patients/{patient_id}/support-profile  ProfileWords -> SupportBody    If-Match
    POST /api/v1/patients/{patient_id}/message-preview  MessageWords -> PreviewBody
    POST /api/v1/patients/{patient_id}/outreach-decisions  OutreachDecision -> SupportBody
    POST /api/v1/patients/{patient_id}/referrals      NewReferral -> SupportBody
    POST /api/v1/referrals/{referral_id}/answer       ReferralAnswer -> SupportBody    If-Match
    GET  /api/v1/patients/{patient_id}/activities     -> Matches
    POST /api/v1/activities/import                    Directory -> ImportReport
    GET  /api/v1/outcomes                             -> OutcomeReport  ?as_of=
    GET  /api/v1/outcomes/rows                        -> OutcomeRows    ?as_of=

A version of 0 in If-Match says that there was none. Refusals name field and rule: 422
``facilitator-missing`` (R-11), ``minutes-out-of-range`` (PD-01), ``contact-in-the-future``
(PD-02), ``directory-unreadable`` (PD-03),
``written-is-no-meeting`` (R-26), ``written-is-no-talk``, ``carer-without-consent`` (R-39),
``mode-needs-reason`` (R-28), ``group-only`` (R-32),
``encouragement-only`` (R-12), ``brief-only`` (R-13), ``signature-mismatch``, ``not-yet-lost``,
``already-referred``; 409
``programme-closed``, ``closing-pending``, ``second-person-needed``; 412 stale version.
"""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from shared.api.body import BirthYear, Body, Code

Words = Annotated[str, Field(max_length=500)]
Plan = Annotated[str, Field(max_length=2000)]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Sign = Annotated[str, Field(max_length=4000)]


class Nothing(Body):
    """No more is needed."""


class Choice(Body):
    """A code and its words."""

    code: str
    label: str


class ModeBody(Choice):
    """A way to meet. ``written``: it is an attempt, and neither a meeting nor a talk."""

    written: bool = False


class ScriptLine(Body):
    """What to say at one point of a call."""

    when: str
    say: str


class BeatBody(Body):
    """How often until which day of the programme."""

    until_day: int = Field(ge=1, le=1000)
    every_days: int = Field(ge=1, le=365)


class KindBody(Body):
    """One kind of programme, with where its figures come from."""

    code: str
    label: str
    session: str
    needs_activity: bool
    needs_deputy: bool
    rhythm: tuple[BeatBody, ...]
    sessions: int | None
    within_days: int | None
    shortest_minutes: int | None
    longest_minutes: int | None
    source: str
    grade: str
    pending: str


class GuardBody(Body):
    """A pitfall, its rule, and the reasons that may be given for going on."""

    code: str
    rule: str
    title: str
    text: str
    reasons: tuple[Choice, ...]


class TopicBody(Body):
    """Something a carer may be told, whoever it is about. ``gives`` is the kind of support."""

    code: str
    gives: str
    title: str
    lines: tuple[str, ...]
    source: str
    grade: str


class SupportForm(Body):
    """Everything a form about support offers."""

    kinds: tuple[KindBody, ...]
    modes: tuple[ModeBody, ...]
    cbt_content: tuple[Choice, ...]
    life_events: tuple[Choice, ...]
    closing_reasons: tuple[Choice, ...]
    guards: tuple[GuardBody, ...]
    facilitator_roles: tuple[str, ...]
    lowest_rating: int
    highest_rating: int
    shortest_minutes: int
    longest_minutes: int
    ruler: str = ""
    carer_call_every_days: int = 7
    carer_guidance: tuple[TopicBody, ...] = ()
    least_meetings: int = 0
    """Fewer planned in the first ``least_meetings_weeks`` are brief support (R-13)."""
    least_meetings_weeks: int = 0
    drawn: tuple[str, ...] = ()
    """Instruments that are drawn beside support and dose, as far as there are readings."""


class RungBody(Body):
    """A step of the graded ladder; done together first."""

    ordinal: int = Field(ge=1, le=50)
    what: Name
    together: bool = True
    times: int = 0
    anxiety_before: int | None = None
    anxiety_after: int | None = None


class NewRung(Body):
    """A step of the graded ladder to be agreed."""

    ordinal: int = Field(ge=1, le=50)
    what: Name
    together: bool = True


class NewProgramme(Body):
    """Start a programme. ``reasons`` answer the guards by code; ``signature`` is of
    ``GuardCheck.hash`` with meaning ``override-guard`` and audience ``engagement``."""

    kind: Code
    facilitator_id: UUID | None = None
    deputy_id: UUID | None = None
    form: Literal["individual", "group"] = "individual"
    company: Literal["together", "encouragement-only"] = "together"
    setting: Literal["community", "home", "clinic"] = "community"
    activity: Words = ""
    activity_id: UUID | None = None
    first_contact_on: date | None = None
    rhythm: tuple[BeatBody, ...] = Field(default=(), max_length=12)
    rungs: tuple[NewRung, ...] = Field(default=(), max_length=30)
    serves_course_id: UUID | None = None
    reasons: dict[str, str] = Field(default={}, max_length=5)
    note: Words | None = None
    signature: Sign | None = None


class GuardCheck(Body):
    """What speaks against it, and what to sign to go on all the same."""

    guards: tuple[GuardBody, ...]
    hash: str
    meaning: str


class Facilitator(Body):
    """Who takes it on, and who stands in."""

    facilitator_id: UUID
    deputy_id: UUID | None = None


class ProgrammeChanges(Body):
    """Only what is given changes. ``planned_until`` can only move ahead (R-25)."""

    activity: Words | None = None
    rhythm: tuple[BeatBody, ...] | None = Field(default=None, max_length=12)
    rungs: tuple[NewRung, ...] | None = Field(default=None, max_length=30)
    planned_until: date | None = None
    serves_course_id: UUID | None = None


class NewReview(Body):
    """A look at the programme with the person."""

    serves_goal: bool
    mode_still_right: bool
    note: Words | None = None


class NewClosing(Body):
    """End it by decision. In the weekly phase a signature and a supervisor are needed."""

    reason: Code
    note: Words | None = None
    signature: Sign | None = None


class ClosingDecision(Body):
    """A supervisor's word on an early closing."""

    confirmed: bool
    signature: Sign | None = None


class NewContact(Body):
    """A contact, or the attempt at it. ``minutes`` only when it took place. ``next_on`` is the
    next meeting, or with a carer the next call that was agreed."""

    purpose: Literal["programme", "outreach", "life-event", "carer", "other"]
    mode: Code
    outcome: Literal["took-place", "missed", "called-off", "cancelled", "not-reached"]
    at: AwareDatetime
    minutes: int = Field(default=0, ge=0, le=10_000)
    programme_id: UUID | None = None
    next_on: date | None = None
    group: bool = False
    together: bool = False
    step: int | None = Field(default=None, ge=1, le=50)
    anxiety_before: int | None = Field(default=None, ge=-100, le=100)
    anxiety_after: int | None = Field(default=None, ge=-100, le=100)
    cbt_content: tuple[Code, ...] = Field(default=(), max_length=10)
    mode_reason: Words | None = None
    life_event_id: UUID | None = None
    carer_id: UUID | None = None
    carer_support: tuple[Literal["education", "practical", "emotional"], ...] = ()
    note: Plan | None = None


class NewLifeEvent(Body):
    """Something in the person's life. It may lie ahead."""

    kind: Code
    happened_on: date
    note: Words | None = None


class NewTalk(Body):
    """What was said about a fall of the ruler, and how it was said."""

    why_not_lower: Annotated[str, Field(min_length=1, max_length=500)]
    what_would_raise: Annotated[str, Field(min_length=1, max_length=500)]
    smaller_step: Annotated[str, Field(min_length=1, max_length=500)]
    mode: Code
    at: AwareDatetime
    minutes: int = Field(ge=0, le=10_000)


class Dismissal(Body):
    """Why no talk is needed."""

    reason: Annotated[str, Field(min_length=3, max_length=200)]


class OutreachDecision(Body):
    """What the team decides about somebody who cannot be reached. Care does not end."""

    decision: Literal["keep-trying", "lost-to-follow-up"]
    note: Annotated[str, Field(min_length=3, max_length=500)]


class NewReferral(Body):
    """The person was put in touch with an activity of the directory."""

    activity_id: UUID
    note: Words | None = None


class ReferralAnswer(Body):
    """What the other side said, or that it is taken back."""

    answer: Literal["accepted", "declined", "withdrawn"]
    note: Words | None = None


class RelapsePlanWords(Body):
    """The plan in the person's own words."""

    warning_signs: Plan
    what_helps: Plan
    whom_to_call: Plan
    events_ahead: Plan = ""
    agreed: bool


class AdaptationBody(Body):
    """A barrier and what is done about it."""

    barrier: Literal["language", "transport", "cost"]
    answer: Words = ""


class AgencyBody(Body):
    """Somebody else who is involved."""

    name: Name
    does: Words = ""
    contact: Words = ""


class MessageWords(Body):
    """What the person would have others see of a message."""

    stigma_concern: bool = False
    privacy: tuple[
        Literal[
            "private-channel", "neutral-wording", "choice-of-place", "off-peak", "home-appointment"
        ],
        ...,
    ] = ()
    sender: Annotated[str, Field(max_length=60)] = ""
    subject: Annotated[str, Field(max_length=80)] = ""


class ProfileWords(MessageWords):
    """What a person needs so that support reaches them; replaced as a whole."""

    interests: tuple[Name, ...] = Field(default=(), max_length=20)
    within_km: int | None = Field(default=None, ge=0, le=1000)
    most_cost: int | None = Field(default=None, ge=0, le=10_000)
    access_needs: tuple[Name, ...] = Field(default=(), max_length=20)
    adaptations: tuple[AdaptationBody, ...] = Field(default=(), max_length=3)
    agencies: tuple[AgencyBody, ...] = Field(default=(), max_length=20)
    coordinator_id: UUID | None = None
    shared_plan: Plan = ""


class PreviewBody(Body):
    """What others could see of a message; ``text`` is what a mail says.

    ``neutral``: none of it may say what it is about.
    """

    sender: str
    address: str = ""
    subject: str
    screen: str
    envelope: str
    text: str = ""
    neutral: bool = True


class ProfileBody(ProfileWords):
    """The profile with its version, and what others would see."""

    version: int
    changed_on: date | None
    preview: PreviewBody


class MonthBody(Body):
    """The dose of support in one month. ``days``: with a contact that took place;
    ``days_a_week``: their mean over the part of the month that has passed."""

    first: date
    contacts: int
    days: int = 0
    days_a_week: Decimal = Decimal(0)
    minutes: int
    missed: int
    agreed: int
    modes: dict[str, int]


class OverrideBody(Body):
    """A guard that was answered with a signed reason."""

    guard: str
    rule: str
    title: str
    reason: str
    by: UUID
    at: AwareDatetime
    note: str | None


class ReviewBody(Body):
    """A look that took place."""

    on: date
    by: UUID
    serves_goal: bool
    mode_still_right: bool
    note: str | None


class ClosingBody(Body):
    """Why it was or shall be closed. ``warns`` is a rule that asks to look twice (R-31)."""

    reason: str
    label: str
    by: UUID
    on: date
    note: str | None
    confirmed_by: UUID | None
    warns: str | None


class SigningBody(Body):
    """What to sign, for which meaning."""

    hash: str
    meaning: str


class DeliveredBody(Body):
    """A bounded package: what took place against what was meant to by today.

    ``planned_minutes``: how much support belongs to it in all, where that is laid down (R-19).
    """

    sessions: int
    planned: int
    minutes: int
    planned_minutes: int | None = None
    in_last_month: int
    expected_by_now: int
    warnings: tuple[str, ...]
    poor_outlook_days: tuple[int, ...]
    content: dict[str, int]


class ProgrammeBody(Body):
    """One programme. ``counts`` is false for encouragement alone (R-12). ``gap_since`` and
    ``deputy_gap_since`` are the first days without a facilitator or deputy near the person."""

    programme_id: UUID
    version: int
    kind: str
    label: str
    status: Literal["active", "closing-requested", "closed"]
    form: str
    company: str
    setting: str
    counts: bool
    activity: str
    activity_id: UUID | None
    facilitator_id: UUID | None
    deputy_id: UUID | None
    started_on: date
    planned_until: date
    month: int
    months: int
    every_days: int
    rhythm: tuple[BeatBody, ...]
    active_phase: bool
    next_contact_on: date | None
    gap_since: date | None
    deputy_gap_since: date | None = None
    meetings: int
    minutes: int
    missed: int
    expected: int
    modes: dict[str, int]
    doses: tuple[MonthBody, ...]
    rungs: tuple[RungBody, ...]
    overrides: tuple[OverrideBody, ...]
    reviews: tuple[ReviewBody, ...]
    serves_course_id: UUID | None
    serves_goal: bool | None
    closing: ClosingBody | None
    closing_guarded: bool
    closing_signing: tuple[tuple[str, SigningBody], ...]
    confirm_signing: SigningBody | None
    delivered: DeliveredBody | None
    source: str
    grade: str
    pending: str
    actions: tuple[str, ...]


class ContactBody(Body):
    """One contact."""

    contact_id: UUID
    purpose: str
    mode: str
    outcome: str
    at: AwareDatetime
    on: date
    minutes: int
    by: UUID
    programme_id: UUID | None
    together: bool
    group: bool
    step: int | None
    anxiety_before: int | None
    anxiety_after: int | None
    cbt_content: tuple[str, ...]
    mode_reason: str | None
    carer_id: UUID | None
    carer_support: tuple[str, ...]
    urgent_because: tuple[str, ...]
    missed_in_a_row: int
    note: str | None


class OutreachStepBody(Body):
    """One thing owed after a miss. ``due_on`` is a rule's day (evidence pack 6.4)."""

    code: str
    due_on: date
    done_on: date | None
    mode: str | None


class DecisionBody(Body):
    """What was decided about it."""

    decision: str
    by: UUID
    on: date
    note: str


class RunBody(Body):
    """Misses nobody has ended by speaking with the person. ``left`` is what is still to be done
    before anybody may speak of lost to follow-up; an empty one discharges nobody. ``script`` is
    what to say once as many are missed as call for a review in the team."""

    first_on: date
    misses: int
    attempts: int
    channels: tuple[str, ...]
    urgent_because: tuple[str, ...]
    left: tuple[str, ...]
    reassess_from: date
    reassess_until: date
    steps: tuple[OutreachStepBody, ...] = ()
    decision: DecisionBody | None = None
    script: tuple[ScriptLine, ...] = ()
    script_source: str = ""
    script_grade: str = ""
    actions: tuple[str, ...] = ()


class LifeEventBody(Body):
    """Something in the person's life. No new taper step from ``no_new_step_from`` on until
    ``no_new_step_before``, the first free day (T-22)."""

    life_event_id: UUID
    version: int
    kind: str
    label: str
    happened_on: date
    recorded_on: date
    contact_by: date
    no_new_step_from: date | None = None
    no_new_step_before: date
    status: Literal["open", "followed-up", "withdrawn"]
    note: str | None
    actions: tuple[str, ...]


class FallBody(Body):
    """One ruler that fell, or is low."""

    ruler: str
    value: int
    previous: int | None
    because: tuple[str, ...]


class DropBody(Body):
    """A fall of a ruler, and the talk about it. ``value`` and ``previous`` are of the lowest of
    ``falls``, which are empty where nobody looked at each ruler alone yet."""

    reading_id: UUID
    version: int
    value: int
    previous: int | None
    measured_on: date
    because: tuple[str, ...]
    falls: tuple[FallBody, ...] = ()
    contact_by: date
    why_not_lower: str | None
    what_would_raise: str | None
    smaller_step: str | None
    talked_at: AwareDatetime | None
    dismissed: str | None
    actions: tuple[str, ...]


class RelapsePlanBody(RelapsePlanWords):
    """The plan, with when it is looked at again. ``holds`` says that the person agreed to it and
    that no other look at it is due."""

    version: int
    written_on: date
    by: UUID
    review_on: date
    holds: bool


class CarerBody(Body):
    """Somebody close to the person, and whether they may receive anything (R-39).

    ``guidance`` are the topics of ``SupportForm.carer_guidance`` that consent covers.
    """

    carer_id: UUID
    name: str
    relationship: str
    scopes: tuple[str, ...]
    may_receive: bool
    contacts: int
    last_on: date | None
    given: tuple[str, ...]
    guidance: tuple[str, ...] = ()
    next_call_on: date | None = None


class ReferralBody(Body):
    """A referral to an activity, with what became of it."""

    referral_id: UUID
    version: int
    activity_id: UUID
    activity: str
    contact: str
    status: Literal["sent", "accepted", "declined", "withdrawn"]
    sent_on: date
    by: UUID
    answered_on: date | None
    note: str | None
    actions: tuple[str, ...]


class ScoreBody(Body):
    """A total on a day."""

    instrument: str
    on: date
    total: int


class DosePointBody(Body):
    """What was taken from that day on."""

    on: date
    drug: str
    dose_mg: Decimal
    dose_text: str
    phase: str


class SupportBody(Body):
    """Everything about support of one person.

    ``proposals`` are codes of R-22 and R-23: ``add-cbt``, ``add-participation``, ``link-course``,
    ``consider-medication``. A person decides. ``dose_points`` are empty for a facilitator.
    """

    patient_id: UUID
    as_of: AwareDatetime
    programmes: tuple[ProgrammeBody, ...]
    contacts: tuple[ContactBody, ...]
    run: RunBody | None
    life_events: tuple[LifeEventBody, ...]
    drops: tuple[DropBody, ...]
    ruler: tuple[ScoreBody, ...]
    relapse_plan: RelapsePlanBody | None
    profile: ProfileBody
    carers: tuple[CarerBody, ...]
    referrals: tuple[ReferralBody, ...] = ()
    doses: tuple[MonthBody, ...]
    scores: tuple[ScoreBody, ...]
    dose_points: tuple[DosePointBody, ...]
    proposals: tuple[str, ...]
    actions: tuple[str, ...]


class CaseloadRow(Body):
    """One open programme. ``why`` says why it stands where it stands (E-01); ``latest_score_of`` is
    the questionnaire that the score is of."""

    patient_id: UUID
    patient_name: str | None
    birth_date: date | None
    birth_year: BirthYear = None
    programme_id: UUID
    kind: str
    label: str
    status: str
    facilitator_id: UUID | None
    deputy_id: UUID | None
    gap_since: date | None
    month: int
    months: int
    meetings: int
    expected: int
    missed: int
    missed_in_a_row: int
    minutes: int
    modes: dict[str, int]
    motivation: int | None
    motivation_before: int | None
    next_contact_on: date | None
    late: bool
    latest_score_of: str = ""
    latest_score: int | None
    latest_score_on: date | None
    why: str
    warnings: tuple[str, ...]


CaseloadReason = Literal[
    "red-flag", "missed", "overdue-contact", "not-improved", "no-score", "steady"
]


class CaseloadQuery(Body):
    """Which programmes, in which order. ``mine`` are those the caller facilitates or stands in
    for; ``-`` before an order turns it round."""

    scope: Literal["mine", "team"] = "team"
    why: (
        Literal["red-flag", "missed", "overdue-contact", "not-improved", "no-score", "steady"]
        | None
    ) = None
    sort: Literal["pressing", "-pressing", "name", "-name", "next", "-next"] = "pressing"
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    cursor: Annotated[str, Field(max_length=512)] | None = None


class Caseload(Body):
    """Open programmes the caller may see, a page of them. ``mine`` and ``team`` count all there
    are, whichever were asked for."""

    as_of: AwareDatetime
    items: tuple[CaseloadRow, ...]
    next: str | None = None
    mine: int = 0
    team: int = 0


class ActivityBody(Body):
    """One activity of the directory. ``cost`` is each time, in ``currency`` (ISO 4217)."""

    activity_id: UUID
    name: str
    organisation: str
    interests: tuple[str, ...]
    access: tuple[str, ...]
    cost: Decimal | None
    currency: str = ""
    km: Decimal | None
    place: str
    when: str
    group_size: int | None
    contact: str


class MatchBody(Body):
    """An activity with what speaks for it and what does not."""

    activity: ActivityBody
    shared: tuple[str, ...]
    fits: tuple[str, ...]
    unknown: tuple[str, ...]
    against: tuple[str, ...]


class ActivityQuery(Body):
    """``find``: only activities with these words in their name or their organisation's."""

    find: Annotated[str, Field(min_length=1, max_length=100)] | None = None


class Matches(Body):
    """The directory, best first for this person; ``total`` counts all that were asked for."""

    items: tuple[MatchBody, ...]
    total: int


class Directory(Body):
    """An Open Referral (HSDS) file as text: JSON (services), or CSV with a heading."""

    format: Literal["json", "csv"]
    text: Annotated[str, Field(min_length=2, max_length=400_000)]


class BadRow(Body):
    """A row that was not taken, why, and the rule that leaves it out."""

    row: int
    field: str
    reason: str
    rule: str = ""


class ImportReport(Body):
    """Good rows are kept; bad ones are named one by one."""

    taken: int
    refused: tuple[BadRow, ...]


class OutcomeQuery(Body):
    """As of which day; today when left out."""

    as_of: date | None = None


class FigureBody(Body):
    """One measure with its definition. ``missing`` are people it cannot be said of."""

    code: str
    title: str
    definition: str
    denominator_is: str
    numerator: int
    denominator: int
    missing: int
    median_days: int | None


class ShareBody(Body):
    """One measure in one group; null where it is of too few people to be shown."""

    code: str
    numerator: int | None
    denominator: int | None


class SliceBody(Body):
    """Uptake and the measures in one group: ``everybody``, or ``age:``, ``language:`` and
    ``barrier:`` with its name. ``people`` are those in care now; they and ``taking_part`` are null
    where the group, or what it would give away of another, is too small to show."""

    group: str
    people: int | None
    taking_part: int | None
    shares: tuple[ShareBody, ...] = ()


class OutcomeReport(Body):
    """What came of it, as of a day."""

    as_of: date
    people: int
    figures: tuple[FigureBody, ...]
    uptake: tuple[SliceBody, ...]
    smallest_group: int
    sources: dict[str, str]


class ColumnBody(Body):
    """A column of the export."""

    code: str
    meaning: str


class OutcomeRows(Body):
    """The export: one line for each person, with the dictionary of its columns."""

    as_of: date
    columns: tuple[ColumnBody, ...]
    rows: tuple[tuple[str, ...], ...]
