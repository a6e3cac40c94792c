"""Domain values as the bodies of the interface."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Literal
from uuid import UUID

from services.treatment.application.change_dose import DoseOutline
from services.treatment.application.first_weeks import FirstWeeks
from services.treatment.application.offer_drugs import Offer
from services.treatment.application.propose_switch import Switch
from services.treatment.application.record_health_profile import Vocabulary
from services.treatment.domain.authority import (
    NOBODY,
    actions,
    leaving_actions,
    look_actions,
    proposals,
    review_actions,
    step_actions,
)
from services.treatment.domain.calendar_days import add_months
from services.treatment.domain.clock import read_clock
from services.treatment.domain.course import Course, LeavingStep, TitrationStep
from services.treatment.domain.drug import Drug
from services.treatment.domain.findings import Finding
from services.treatment.domain.live_taper import ScheduledStep, Taper
from services.treatment.domain.person import HealthProfile, Known
from services.treatment.domain.phases import ON_DRUG, Move, Phase
from services.treatment.domain.plan import Outline, Plan, PlanRow, PlanState
from services.treatment.domain.policies import Policy
from services.treatment.domain.response import Response
from services.treatment.domain.reviews import Review
from services.treatment.domain.rulebook import Rulebook
from services.treatment.domain.safety import Taken, indications
from services.treatment.domain.schedule import expected
from services.treatment.domain.second_signature import SECOND_SIGNATURE, rules_for_two
from services.treatment.domain.signing import (
    CONFIRM_COURSE,
    SIGN_TAPER,
    course_hash,
    plan_hash,
)
from services.treatment.domain.supply_text import amount
from services.treatment.domain.surveillance import Look, looks_after
from services.treatment.domain.switching import Axis, Track
from services.treatment.domain.tapering import standing_days
from shared.api.treatment import (
    AxisPoint,
    AxisTrack,
    ClockBody,
    CourseBody,
    DosePreview,
    DoseRangeBody,
    DrugBody,
    DrugOption,
    ExpectedStepBody,
    FigureBody,
    FindingBody,
    FirstSignatureBody,
    FirstWeeksBody,
    HealthFacts,
    LeavingStepBody,
    Medicine,
    PlannedReviewBody,
    PlannedStepBody,
    ProductBody,
    ProposalBody,
    ReadingBody,
    ResponseBody,
    ReviewBody,
    ScheduledStepBody,
    SignatureBody,
    SigningBody,
    SupplyLine,
    SupplyPartBody,
    SurveillanceBody,
    SwitchAxis,
    SwitchPreview,
    TaperBody,
    TaperPlanBody,
    TaperPolicyBody,
    TaperPreview,
    TitrationStepBody,
)
from shared.api.treatment import HealthProfile as HealthProfileBody

UNCITED = ("a rule of this product", "PD")


def finding_bodies(findings: tuple[Finding, ...], book: Rulebook) -> tuple[FindingBody, ...]:
    """Each finding with where its rule comes from."""
    found = []
    for finding in findings:
        source, grade = book.citations.get(finding.rule, UNCITED)
        found.append(
            FindingBody(
                rule=finding.rule,
                level=finding.level.value,
                detail=finding.detail,
                source=source,
                grade=grade,
                second_signature=bool(rules_for_two((finding,), book.second_signature)),
            )
        )
    return tuple(found)


def course_body(
    course: Course,
    *,
    patient: Known,
    role: str,
    response: Response,
    findings: tuple[Finding, ...],
    information_missing: bool,
    drug: Drug,
    book: Rulebook,
    today: date,
    switch: Axis | None = None,
    planned: FirstWeeks | None = None,
    signature: SignatureBody | None = None,
    first: FirstSignatureBody | None = None,
) -> CourseBody:
    """A course as this role may see and change it today."""
    draft = course.phase is Phase.DRAFT
    acting = role if patient.in_care else NOBODY
    return CourseBody(
        course_id=course.id,
        version=course.version,
        patient_id=course.patient_id,
        phase=course.phase,
        drug=course.drug,
        drug_name=drug.name,
        indication=course.indication,
        primary_instrument=course.instrument,
        dose_mg=course.dose.mg,
        dose_text=course.dose.text,
        target_dose_mg=course.target.mg,
        prescriber_id=course.prescriber_id,
        starts_on=course.starts_on,
        started_on=course.started_on,
        closed_on=course.closed_on,
        titration=tuple(_titration(step) for step in course.titration),
        clock=clock_body(course, today=today),
        response=_response(course, response),
        reviews=tuple(_review(course, review, acting) for review in course.reviews),
        findings=finding_bodies(findings, book),
        taper=_taper(course, course.taper, acting, book=book, today=today)
        if course.taper
        else None,
        signing=SigningBody(
            hash=course_hash(course), meaning=SECOND_SIGNATURE if first else CONFIRM_COURSE
        )
        if draft
        else None,
        first_signature=first,
        information_missing=information_missing,
        known_risk_factors=tuple(sorted(book.duration.factors)),
        known_harms=tuple(sorted(book.harms)),
        jurisdiction=course.jurisdiction,
        formulation=course.family,
        replaces=course.replaces,
        successor_id=course.successor_id,
        leaving=tuple(_leaving(course, step, acting) for step in course.leaving),
        switch=axis_body(switch) if switch else None,
        first_weeks=first_weeks_body(planned) if planned else None,
        signature=signature,
        harm_watch=tuple(
            look.due_on
            for look in looks_after(today, drug=course.drug, rules=book.surveillance)
            if course.phase in ON_DRUG
        ),
        figures=_course_figures(course, book),
        known_dose_reasons=tuple(sorted(book.reasons.dose_change)),
        known_warning_reasons=tuple(sorted(book.reasons.warning)),
        known_early_reasons=tuple(sorted(book.reasons.early_taper)),
        maoi_from=_maoi_from(course, drug),
        actions=tuple(
            action
            for action in actions(course, role, has_left_care=not patient.in_care)
            if not (first and first.mine and action == Move.CONFIRM.value)
        ),
    )


def _course_figures(course: Course, book: Rulebook) -> tuple[FigureBody, ...]:
    """Where the figures come from that count for the course now."""
    names = ["response", "remission", "not-improving", "review-rhythm"]
    if course.history.remission is not None:
        names += ["continuation-months", "relapse-risk"]
    if course.history.pauses:
        names.append("adherence-gap")
    if course.phase in ON_DRUG or (course.taper and course.taper.looks):
        names.append("looks-after-the-last-dose")
    if course.leaving or course.successor_id:
        names.append("switch-bounds")
    return tuple(
        FigureBody(figure=name, source=book.figures[name][0], grade=book.figures[name][1])
        for name in names
    )


def _maoi_from(course: Course, drug: Drug) -> date | None:
    if course.last_dose_on is None:
        return None
    return course.last_dose_on + timedelta(days=drug.maoi.before_maoi_days)


def _leaving(course: Course, step: LeavingStep, role: str) -> LeavingStepBody:
    return LeavingStepBody(
        ordinal=step.ordinal,
        on=step.on,
        dose_mg=step.dose.mg,
        dose_text=step.dose.text,
        taken_on=step.taken_on,
        actions=leaving_actions(course, step, role),
    )


def axis_body(found: Axis) -> SwitchAxis:
    """Both drugs of a switch on one axis."""
    return SwitchAxis(
        leaving=_track(found.leaving),
        coming=_track(found.coming),
        last_dose_on=found.last_dose_on,
        first_dose_on=found.first_dose_on,
        overlap_days=found.overlap_days,
        gap_days=found.gap_days,
        still_acts_until=found.still_acts_until,
    )


def _track(track: Track) -> AxisTrack:
    return AxisTrack(
        drug=track.drug.code,
        drug_name=track.drug.name,
        ceiling_mg=track.ceiling_mg,
        points=tuple(
            AxisPoint(on=point.on, dose_mg=point.mg, dose_text=point.text) for point in track.points
        ),
    )


def switch_body(switch: Switch, *, book: Rulebook) -> SwitchPreview:
    """A switch nobody keeps."""
    return SwitchPreview(
        axis=axis_body(switch.axis),
        titration=tuple(_titration(step) for step in switch.draft.titration),
        findings=finding_bodies(switch.findings, book),
    )


def dose_preview_body(course: Course, outline: DoseOutline, *, book: Rulebook) -> DosePreview:
    """A change of dose nobody has made yet, beside the dose of now."""
    before = {review.ordinal for review in course.reviews}
    return DosePreview(
        version=course.version,
        from_dose_mg=course.dose.mg,
        from_dose_text=course.dose.text,
        dose_mg=outline.changed.dose.mg,
        dose_text=outline.changed.dose.text,
        findings=finding_bodies(outline.findings, book),
        reviews=tuple(
            PlannedReviewBody(
                kind=review.kind,
                due_on=review.due_on,
                for_role=review.for_role,
                rule=review.rule,
            )
            for review in outline.changed.reviews
            if review.ordinal not in before
        ),
    )


def clock_body(course: Course, *, today: date) -> ClockBody:
    """On treatment so long; remission then; six months, twelve months; and why."""
    clock = read_clock(course.history)
    until = course.ended_on or today
    days = (until - course.started_on).days if course.started_on else 0
    start = clock.remission_on
    reviews = [
        review.due_on
        for review in course.reviews
        if review.done_at is None and review.kind in {"decision-review", "maintenance-review"}
    ]
    return ClockBody(
        weeks_on_treatment=max(0, days // 7),
        remission_on=start,
        months=clock.months,
        minimum_end_on=clock.minimum_end_on,
        six_months_on=add_months(start, 6) if start else None,
        twelve_months_on=add_months(start, 12) if start else None,
        review_on=min(reviews, default=None),
        paused_days=clock.paused_days,
        rule="C-02" if start else "C-01",
        why=clock.why,
    )


def _titration(step: TitrationStep) -> TitrationStepBody:
    return TitrationStepBody(
        ordinal=step.ordinal,
        from_day=step.from_day,
        dose_mg=step.dose.mg,
        dose_text=step.dose.text,
    )


def _response(course: Course, response: Response) -> ResponseBody:
    return ResponseBody(
        instrument=course.instrument,
        baseline_total=response.baseline.total if response.baseline else None,
        baseline_on=response.baseline.on if response.baseline else None,
        latest_total=response.latest.total if response.latest else None,
        latest_on=response.latest.on if response.latest else None,
        category=response.category.value,
        remission_confirmed_on=response.remission_confirmed_on,
        readings=tuple(
            ReadingBody(on=reading.on, total=reading.total) for reading in response.readings
        ),
    )


def _review(course: Course, review: Review, role: str) -> ReviewBody:
    return ReviewBody(
        ordinal=review.ordinal,
        kind=review.kind,
        due_on=review.due_on,
        for_role=review.for_role,
        rule=review.rule,
        done_at=review.done_at,
        actions=review_actions(course, review, role),
    )


def _taper(course: Course, taper: Taper, role: str, *, book: Rulebook, today: date) -> TaperBody:
    left = standing_days(taper, book.steps) - taper.held_days
    return TaperBody(
        plan_id=taper.plan_id,
        plan_version=taper.plan_version,
        policy=taper.policy,
        status=taper.status.value,
        step_count=taper.step_count,
        steps=tuple(_step(course, step, role) for step in taper.scheduled),
        surveillance=tuple(_look(course, look, role) for look in taper.looks),
        hold_until=taper.hold_until,
        proposal=_proposal(taper),
        expected=tuple(
            ExpectedStepBody(
                ordinal=step.ordinal,
                on=step.on,
                days=step.days,
                dose_mg=step.dose.mg,
                dose_text=step.dose.text,
                supply_text=step.supply_text,
                is_scheduled=step.is_scheduled,
            )
            for step in expected(taper, today=today, cadence=book.steps)
        ),
        standing_days_left=max(0, left),
        proposals=proposals(course, role),
    )


def _proposal(taper: Taper) -> ProposalBody | None:
    if taper.proposal is None or taper.proposed_at is None:
        return None
    return ProposalBody(
        rule=taper.proposal.rule,
        action=taper.proposal.action.value,
        detail=taper.proposal.detail,
        made_at=taper.proposed_at,
    )


def _step(course: Course, step: ScheduledStep, role: str) -> ScheduledStepBody:
    return ScheduledStepBody(
        ordinal=step.ordinal,
        change_on=step.change_on,
        previous_dose_mg=step.previous.mg,
        previous_dose_text=step.previous.text,
        dose_mg=step.dose.mg,
        dose_text=step.dose.text,
        supply_text=step.supply_text,
        check_in_early_on=step.check_in_early_on,
        check_in_gate_on=step.check_in_gate_on,
        supply_confirmed_at=step.supply_confirmed_at,
        taken_at=step.taken_at,
        early_check_in_at=step.early_check_in_at,
        gate_check_in_at=step.gate_check_in_at,
        actions=step_actions(course, step, role),
    )


def _look(course: Course, look: Look, role: str) -> SurveillanceBody:
    return SurveillanceBody(
        ordinal=look.ordinal,
        due_on=look.due_on,
        done_at=look.done_at,
        actions=look_actions(course, look, role),
    )


def preview_body(outline: Outline, *, book: Rulebook) -> TaperPreview:
    """A plan nobody keeps."""
    return TaperPreview(
        policy=outline.policy,
        verdict="ok" if outline.dispensable else "cannot-be-dispensed-safely",
        from_dose_mg=outline.start.mg,
        from_dose_text=outline.start.text,
        steps=tuple(_planned(row) for row in outline.rows),
        length_days=outline.length_days,
        findings=finding_bodies(outline.findings, book),
    )


def plan_body(
    plan: Plan,
    *,
    course: Course,
    findings: tuple[Finding, ...],
    role: str,
    book: Rulebook,
    first: FirstSignatureBody | None = None,
    second_signed_by: UUID | None = None,
) -> TaperPlanBody:
    """A plan as a document, with how its life goes."""
    outline = plan.outline
    draft = plan.state is PlanState.DRAFT
    may_sign = draft and role == "prescriber" and not (first and first.mine)
    return TaperPlanBody(
        plan_id=plan.id,
        version=plan.version,
        plan_version=_plan_version(plan, course),
        course_id=plan.course_id,
        patient_id=plan.patient_id,
        status=_status(plan, course),
        policy=outline.policy,
        policy_name=outline.policy_name,
        policy_source=outline.policy_source,
        from_dose_mg=outline.start.mg,
        from_dose_text=outline.start.text,
        steps=tuple(_planned(row) for row in outline.rows),
        length_days=outline.length_days,
        findings=finding_bodies(findings, book),
        drafted_by=plan.drafted_by,
        signed_by=plan.signed_by,
        signed_at=plan.signed_at,
        signing=SigningBody(hash=plan_hash(plan), meaning=SECOND_SIGNATURE if first else SIGN_TAPER)
        if draft
        else None,
        first_signature=first,
        second_signed_by=second_signed_by,
        actions=("sign",) if may_sign else (),
        standing_order_days=plan.standing_days,
    )


def _plan_version(plan: Plan, course: Course) -> int:
    taper = course.taper
    return taper.plan_version if taper and taper.plan_id == plan.id else plan.plan_version


Status = Literal["draft", "signed", "active", "hold", "completed", "stopped", "superseded"]


def _status(plan: Plan, course: Course) -> Status:
    if plan.state is PlanState.DRAFT:
        return "draft"
    taper = course.taper
    if taper is None or taper.plan_id != plan.id:
        return "superseded"
    return taper.status.value


def _planned(row: PlanRow) -> PlannedStepBody:
    return PlannedStepBody(
        ordinal=row.ordinal,
        expected_on=row.expected_on,
        days=row.days,
        target_mg=row.target_mg,
        dose_mg=row.dose.mg,
        dose_text=row.dose.text,
        supply_text=row.supply_text,
        cut_percent=row.cut_percent,
        occupancy_percent=row.occupancy_percent,
        error_mg=row.error_mg,
        supply_parts=tuple(
            SupplyPartBody(
                product=part.product,
                label=part.label,
                unit=part.unit,
                strength_mg=part.strength_mg,
                units=part.units,
                is_solid=part.is_solid,
                opened_life_days=part.opened_life_days,
            )
            for part in row.supply_parts
        ),
    )


def drug_body(drug: Drug, *, jurisdiction: str, on: date) -> DrugBody:
    """A drug with what is sold of it here."""
    return DrugBody(
        drug=drug.code,
        name=drug.name,
        drug_class=drug.drug_class.lower(),
        review_status=drug.review_status,
        products=tuple(
            ProductBody(product=product.code, name=product.label)
            for product in drug.products
            if jurisdiction in product.jurisdictions and product.sold_on(on)
        ),
        doses=tuple(
            DoseRangeBody(
                indication=indication,
                start_mg=row.start_mg,
                usual_from_mg=row.usual_low_mg,
                usual_to_mg=row.usual_high_mg,
                max_mg=row.maximum_mg,
            )
            for row in drug.doses
            if jurisdiction in row.jurisdictions
            for indication in indications(row)
        ),
    )


def option_body(offer: Offer, *, rank: int, book: Rulebook) -> DrugOption:
    """A drug in its place among those offered."""
    return DrugOption(
        drug=offer.drug.code,
        name=offer.drug.name,
        drug_class=offer.drug.drug_class.lower(),
        rank=rank,
        reasons=offer.reasons,
        findings=finding_bodies(offer.findings, book),
        titration=tuple(_titration(step) for step in offer.titration),
        products=tuple(
            ProductBody(product=product.code, name=product.label)
            for product in offer.shelf.products
        ),
        formulation=offer.shelf.family,
        maximum_mg=offer.maximum_mg,
        first_weeks=first_weeks_body(offer.first_weeks),
        review_status=offer.drug.review_status,
        figures=_offered_figures(offer, book),
    )


def _offered_figures(offer: Offer, book: Rulebook) -> tuple[FigureBody, ...]:
    """Where place, doses and ceiling of an offer come from."""
    row, cap = offer.row, offer.cap
    rank = book.ranking.get(offer.drug.code)
    found = [FigureBody(figure="doses", source=row.source, grade=row.grade)]
    if cap is not None:
        found.append(FigureBody(figure="ceiling", source=cap.source, grade=cap.grade))
    if rank is not None:
        found.append(FigureBody(figure="place", source=rank.source, grade=rank.grade))
    return tuple(found)


def first_weeks_body(found: FirstWeeks) -> FirstWeeksBody:
    """What signing would plan, and what to hand out."""
    return FirstWeeksBody(
        reviews=tuple(
            PlannedReviewBody(
                kind=review.kind,
                due_on=review.due_on,
                for_role=review.for_role,
                rule=review.rule,
                source=row.source,
                grade=row.grade,
            )
            for review, row in zip(found.reviews, found.rows, strict=True)
        ),
        supply=tuple(
            SupplyLine(
                product=part.product.code,
                name=part.product.label,
                units=part.units,
                text=amount(part.product, part.units),
                opened_life_days=part.product.opened_life_days,
            )
            for part in found.supply
        ),
        supply_days=found.supply_days,
        figures=(
            FigureBody(
                figure="first-supply",
                source=found.supply_rule.source,
                grade=found.supply_rule.grade,
            ),
        ),
    )


def policy_body(code: str, policy: Policy, *, drugs: Iterable[str]) -> TaperPolicyBody:
    """A policy with its source, and which of these drugs it is for."""
    return TaperPolicyBody(
        policy=code,
        name=policy.name,
        source=policy.source,
        grade=policy.grade,
        base="previous-dose",
        review_status=policy.review_status,
        needs_last_dose=policy.needs_last_dose,
        drugs=tuple(drug for drug in drugs if policy.reaches(drug)),
    )


def profile_body(
    profile: HealthProfile | None, *, patient: Known, vocabulary: Vocabulary
) -> HealthProfileBody:
    """The latest answers, and the codes the rules know."""
    return HealthProfileBody(
        patient_id=patient.id,
        version=profile.version if profile else 0,
        asked_at=profile.asked_at if profile else None,
        facts=HealthFacts(
            conditions=tuple(sorted(profile.conditions)) if profile else (),
            medicines=tuple(
                Medicine(
                    medicine=taken.medicine,
                    last_taken_on=taken.last_on,
                    starts_on=taken.starts_on,
                )
                for taken in (profile.medicines if profile else ())
            ),
            note=profile.note if profile else None,
        ),
        known_conditions=tuple(sorted(vocabulary.conditions)),
        known_medicines=tuple(sorted(vocabulary.medicines)),
        actions=("record",),
    )


def taken(medicine: Medicine) -> Taken:
    """A medicine as the rules see it."""
    return Taken(medicine.medicine, medicine.last_taken_on, medicine.starts_on)
