"""The taper bench: plans side by side."""

from decimal import Decimal
from uuid import UUID

from services.treatment.adapters.http.bodies import finding_bodies
from services.treatment.adapters.http.desk import PLANNERS, Desk
from services.treatment.adapters.http.plans import wish_of
from services.treatment.application.compare_tapers import Bench, Column, Way, compare_tapers
from services.treatment.domain.findings import RuleRefusal
from services.treatment.domain.plan import Wish
from services.treatment.domain.policies import Tier
from services.treatment.domain.products import Form, ProductUnits
from services.treatment.domain.rulebook import Rulebook
from services.treatment.domain.taper import TaperStep
from services.treatment.domain.taper_verdict import Verdict
from shared.api.taper_bench import (
    BenchBody,
    BenchColumnBody,
    BenchPlanBody,
    BenchRefusalBody,
    BenchRequest,
    BenchStepBody,
    RiskBody,
    SupplyBody,
)
from shared.api.treatment import OwnStep, TaperRequest
from shared.runtime.http import Api, Call, Mode

UNITS = {Form.LIQUID: "mL", Form.DROPS: "drop"}


def add_bench(api: Api, desk: Desk) -> None:
    """Add this file's route."""

    @api.post(
        "/api/v1/courses/{course_id}/taper-bench",
        roles=PLANNERS,
        raises=(404, 409),
        mode=Mode.READS,
    )
    async def compare_taper_plans(call: Call, course_id: UUID, body: BenchRequest) -> BenchBody:
        """Calculate up to four plans beside each other and keep nothing."""
        await desk.visible_course(call, course_id, read="course")
        bench = await compare_tapers(
            desk.work(call),
            course_id=course_id,
            wishes=[wish_of(way) for way in body.ways],
            starts_on=body.starts_on,
            formulary=desk.formulary,
            book=desk.book,
            now=call.tx.now,
        )
        return _body(bench, desk.book)


def _body(bench: Bench, book: Rulebook) -> BenchBody:
    risk = bench.risk
    return BenchBody(
        course_id=bench.course.id,
        drug=bench.drug.code,
        drug_name=bench.drug.name,
        from_dose_mg=bench.course.dose.mg,
        from_dose_text=bench.course.dose.text,
        risk=RiskBody(
            tier=risk.tier.value,
            reasons=risk.reasons,
            fast_tier_offered=Tier.FASTER in risk.offered,
            policy=risk.policy,
            interval_days=risk.interval_days,
        ),
        columns=tuple(_column(column, book) for column in bench.columns),
    )


def _column(column: Column, book: Rulebook) -> BenchColumnBody:
    asked, way = _asked(column.wish), column.way
    if isinstance(way, RuleRefusal):
        refusal = BenchRefusalBody(rule=way.rule, field=way.field, detail=way.sentence)
        return BenchColumnBody(asked=asked, plan=None, refusal=refusal)
    return BenchColumnBody(asked=asked, plan=_plan(way, book), refusal=None)


def _asked(wish: Wish) -> TaperRequest:
    return TaperRequest(
        policy=wish.policy,
        starts_on=wish.starts_on,
        products=tuple(sorted(wish.products)),
        solids_only=wish.solids_only,
        interval_days=wish.interval_days,
        last_dose_mg=wish.last_dose_mg,
        rows=tuple(OwnStep(dose_mg=dose_mg, days=days) for dose_mg, days in wish.rows),
    )


def _plan(way: Way, book: Rulebook) -> BenchPlanBody:
    plan, policy, summary = way.calculated.plan, way.calculated.policy, way.summary
    bands: tuple[tuple[Decimal, Decimal] | None, ...] = way.band or (None,) * len(plan.steps)
    return BenchPlanBody(
        policy=policy.code,
        policy_name=policy.name,
        policy_source=policy.source,
        grade=policy.grade,
        review_status=policy.review_status,
        shelf=plan.shelf,
        model=plan.model,
        verdict="ok" if plan.verdict is Verdict.DISPENSABLE else "cannot-be-dispensed-safely",
        cliff=plan.cliff.sentence if plan.cliff else None,
        ways_round=plan.cliff.routes if plan.cliff else (),
        interval_days=plan.interval_days,
        length_days=summary.length_days,
        step_count=summary.steps,
        largest_drop_points=summary.largest_drop_points,
        last_drop_points=summary.last_drop_points,
        largest_rounding_mg=summary.largest_rounding_mg,
        largest_rounding_points=summary.largest_rounding_points,
        supply=tuple(_supply(part) for part in summary.supply),
        liquid_ml=summary.liquid_ml,
        visits=summary.visits,
        start_occupancy_percent=plan.start_occupancy_percent,
        steps=tuple(_step(*pair) for pair in zip(plan.steps, bands, strict=True)),
        findings=finding_bodies(plan.findings, book),
    )


def _step(step: TaperStep, band: tuple[Decimal, Decimal] | None) -> BenchStepBody:
    low, high = band or (None, None)
    return BenchStepBody(
        ordinal=step.index,
        expected_on=step.start,
        days=step.days,
        target_mg=step.target_mg,
        dose_mg=step.dose_mg,
        dose_text=step.dose_text,
        occupancy_percent=step.occupancy_percent,
        lowest_percent=low,
        highest_percent=high,
        drop_points=step.drop_points,
        error_mg=step.error_mg,
        error_points=step.error_points,
    )


def _supply(part: ProductUnits) -> SupplyBody:
    product = part.product
    solid = "bead" if product.beads is not None else product.form.value
    return SupplyBody(
        product=product.code,
        name=product.label,
        units=part.units,
        unit=UNITS.get(product.form, solid),
    )
