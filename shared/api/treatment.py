"""Bodies of the treatment service's HTTP interface; every path is under ``/api/v1``.

==================================================  =======================  ==================
Route                                               Body in                  Body out
==================================================  =======================  ==================
GET  /drugs                                                                  Page[DrugBody]
GET  /patients/{patient_id}/drug-options?indication=                         DrugOptions
GET  /patients/{patient_id}/health-profile                                   HealthProfile
PUT  /patients/{patient_id}/health-profile (If-Match) HealthFacts             HealthProfile
GET  /patients/{patient_id}/courses                                          Page[CourseBody]
POST /courses                                       NewCourse                CourseBody 201
GET  /courses/{course_id}                                                    CourseBody
POST /courses/{course_id}/confirm (If-Match)        ConfirmCourse            CourseBody
POST /courses/{course_id}/withdraw (If-Match)       Withdrawal               CourseBody
POST /courses/{course_id}/dose-changes (If-Match)   DoseChange               CourseBody
POST /courses/{course_id}/switch-previews           NewSwitch                SwitchPreview
POST /courses/{course_id}/switches (If-Match)       NewSwitch                CourseBody 201
POST /courses/{course_id}/switch-steps              SwitchStepTaken          CourseBody
POST /courses/{course_id}/stay (If-Match)           Staying                  CourseBody
POST /courses/{course_id}/reviews                   ReviewRecord             CourseBody
POST /courses/{course_id}/remission (If-Match)      RemissionRecord          CourseBody
POST /courses/{course_id}/relapse (If-Match)        RelapseRecord            CourseBody
POST /courses/{course_id}/decision (If-Match)       DecisionRecord           CourseBody
POST /courses/{course_id}/adherence-gaps            AdherenceGap             CourseBody
POST /courses/{course_id}/suspend (If-Match)        Suspension               CourseBody
GET  /taper-policies                                                         Page[TaperPolicyBody]
POST /courses/{course_id}/taper-previews            TaperRequest             TaperPreview
POST /courses/{course_id}/taper-plans               TaperRequest             TaperPlanBody 201
GET  /courses/{course_id}/taper-plans                                        Page[TaperPlanBody]
GET  /taper-plans/{plan_id}                                                  TaperPlanBody
POST /taper-plans/{plan_id}/sign (If-Match)         SignTaperPlan            TaperPlanBody
POST /courses/{course_id}/steps/{ordinal}/supply    SupplyConfirmation       CourseBody
POST /courses/{course_id}/steps/{ordinal}/taken     StepTaken                CourseBody
POST /courses/{course_id}/check-ins                 CheckIn                  CheckInResult
POST /courses/{course_id}/hold                      Hold                     CourseBody
POST /courses/{course_id}/resume (If-Match)         Resumption               CourseBody
GET  /courses/{course_id}/plan-changes                                       Page[PlanChangeBody]
POST /courses/{course_id}/plan-changes              PlanChangeRequest        PlanChangeBody 201
GET  /plan-changes/{change_id}                                               PlanChangeBody
POST /plan-changes/{change_id}/sign (If-Match)      SignPlanChange           PlanChangeBody
POST /plan-changes/{change_id}/decline (If-Match)   DeclinePlanChange        PlanChangeBody
GET  /courses/{course_id}/plan-versions                                      Page[PlanVersionBody]
GET  /courses/{course_id}/supply                                             PlanSupplyBody
GET  /courses/{course_id}/attribution                                        AttributionBody
POST /courses/{course_id}/dose-previews             DoseWish                 DosePreview
POST /patients/{patient_id}/calendar-links          NewCalendarLink          CalendarLinkBody 201
GET  /patients/{patient_id}/calendar-links                                   Page[CalendarLinkBody]
POST /calendar-links/{calendar_link_id}/revoke      RevokeCalendarLink       CalendarLinkBody
POST /calendar-links/open (portal only)             CalendarSecret           CalendarFeed
POST /courses/{course_id}/harm-stop (If-Match)      HarmStop                 CourseBody
POST /courses/{course_id}/close (If-Match)          Closure                  CourseBody
GET  /due-steps?until=&cursor=&limit=                                        Page[DueItem]
GET  /patients/{patient_id}/timeline?as_of=  (shared/api/timeline.py)        Page[TimelineEntry]
==================================================  =======================  ==================

Every POST takes an ``Idempotency-Key``. ``version`` is the ETag of the body it is in.
``actions`` names what the asking person may do with this object now; a page shows a button
because the name is there. The names are the last part of the route (``confirm``, ``remission``,
``supply``, ``taken``, ``hold``, ...), ``check-in-early``, ``check-in-gate`` and
``check-in-surveillance`` for the three kinds of check-in, and ``review`` on a review.

Right after enrolment any route about the patient may answer 409 ``patient-not-yet-known`` with
``Retry-After``. A patient outside the asker's relation does not exist: 404.
"""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from shared.api.body import BirthYear, Body, Code, Count, DoseMg, Version
from shared.api.engagement import Action, Detail, ReminderKey
from shared.api.identity import Role

Note = Annotated[str, Field(min_length=1, max_length=2000)]
"""Words of a clinician. Stored with the record; in no event, log or header."""

Reason = Annotated[str, Field(min_length=3, max_length=500)]
"""Why somebody decided against the proposal. Kept for the audit trail."""

PositiveDoseMg = Annotated[DoseMg, Field(gt=0)]
Severity = Literal["none", "mild", "moderate", "severe"]
Level = Literal["block", "strong-warn", "warn", "inform"]


class FindingBody(Body):
    """What one safety rule has to say. A block refuses; a warning needs a reason."""

    rule: str
    level: Level
    detail: str
    source: str
    grade: str
    second_signature: bool = Field(
        default=False, description="one prescriber alone may not go past it: two have to sign"
    )


class Acknowledgement(Body):
    """A warning the prescriber has seen and answers with a reason.

    ``code`` is one of the course's ``known_warning_reasons``; left out, it is ``other``.
    """

    rule: str = Field(min_length=1, max_length=64)
    reason: Reason
    code: Code | None = None


class SigningBody(Body):
    """What to ask the portal to sign: the hash of exactly this version, and its meaning."""

    hash: str = Field(pattern=r"^[0-9a-f]{64}$")
    meaning: Code


class FirstSignatureBody(Body):
    """Somebody signed first; nothing is in force before another prescriber signs too.

    ``reasons`` are why each warning did not stop them, by rule. ``mine``: it is the caller's own.
    """

    signed_by: UUID
    signed_at: AwareDatetime
    counts_until: AwareDatetime
    reasons: dict[str, str]
    mine: bool


# --- drugs -------------------------------------------------------------------------------------


class ProductBody(Body):
    """Something on the shelf a dose can be made from."""

    product: Code
    name: str


class DoseRangeBody(Body):
    """Adult doses for one indication, in milligrams a day."""

    indication: Code
    start_mg: DoseMg
    usual_from_mg: DoseMg | None
    usual_to_mg: DoseMg | None
    max_mg: DoseMg | None


class DrugBody(Body):
    """A drug of the formulary as this deployment's jurisdiction has it."""

    drug: Code
    name: str
    drug_class: Code
    review_status: str
    products: tuple[ProductBody, ...]
    doses: tuple[DoseRangeBody, ...]


class TitrationStepBody(Body):
    """One dose on the way up, from a day after the start (0 is the first dose)."""

    ordinal: int
    from_day: int
    dose_mg: DoseMg
    dose_text: str


class FigureBody(Body):
    """Where a figure comes from: graded PD (this project's own) or R (recalled) it says so."""

    figure: Code
    source: str
    grade: str


class SignatureBody(Body):
    """Who signed exactly what. ``void_since`` is the day of the first change it does not cover."""

    signed_by: UUID
    signed_at: AwareDatetime
    hash: str
    meaning: Code
    void_since: date | None
    void_because: Code | None
    second_signed_by: UUID | None = None


class PlannedReviewBody(Body):
    """A look that signing would plan."""

    kind: Code
    due_on: date
    for_role: Code
    rule: str
    source: str | None = None
    grade: str | None = None


class SupplyLine(Body):
    """So many units of one product: tablets, capsules, millilitres, drops."""

    product: Code
    name: str
    units: Decimal
    text: str
    opened_life_days: int | None = None


class FirstWeeksBody(Body):
    """What signing would plan, and what to hand out for the first days."""

    reviews: tuple[PlannedReviewBody, ...]
    supply: tuple[SupplyLine, ...]
    supply_days: int
    figures: tuple[FigureBody, ...] = ()


class DrugOption(Body):
    """A drug offered for this patient: its place, why, and what to mind."""

    drug: Code
    name: str
    drug_class: Code
    rank: int
    reasons: tuple[str, ...]
    findings: tuple[FindingBody, ...]
    titration: tuple[TitrationStepBody, ...]
    products: tuple[ProductBody, ...]
    formulation: str | None = None
    maximum_mg: DoseMg | None = Field(
        default=None, description="the lowest ceiling that holds for this person"
    )
    first_weeks: FirstWeeksBody | None = None
    review_status: str | None = None
    figures: tuple[FigureBody, ...] = Field(
        default=(), description="place, doses and ceiling, each with its source"
    )


class DrugOptions(Body):
    """Drugs for one patient and indication, best first. Blocked ones are shown last, with why."""

    patient_id: UUID
    indication: Code
    options: tuple[DrugOption, ...]


# --- health profile ----------------------------------------------------------------------------


class Medicine(Body):
    """Something else the person takes or took; ``last_taken_on`` null means still taking.

    ``starts_on`` is set for one that is agreed and not begun yet.
    """

    medicine: Code
    last_taken_on: date | None = None
    starts_on: date | None = None


class HealthFacts(Body):
    """Answers the safety rules need. A condition that is not listed was asked and denied."""

    conditions: tuple[Code, ...] = Field(default=(), max_length=64)
    medicines: tuple[Medicine, ...] = Field(default=(), max_length=64)
    note: Note | None = None


class HealthProfile(Body):
    """The latest answers. ``version`` 0 means never asked: that is itself a finding."""

    patient_id: UUID
    version: int
    asked_at: AwareDatetime | None
    facts: HealthFacts
    known_conditions: tuple[Code, ...]
    known_medicines: tuple[Code, ...]
    actions: tuple[str, ...]


# --- courses -----------------------------------------------------------------------------------


class NewCourse(Body):
    """A proposal. Nothing starts before it is confirmed with a signature."""

    patient_id: UUID
    drug: Code
    indication: Code
    start_dose_mg: PositiveDoseMg
    target_dose_mg: PositiveDoseMg | None = None
    starts_on: date
    primary_instrument: Code
    suicide_concern: bool
    formulation: Code | None = Field(
        default=None, description="a family of the drug's products; the usual one when left out"
    )
    note: Note | None = None


class LeavingDose(Body):
    """From that day on, so many milligrams a day of the old drug; the last is 0."""

    on: date
    dose_mg: DoseMg


class NewSwitch(Body):
    """Replace the drug of a course by another one. Signed as one with the new course."""

    drug: Code
    indication: Code | None = Field(
        default=None, description="what the course treats; as before when left out"
    )
    start_dose_mg: PositiveDoseMg
    target_dose_mg: PositiveDoseMg | None = None
    starts_on: date
    primary_instrument: Code | None = Field(
        default=None, description="what the course is followed with; as before when left out"
    )
    suicide_concern: bool
    formulation: Code | None = None
    leaving: tuple[LeavingDose, ...] = Field(min_length=1, max_length=24)
    note: Note | None = None


class SwitchStepTaken(Body):
    """The old drug went down by one signed step."""

    ordinal: int = Field(ge=1, le=24)
    taken_on: date


class Staying(Body):
    """Give up a switch whose new drug is not taken any more; the old one goes on."""

    reason: Reason


class AxisPoint(Body):
    """From this day on, so many milligrams a day, and the words for it."""

    on: date
    dose_mg: DoseMg
    dose_text: str


class AxisTrack(Body):
    """One drug of a switch on the common time axis."""

    drug: Code
    drug_name: str
    ceiling_mg: DoseMg | None
    points: tuple[AxisPoint, ...]


class SwitchAxis(Body):
    """Both drugs of a switch on one axis: days with both, days with neither, and the tail."""

    leaving: AxisTrack
    coming: AxisTrack
    last_dose_on: date
    first_dose_on: date
    overlap_days: int
    gap_days: int
    still_acts_until: date


class SwitchPreview(Body):
    """A switch nobody keeps."""

    axis: SwitchAxis
    titration: tuple[TitrationStepBody, ...]
    findings: tuple[FindingBody, ...]


class LeavingStepBody(Body):
    """One signed step out of the old drug of a switch."""

    ordinal: int
    on: date
    dose_mg: DoseMg
    dose_text: str
    taken_on: date | None
    actions: tuple[str, ...]


class ConfirmCourse(Body):
    """The signature over the proposal's hash, and a reason for each warning."""

    signature: str = Field(min_length=1, max_length=4096)
    acknowledgements: tuple[Acknowledgement, ...] = Field(default=(), max_length=64)


class Withdrawal(Body):
    """Drop a proposal that was never confirmed."""

    reason: Reason


class DoseChange(Body):
    """A new daily dose outside a taper. A cut during continuation needs the reason C-04 asks.

    ``code`` is one of the course's ``known_dose_reasons``; left out, it is ``other``.
    """

    dose_mg: PositiveDoseMg
    effective_on: date
    reason: Reason
    code: Code | None = None
    acknowledgements: tuple[Acknowledgement, ...] = Field(default=(), max_length=64)


class DoseWish(Body):
    """The daily dose somebody thinks of, and from which day."""

    dose_mg: PositiveDoseMg
    effective_on: date


class DosePreview(Body):
    """A change of dose nobody has made: what it is in products, what speaks, what it plans."""

    version: int
    from_dose_mg: DoseMg
    from_dose_text: str
    dose_mg: DoseMg
    dose_text: str
    findings: tuple[FindingBody, ...]
    reviews: tuple[PlannedReviewBody, ...]


class ReviewRecord(Body):
    """A review that took place. ``ordinal`` null records one that was not planned."""

    ordinal: Count | None = None
    assessment_ids: tuple[UUID, ...] = Field(default=(), max_length=16)
    missed_doses: int = Field(default=0, ge=0, le=366)
    side_effects: Severity = "none"
    note: Note | None = None


class RemissionRecord(Body):
    """Remission as a named prescriber records it.

    ``remission_on`` null takes the confirming (second) reading on the primary instrument; an
    earlier date, or fewer months than the rules give, needs ``reason``.
    """

    remission_on: date | None = None
    episodes: int = Field(default=1, ge=1, le=99)
    risk_factors: tuple[Code, ...] = Field(default=(), max_length=16)
    months: int | None = Field(default=None, ge=1, le=120)
    reason: Reason | None = None


class RelapseRecord(Body):
    """Relapse as a clinician judges it. The clock stops and history is kept."""

    relapse_on: date
    reason: Reason


class DecisionRecord(Body):
    """The outcome of a decision review. ``taper`` leads to the plan form; nothing stops."""

    decision: Literal["continue", "maintain", "taper"]
    reason: Reason


class AdherenceGap(Body):
    """A gap in taking the drug, from the first missed day to the day it was taken again.

    A gap of more days than the content file allows pauses the clock (C-08); ``resumed_on`` null
    says that it is still not taken.
    """

    first_missed_on: date
    resumed_on: date | None = None


class Suspension(Body):
    """Freeze dose changes because of a red flag. It never stops the drug."""

    reason: Reason
    flag_id: UUID | None = None


class ReadingBody(Body):
    """One complete total of the primary instrument."""

    on: date
    total: int


class ResponseBody(Body):
    """Where the scores of the primary instrument stand. A missing score is ``unknown``."""

    instrument: Code
    baseline_total: int | None
    baseline_on: date | None
    latest_total: int | None
    latest_on: date | None
    category: Literal["unknown", "none", "early-improvement", "partial", "response", "remission"]
    remission_confirmed_on: date | None
    readings: tuple[ReadingBody, ...] = Field(
        default=(), description="every complete total in order of its day"
    )


class ClockBody(Body):
    """The line every course shows: how long, since when, until when, and why.

    ``review_on`` is the day a decision is due. It opens a review and never stops a drug.
    """

    weeks_on_treatment: int
    remission_on: date | None
    months: int | None
    minimum_end_on: date | None
    six_months_on: date | None
    twelve_months_on: date | None
    review_on: date | None
    paused_days: int
    rule: str
    why: str


class ReviewBody(Body):
    """One planned look at the course."""

    ordinal: int
    kind: Code
    due_on: date
    for_role: Code
    rule: str
    done_at: AwareDatetime | None
    actions: tuple[str, ...]


class ScheduledStepBody(Body):
    """One taper step that is scheduled: dates, exact dose, and what has been done."""

    ordinal: int
    change_on: date
    previous_dose_mg: DoseMg
    previous_dose_text: str
    dose_mg: DoseMg
    dose_text: str
    supply_text: str
    check_in_early_on: date | None
    check_in_gate_on: date | None
    supply_confirmed_at: AwareDatetime | None
    taken_at: AwareDatetime | None
    early_check_in_at: AwareDatetime | None
    gate_check_in_at: AwareDatetime | None
    actions: tuple[str, ...]


class SurveillanceBody(Body):
    """One look at the person after the last dose."""

    ordinal: int
    due_on: date
    done_at: AwareDatetime | None
    actions: tuple[str, ...]


class ProposalBody(Body):
    """What the system proposes after a check-in. A person decides; nothing happens by itself."""

    rule: str
    action: Literal[
        "next-step",
        "hold",
        "prescriber-same-day",
        "relapse-pathway",
        "red-flag",
        "keep-watching",
    ]
    detail: str
    made_at: AwareDatetime


class ExpectedStepBody(Body):
    """A step still ahead. Only a scheduled one has a settled day; the others wait for gates."""

    ordinal: int
    on: date
    days: int
    dose_mg: DoseMg
    dose_text: str
    supply_text: str
    is_scheduled: bool


class TaperBody(Body):
    """The live taper: only steps that are scheduled, one ahead of the last taken.

    ``expected`` reaches to the end of the plan. Step 0, where there is one, is the dose the plan
    starts from, taken already. ``proposals`` are the kinds of new version the asker may propose;
    ``standing_days_left`` is how long a nurse may still hold at this dose without a signature.
    """

    plan_id: UUID
    plan_version: int
    policy: Code
    status: Literal["signed", "active", "hold", "completed", "stopped"]
    step_count: int
    steps: tuple[ScheduledStepBody, ...]
    surveillance: tuple[SurveillanceBody, ...]
    hold_until: date | None
    proposal: ProposalBody | None
    expected: tuple[ExpectedStepBody, ...] = ()
    standing_days_left: int = 0
    proposals: tuple[str, ...] = ()


class CourseBody(Body):
    """One antidepressant course. ``signing`` is there while it can be confirmed."""

    course_id: UUID
    version: int
    patient_id: UUID
    phase: str
    drug: Code
    drug_name: str
    indication: Code
    primary_instrument: Code
    dose_mg: DoseMg
    dose_text: str
    target_dose_mg: DoseMg
    prescriber_id: UUID
    starts_on: date
    started_on: date | None
    closed_on: date | None
    titration: tuple[TitrationStepBody, ...]
    clock: ClockBody
    response: ResponseBody
    reviews: tuple[ReviewBody, ...]
    findings: tuple[FindingBody, ...]
    taper: TaperBody | None
    signing: SigningBody | None
    information_missing: bool = Field(
        description="an event about this patient is parked; signing and step-taking are refused"
    )
    known_risk_factors: tuple[Code, ...] = Field(
        default=(), description="what a record of remission may name as a relapse-risk factor"
    )
    known_harms: tuple[Code, ...] = Field(
        default=(), description="what a stop for serious harm may name as the harm"
    )
    jurisdiction: str | None = None
    formulation: str | None = None
    replaces: UUID | None = None
    successor_id: UUID | None = None
    leaving: tuple[LeavingStepBody, ...] = ()
    switch: SwitchAxis | None = None
    first_weeks: FirstWeeksBody | None = Field(
        default=None, description="of a proposal: what signing it would plan"
    )
    signature: SignatureBody | None = None
    first_signature: FirstSignatureBody | None = Field(
        default=None, description="of a proposal that waits for a second prescriber's signature"
    )
    harm_watch: tuple[date, ...] = Field(
        default=(), description="while it is taken: the looks a stop for harm today would plan"
    )
    figures: tuple[FigureBody, ...] = Field(
        default=(), description="the figures this course is counted and judged by"
    )
    known_dose_reasons: tuple[Code, ...] = Field(
        default=(), description="what a change of dose may name as its coded reason"
    )
    known_warning_reasons: tuple[Code, ...] = Field(
        default=(), description="what an answer to a warning may name as its coded reason"
    )
    known_early_reasons: tuple[Code, ...] = Field(
        default=(), description="what a taper before the minimum may name as its coded reason"
    )
    maoi_from: date | None = Field(
        default=None,
        description="the first day a monoamine oxidase inhibitor may start; null while it is taken",
    )
    actions: tuple[str, ...]


# --- tapers ------------------------------------------------------------------------------------


class TaperPolicyBody(Body):
    """A named way down, with its source. There is no such thing as "the" taper. ``drugs`` are
    those of the formulary it has something to say about."""

    policy: Code
    name: str
    source: str
    grade: str
    base: str
    review_status: str
    needs_last_dose: bool
    drugs: tuple[Code, ...] = ()


class OwnStep(Body):
    """A row the prescriber wrote: this dose, held for this many days."""

    dose_mg: DoseMg
    days: int = Field(ge=1, le=365)


class FourSymptoms(Body):
    """The four symptoms that are worse in nearly everybody with withdrawal, as strong as they are.

    Taken before the first cut they are the baseline; at a check-in, what is compared with it.
    """

    dizziness: Severity
    brain_zaps: Severity
    irritability: Severity
    anxiety: Severity


class TaperReadiness(Body):
    """What must be asked before the first cut (T-01, T-02); the baseline always."""

    baseline_withdrawal: Severity
    baseline: FourSymptoms | None = None
    crisis_plan_agreed: bool
    supporter_asked: bool
    pace_is_the_patients: bool


class TaperRequest(Body):
    """Which way down, from when, with what on the shelf.

    ``rows`` replaces the policy's arithmetic by the prescriber's own rows. A taper before the
    minimum, or one a warning speaks against, needs ``early_reason`` or an acknowledgement.
    ``solids_only`` plans without liquids and drops.
    """

    policy: Code
    starts_on: date
    products: tuple[Code, ...] = Field(default=(), max_length=32)
    solids_only: bool = False
    interval_days: int | None = Field(default=None, ge=1, le=365)
    last_dose_mg: PositiveDoseMg | None = None
    rows: tuple[OwnStep, ...] = Field(default=(), max_length=200)
    readiness: TaperReadiness | None = None
    early_reason: Reason | None = None
    early_code: Code | None = Field(
        default=None, description="one of the course's known_early_reasons; left out: other"
    )
    standing_order_days: int | None = Field(
        default=None,
        ge=0,
        le=7,
        description="how long a nurse may hold at one dose with this signature alone",
    )


class SupplyPartBody(Body):
    """Units of one product for the days of a step, counted exactly: 10.5 tablets, 42 mL."""

    product: str
    label: str
    unit: str
    strength_mg: Decimal
    units: Decimal
    is_solid: bool
    opened_life_days: int | None


class PlannedStepBody(Body):
    """One step of a plan. Dates beyond the scheduled step are what to expect, not a promise."""

    ordinal: int
    expected_on: date
    days: int
    target_mg: DoseMg
    dose_mg: DoseMg
    dose_text: str
    supply_text: str
    cut_percent: Decimal | None
    occupancy_percent: Decimal | None
    error_mg: Decimal
    supply_parts: tuple[SupplyPartBody, ...] = ()


class TaperPreview(Body):
    """A plan that is stored nowhere: to look at, compare and discard."""

    policy: Code
    verdict: Literal["ok", "cannot-be-dispensed-safely"]
    from_dose_mg: DoseMg
    from_dose_text: str
    steps: tuple[PlannedStepBody, ...]
    length_days: int
    findings: tuple[FindingBody, ...]


class TaperPlanBody(Body):
    """A stored plan version. ``signing`` is there while it can be signed."""

    plan_id: UUID
    version: int
    plan_version: int
    course_id: UUID
    patient_id: UUID
    status: Literal["draft", "signed", "active", "hold", "completed", "stopped", "superseded"]
    policy: Code
    policy_name: str
    policy_source: str
    from_dose_mg: DoseMg
    from_dose_text: str
    steps: tuple[PlannedStepBody, ...]
    length_days: int
    findings: tuple[FindingBody, ...]
    drafted_by: UUID
    signed_by: UUID | None
    signed_at: AwareDatetime | None
    signing: SigningBody | None
    actions: tuple[str, ...]
    standing_order_days: int | None = None
    first_signature: FirstSignatureBody | None = Field(
        default=None, description="of a draft that waits for a second prescriber's signature"
    )
    second_signed_by: UUID | None = None


class SignTaperPlan(Body):
    """The signature over the plan's hash, and a reason for each warning."""

    signature: str = Field(min_length=1, max_length=4096)
    acknowledgements: tuple[Acknowledgement, ...] = Field(default=(), max_length=64)


class SupplyConfirmation(Body):
    """The whole next step is in the person's hands (T-19)."""

    plan_version: Version


class StepTaken(Body):
    """The new dose was started on this day."""

    plan_version: Version
    taken_on: date


class CheckIn(Body):
    """Withdrawal, mood and safety after a cut (T-18); ``assessment_ids`` cites the scores.

    ``kind`` early and gate name the step by ``ordinal``; surveillance names the look. What is said
    between the check-ins, at whatever hour, is ``unscheduled`` and names any scheduled step.
    ``flag_ids`` are the safety flags assessment has raised for these answers already.
    """

    plan_version: Version
    kind: Literal["early", "gate", "surveillance", "unscheduled"]
    ordinal: int = Field(ge=0, le=1000)
    reached: bool = True
    withdrawal: Severity
    tolerable: bool
    can_work_and_care: bool
    mood: Literal["same", "worse", "much-worse"]
    suicidal_thoughts: bool
    marked_agitation: bool
    emergency_signs: bool
    missed_doses_in_a_row: int = Field(default=0, ge=0, le=366)
    symptoms: FourSymptoms | None = None
    dess_new_or_worse: int | None = Field(default=None, ge=0, le=43)
    score_total: int | None = Field(
        default=None, ge=0, le=1000, description="the course's primary instrument, taken now"
    )
    self_harm_item: int | None = Field(default=None, ge=0, le=3)
    mania_signs: bool = False
    low_sodium_signs: bool = Field(
        default=False, description="confusion, falls or headache that are new"
    )
    life_event: Code | None = None
    life_event_on: date | None = None
    supply_lasts: bool = True
    flag_ids: tuple[UUID, ...] = Field(default=(), max_length=16)
    assessment_ids: tuple[UUID, ...] = Field(default=(), max_length=16)
    note: Note | None = None


class Hold(Body):
    """Keep the dose for some days; every later date moves with it (T-07).

    On a held plan it is so many days more. The signed plan's standing order covers so many days
    at one dose; a longer hold is proposed as a new version and signed.
    """

    plan_version: Version
    days: int = Field(ge=1, le=365)
    reason: Reason


class Resumption(Body):
    """End a suspension. The end of a hold is proposed as a new version and signed."""

    resume_on: date
    reason: Reason


ChangeKind = Literal["hold", "resume", "step-back", "slow-down", "reinstate"]


class PlanChangeRequest(Body):
    """Propose a new version of the live plan; nothing changes before it is signed.

    A hold says for how many ``days``. Anything else says from which day: ``on`` is the day the
    hold ends, the day the dose before is taken again, or the first slower cut.
    """

    kind: ChangeKind
    plan_version: Version
    days: int | None = Field(default=None, ge=1, le=365)
    on: date | None = None
    reason: Reason


class DiffRowBody(Body):
    """One step ahead, in one of the two versions."""

    ordinal: int
    on: date
    dose_mg: DoseMg
    dose_text: str
    supply_text: str


class QuantityBody(Body):
    """How much of one product the steps ahead take, in the two versions."""

    label: str
    unit: str
    before: Decimal
    after: Decimal


class ReminderMoveBody(Body):
    """A reminder that moves, is cancelled (no ``after``) or is new (no ``before``)."""

    kind: str
    ordinal: int
    before: date | None
    after: date | None


class DiffBody(Body):
    """What a person has to see before saying yes: doses, days, amounts, reminders."""

    dose_mg_before: DoseMg
    dose_text_before: str
    dose_mg_after: DoseMg
    dose_text_after: str
    before: tuple[DiffRowBody, ...]
    after: tuple[DiffRowBody, ...]
    quantities: tuple[QuantityBody, ...]
    reminders: tuple[ReminderMoveBody, ...]


class PlanChangeBody(Body):
    """A proposed version with what it would change. ``signing`` is there while it can be signed.

    ``proposed_by`` is ``staff:<id>`` or ``rule:<id>``. ``policy_name`` names the plan that
    follows; None keeps the plan, or leaves the next one to be written by hand.
    """

    change_id: UUID
    version: int
    course_id: UUID
    patient_id: UUID
    kind: ChangeKind
    state: Literal["proposed", "signed", "declined", "overtaken"]
    plan_id: UUID
    from_version: int
    days: int | None
    on: date | None
    policy_name: str | None
    rule: str
    reason: str
    diff: DiffBody
    findings: tuple[FindingBody, ...]
    proposed_by: str
    proposed_at: AwareDatetime
    decided_by: UUID | None
    decided_at: AwareDatetime | None
    decline_reason: str | None
    signing: SigningBody | None
    actions: tuple[str, ...]


class SignPlanChange(Body):
    """The signature over exactly what was shown, and a reason for each warning."""

    signature: str = Field(min_length=1, max_length=4096)
    acknowledgements: tuple[Acknowledgement, ...] = Field(default=(), max_length=64)


class DeclinePlanChange(Body):
    """The proposal is not taken up; the plan stays as it is."""

    reason: Reason


class CheckInResult(Body):
    """What the check-in means for the next step, and the course as it now stands.

    ``change`` is the new version that is proposed from it, for a prescriber to sign.
    """

    proposal: ProposalBody
    course: CourseBody
    change: PlanChangeBody | None = None


class PlanVersionBody(Body):
    """A version of a plan as it was when it became the live one."""

    plan_id: UUID
    plan_version: int
    kind: str
    made_at: AwareDatetime
    made_by: str
    reason: str | None
    rows: tuple[DiffRowBody, ...]
    is_live: bool


class OrderLineBody(Body):
    """One product of one period: left before and dispensed, less taken, is left after."""

    product: str
    label: str
    unit: str
    strength_mg: Decimal
    taken: Decimal
    left_before: Decimal
    dispense: Decimal
    left_after: Decimal
    bottles: int | None


class OrderBody(Body):
    """What the pharmacy hands out for one step; ``text`` is the order in whole words."""

    ordinal: int
    starts_on: date
    days: int
    dose_mg: DoseMg
    dose_text: str
    supply_confirmed_at: AwareDatetime | None
    lines: tuple[OrderLineBody, ...]
    text: tuple[str, ...]


class PlanSupplyBody(Body):
    """Every dispensing period ahead, and what stands in the way of one."""

    course_id: UUID
    patient_id: UUID
    drug_name: str
    plan_version: int
    orders: tuple[OrderBody, ...]
    findings: tuple[FindingBody, ...]


class AttributionReason(Body):
    """One thing that speaks for one of the two, or for neither."""

    what: Literal["timing", "kind", "reinstatement", "score"]
    speaks_for: Literal["withdrawal", "relapse", "neither"]
    detail: str


class AttributionBody(Body):
    """Withdrawal or relapse: a suggestion with its reasons, never a diagnosis. Both routes stay
    open whatever it suggests."""

    course_id: UUID
    patient_id: UUID
    suggestion: Literal["more-like-withdrawal", "more-like-relapse", "cannot-tell"]
    reasons: tuple[AttributionReason, ...]
    if_withdrawal: str
    if_relapse: str
    source: str
    grade: str


class HarmStop(Body):
    """Stop fast because going on does serious harm (T-16); ``harm`` is a code of the content."""

    harm: Code
    last_dose_on: date
    reason: Reason


class Closure(Body):
    """End of the record after surveillance, or with a reason before."""

    reason: Reason


# --- lists -------------------------------------------------------------------------------------


class DueItem(Body):
    """One thing owed now, computed from plan rows while this answer was made.

    Its key is the reminder's key, so a list joins both without asking either twice.
    ``detail.dose_text`` is the current plan version's words and the only ones to show.
    """

    key: ReminderKey
    patient_id: UUID
    patient_name: str | None
    birth_date: date | None
    birth_year: BirthYear = None
    course_id: UUID
    team: str
    for_role: Role
    due_on: date
    due_at: AwareDatetime
    late_by_minutes: int
    title: str
    why: str
    detail: Detail
    action: Action


CalendarTitle = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[^\x00-\x1f\x7f]+$")]
"""The person's own words for an entry. They name no medicine."""


class NewCalendarLink(Body):
    """A secret link that a calendar subscribes to; the person's earlier one ends.

    Whoever makes the link makes its secret (at least 256 random bits) and sends only its SHA-256:
    treatment never holds a working link.
    """

    secret_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    change_title: CalendarTitle
    check_in_title: CalendarTitle


class RevokeCalendarLink(Body):
    """Take the link back."""


class CalendarLinkBody(Body):
    """A link as staff see it; its secret is nowhere."""

    calendar_link_id: UUID
    patient_id: UUID
    change_title: str
    check_in_title: str
    made_by: UUID
    made_at: AwareDatetime
    revoked_at: AwareDatetime | None
    actions: tuple[str, ...]


class CalendarSecret(Body):
    """What the link holds."""

    secret: Annotated[str, Field(min_length=43, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]


class CalendarFeed(Body):
    """An iCalendar file (RFC 5545), the same text as long as nothing in it changes."""

    calendar: str
