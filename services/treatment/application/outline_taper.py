"""Calculate a way down for a course: what a preview shows and a draft keeps."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from services.treatment.application.ports import Formulary
from services.treatment.domain.course import Course
from services.treatment.domain.drug import Drug
from services.treatment.domain.errors import require_near
from services.treatment.domain.live_taper import Dose
from services.treatment.domain.plan import Outline, PlanRow, Wish
from services.treatment.domain.policies import OWN_ROWS, Policy, own_rows, slowed
from services.treatment.domain.products import Shelf
from services.treatment.domain.quantities import ZERO
from services.treatment.domain.realiser import dose_table
from services.treatment.domain.rulebook import Rulebook
from services.treatment.domain.supply import SupplyPart, parts_for
from services.treatment.domain.supply_text import supply_text
from services.treatment.domain.taper import TaperPlan, TaperStep, plan_taper
from services.treatment.domain.taper_rules import check_interval, default_interval_days
from services.treatment.domain.taper_verdict import Verdict
from services.treatment.domain.withdrawal_risk import Risk, WithdrawalHistory, assess_risk

EARLIER_WITHDRAWAL = "earlier-withdrawal"
MISSED_DOSE_SYMPTOMS = "missed-dose-symptoms"
FAILED_STOP = "failed-stop"
HISTORY_CONDITIONS = frozenset({EARLIER_WITHDRAWAL, MISSED_DOSE_SYMPTOMS, FAILED_STOP})
"""What the health profile may say about earlier attempts; it decides the withdrawal risk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calculated:
    """A plan as the engine gives it, with the policy and the person's risk it was judged by."""

    plan: TaperPlan
    policy: Policy
    drug: Drug
    risk: Risk
    shelf: Shelf


def outline_taper(
    course: Course,
    wish: Wish,
    *,
    conditions: frozenset[str],
    formulary: Formulary,
    book: Rulebook,
    today: date,
    taken: frozenset[str] = frozenset(),
) -> Outline:
    """The plan from the course's dose to zero, in product units. Raises as below."""
    found = calculate_taper(
        course,
        wish,
        conditions=conditions,
        formulary=formulary,
        book=book,
        today=today,
        taken=taken,
    )
    plan, policy = found.plan, found.policy
    return Outline(
        policy=policy.code,
        policy_name=policy.name,
        policy_source=policy.source,
        start=Dose(plan.start_mg, plan.start_text),
        starts_on=wish.starts_on,
        dispensable=plan.verdict is Verdict.DISPENSABLE,
        rows=_rows(plan),
        findings=plan.findings,
        start_parts=_start_parts(found),
        wish=wish,
    )


def calculate_taper(
    course: Course,
    wish: Wish,
    *,
    conditions: frozenset[str],
    formulary: Formulary,
    book: Rulebook,
    today: date,
    taken: frozenset[str] = frozenset(),
) -> Calculated:
    """The engine's plan for this person; ``taken`` are their other medicines.

    Raises:
        BadDate: it starts too far ahead.
        RuleRefusal: naming the rule, the field and what would make it acceptable.
    """
    require_near(wish.starts_on, today=today, most_days=book.most_ahead_days, field="starts_on")
    drug = formulary.drug(course.drug)
    policy = _policy(drug, wish, formulary)
    rules = formulary.taper_rules
    for _, days in wish.rows:
        check_interval(days, drug, rules)
    risk = risk_of(course, conditions=conditions, formulary=formulary, today=today)
    shelf = drug.shelf(
        book.jurisdiction,
        on=wish.starts_on,
        family=course.family,
        solids_only=wish.solids_only,
        only=wish.products,
        taken=taken,
    )
    plan = plan_taper(
        drug=drug,
        policy=policy,
        start_mg=course.dose.mg,
        shelf=shelf,
        start_on=wish.starts_on,
        interval_days=wish.interval_days
        or default_interval_days(drug, policy, rules, use_months=_months(course, today)),
        rules=rules,
        today=today,
        last_dose_mg=wish.last_dose_mg,
        risk=risk,
    )
    return Calculated(plan=plan, policy=policy, drug=drug, risk=risk, shelf=shelf)


def risk_of(
    course: Course, *, conditions: frozenset[str], formulary: Formulary, today: date
) -> Risk:
    """How hard stopping may be for this person, with the policy and pace proposed (T-12)."""
    history = WithdrawalHistory(
        dose_mg=course.dose.mg,
        use_months=_months(course, today),
        missed_dose_symptoms=MISSED_DOSE_SYMPTOMS in conditions,
        failed_attempt=FAILED_STOP in conditions,
        past_withdrawal=EARLIER_WITHDRAWAL in conditions,
    )
    return assess_risk(formulary.drug(course.drug), history, formulary.taper_rules)


def _months(course: Course, today: date) -> int:
    return (today - course.first_dose_on).days // 30


def _policy(drug: Drug, wish: Wish, formulary: Formulary) -> Policy:
    if wish.rows or wish.policy == OWN_ROWS:
        return own_rows(
            drug,
            tuple(dose_mg for dose_mg, _ in wish.rows),
            tuple(days for _, days in wish.rows),
        )
    policy = formulary.policy(wish.policy)
    if not wish.slowed:
        return policy
    return slowed(policy, wish.slowed, divisor=formulary.taper_rules.cut_divisor)


def _start_parts(found: Calculated) -> tuple[SupplyPart, ...]:
    """What one day of the dose the plan starts from takes."""
    table = dose_table(found.shelf, found.drug.taper.highest_start_mg)
    dose = table.exactly(found.plan.start_mg)
    return parts_for(dose.products, dose.other_day, days=1) if dose else ()


def _rows(plan: TaperPlan) -> tuple[PlanRow, ...]:
    before = (plan.start_mg, *(step.dose_mg for step in plan.steps))
    return tuple(
        _row(step, before_mg=before_mg) for step, before_mg in zip(plan.steps, before, strict=False)
    )


def _row(step: TaperStep, *, before_mg: Decimal) -> PlanRow:
    return PlanRow(
        ordinal=step.index,
        expected_on=step.start,
        days=step.days,
        target_mg=step.target_mg,
        dose=Dose(step.dose_mg, step.dose_text),
        supply_text=supply_text(step.products, step.other_day, days=step.days),
        supply_parts=parts_for(step.products, step.other_day, days=step.days),
        cut_percent=_rounded(100 * (before_mg - step.dose_mg) / before_mg),
        occupancy_percent=_rounded(step.occupancy_percent),
        error_mg=step.error_mg or ZERO,
    )


def _rounded(value: Decimal | None) -> Decimal | None:
    return None if value is None else value.quantize(Decimal("0.1"))
