"""Proposed and kept versions of a plan, its supply, and where symptoms come from, as bodies."""

from collections.abc import Iterable

from services.treatment.adapters.http.bodies import finding_bodies
from services.treatment.domain.attribution import Attribution
from services.treatment.domain.course import Course
from services.treatment.domain.findings import Finding
from services.treatment.domain.plan_change import (
    ChangeState,
    Diff,
    DiffRow,
    PlanChange,
    PlanVersion,
    rows,
)
from services.treatment.domain.rulebook import Rulebook
from services.treatment.domain.schedule import expected
from services.treatment.domain.signing import SIGN_CHANGE, change_hash
from services.treatment.domain.supply import Order, order_text
from shared.api.treatment import (
    AttributionBody,
    AttributionReason,
    DiffBody,
    DiffRowBody,
    OrderBody,
    OrderLineBody,
    PlanChangeBody,
    PlanSupplyBody,
    PlanVersionBody,
    QuantityBody,
    ReminderMoveBody,
    SigningBody,
)


def change_body(change: PlanChange, *, course: Course, role: str, book: Rulebook) -> PlanChangeBody:
    """A proposal as this role may decide it; one whose plan has moved on is overtaken."""
    state = change.state
    if change.is_open and not change.fits(course.taper):
        state = ChangeState.OVERTAKEN
    may = state is ChangeState.PROPOSED and role == "prescriber"
    outline = change.outline
    return PlanChangeBody(
        change_id=change.id,
        version=change.version,
        course_id=change.course_id,
        patient_id=change.patient_id,
        kind=change.kind.value,
        state=state.value,
        plan_id=change.plan_id,
        from_version=change.from_version,
        days=change.days,
        on=change.on,
        policy_name=outline.policy_name if outline else None,
        rule=change.rule,
        reason=change.reason,
        diff=_diff(change.diff),
        findings=finding_bodies(outline.findings if outline else (), book),
        proposed_by=change.proposed_by,
        proposed_at=change.proposed_at,
        decided_by=change.decided_by,
        decided_at=change.decided_at,
        decline_reason=change.decline_reason,
        signing=SigningBody(hash=change_hash(change), meaning=SIGN_CHANGE) if may else None,
        actions=("sign", "decline") if may else (),
    )


def version_body(kept: PlanVersion, *, course: Course, book: Rulebook) -> PlanVersionBody:
    """A version with the days it was meant to have."""
    taper = course.taper
    live = taper is not None and (taper.plan_id, taper.plan_version) == (
        kept.plan_id,
        kept.plan_version,
    )
    ahead = expected(kept.taper, today=kept.made_on, cadence=book.steps)
    return PlanVersionBody(
        plan_id=kept.plan_id,
        plan_version=kept.plan_version,
        kind=kept.kind,
        made_at=kept.made_at,
        made_by=kept.made_by,
        reason=kept.reason,
        rows=_rows(rows(ahead)),
        is_live=live,
    )


def supply_body(
    course: Course,
    orders: Iterable[Order],
    findings: tuple[Finding, ...],
    *,
    drug_name: str,
    book: Rulebook,
) -> PlanSupplyBody:
    """The periods ahead, each with its order in words."""
    taper = course.taper
    confirmed = (
        {step.ordinal: step.supply_confirmed_at for step in taper.scheduled} if taper else {}
    )
    return PlanSupplyBody(
        course_id=course.id,
        patient_id=course.patient_id,
        drug_name=drug_name,
        plan_version=taper.plan_version if taper else 0,
        orders=tuple(
            OrderBody(
                ordinal=order.period.ordinal,
                starts_on=order.period.starts_on,
                days=order.period.days,
                dose_mg=order.period.dose_mg,
                dose_text=order.period.dose_text,
                supply_confirmed_at=confirmed.get(order.period.ordinal),
                lines=tuple(
                    OrderLineBody(
                        product=line.product,
                        label=line.label,
                        unit=line.unit,
                        strength_mg=line.strength_mg,
                        taken=line.taken,
                        left_before=line.left_before,
                        dispense=line.dispense,
                        left_after=line.left_after,
                        bottles=line.bottles,
                    )
                    for line in order.lines
                ),
                text=order_text(order, drug_name=drug_name),
            )
            for order in orders
        ),
        findings=finding_bodies(findings, book),
    )


def attribution_body(
    course: Course, attribution: Attribution, *, book: Rulebook
) -> AttributionBody:
    """The suggestion, its reasons, and both routes."""
    rules = book.attribution
    return AttributionBody(
        course_id=course.id,
        patient_id=course.patient_id,
        suggestion=attribution.suggestion.value,
        reasons=tuple(
            AttributionReason(
                what=reason.what,  # type: ignore[arg-type]
                speaks_for=reason.speaks_for.value,
                detail=reason.detail,
            )
            for reason in attribution.reasons
        ),
        if_withdrawal="Hold at this dose, or take the dose before again. Ask again on day 3 and "
        "day 7: it usually gets better within a few days, and fades in one to three weeks.",
        if_relapse="Take the full scores today and ask a prescriber. Do not reassure for longer "
        f"than {rules.reassure_at_most_days} days without a prescriber having looked.",
        source=rules.source,
        grade=rules.grade,
    )


def _diff(diff: Diff) -> DiffBody:
    return DiffBody(
        dose_mg_before=diff.dose_before.mg,
        dose_text_before=diff.dose_before.text,
        dose_mg_after=diff.dose_after.mg,
        dose_text_after=diff.dose_after.text,
        before=_rows(diff.before),
        after=_rows(diff.after),
        quantities=tuple(
            QuantityBody(label=one.label, unit=one.unit, before=one.before, after=one.after)
            for one in diff.quantities
        ),
        reminders=tuple(
            ReminderMoveBody(
                kind=move.kind, ordinal=move.ordinal, before=move.before, after=move.after
            )
            for move in diff.reminders
        ),
    )


def _rows(found: tuple[DiffRow, ...]) -> tuple[DiffRowBody, ...]:
    return tuple(
        DiffRowBody(
            ordinal=row.ordinal,
            on=row.on,
            dose_mg=row.dose.mg,
            dose_text=row.dose.text,
            supply_text=row.supply_text,
        )
        for row in found
    )
