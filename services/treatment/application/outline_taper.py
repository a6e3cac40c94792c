"""Calculate a way down for a course: what a preview shows and a draft keeps."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from services.treatment.application.ports import Formulary
from services.treatment.domain.course import Course
from services.treatment.domain.drug import Drug
from services.treatment.domain.errors import require_near
from services.treatment.domain.live_taper import Dose
from services.treatment.domain.plan import Outline, PlanRow
from services.treatment.domain.policies import Policy, own_rows
from services.treatment.domain.quantities import ZERO
from services.treatment.domain.rulebook import Rulebook
from services.treatment.domain.supply_text import supply_text
from services.treatment.domain.taper import TaperPlan, TaperStep, plan_taper
from services.treatment.domain.taper_rules import check_interval, default_interval_days
from services.treatment.domain.taper_verdict import Verdict
from services.treatment.domain.withdrawal_risk import WithdrawalHistory, assess_risk

EARLIER_WITHDRAWAL = "earlier-withdrawal"
MISSED_DOSE_SYMPTOMS = "missed-dose-symptoms"
FAILED_STOP = "failed-stop"
HISTORY_CONDITIONS = frozenset({EARLIER_WITHDRAWAL, MISSED_DOSE_SYMPTOMS, FAILED_STOP})
"""What the health profile may say about earlier attempts; it decides the withdrawal risk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Which way down a prescriber asks for; ``rows`` are their own doses with their days."""

    policy: str
    starts_on: date
    products: frozenset[str] = frozenset()
    interval_days: int | None = None
    last_dose_mg: Decimal | None = None
    rows: tuple[tuple[Decimal, int], ...] = ()


def outline_taper(
    course: Course,
    wish: Wish,
    *,
    conditions: frozenset[str],
    formulary: Formulary,
    book: Rulebook,
    today: date,
) -> Outline:
    """The plan from the course's dose to zero, in product units.

    Raises:
        BadDate: it starts too far ahead.
        RuleRefusal: naming the rule, the field and what would make it acceptable.
    """
    require_near(wish.starts_on, today=today, most_days=book.most_ahead_days, field="starts_on")
    drug = formulary.drug(course.drug)
    policy = _policy(drug, wish, formulary)
    months = (today - course.first_dose_on).days // 30
    history = WithdrawalHistory(
        dose_mg=course.dose.mg,
        use_months=months,
        missed_dose_symptoms=MISSED_DOSE_SYMPTOMS in conditions,
        failed_attempt=FAILED_STOP in conditions,
        past_withdrawal=EARLIER_WITHDRAWAL in conditions,
    )
    rules = formulary.taper_rules
    found = plan_taper(
        drug=drug,
        policy=policy,
        start_mg=course.dose.mg,
        shelf=drug.shelf(book.jurisdiction, on=wish.starts_on, only=wish.products),
        start_on=wish.starts_on,
        interval_days=wish.interval_days
        or default_interval_days(drug, policy, rules, use_months=months),
        rules=rules,
        today=today,
        last_dose_mg=wish.last_dose_mg,
        risk=assess_risk(drug, history, rules),
    )
    for _, days in wish.rows:
        check_interval(days, drug, rules)
    return Outline(
        policy=policy.code,
        policy_name=policy.name,
        policy_source=policy.source,
        start=Dose(found.start_mg, found.start_text),
        starts_on=wish.starts_on,
        dispensable=found.verdict is Verdict.DISPENSABLE,
        rows=_rows(found, dict(wish.rows)),
        findings=found.findings,
    )


def _policy(drug: Drug, wish: Wish, formulary: Formulary) -> Policy:
    if wish.rows:
        return own_rows(drug, tuple(dose_mg for dose_mg, _ in wish.rows))
    return formulary.policy(wish.policy)


def _rows(plan: TaperPlan, own_days: dict[Decimal, int]) -> tuple[PlanRow, ...]:
    rows: list[PlanRow] = []
    day, before = plan.steps[0].start, plan.start_mg
    for step in plan.steps:
        days = own_days.get(step.target_mg, step.days)
        rows.append(_row(step, expected_on=day, days=days, before_mg=before))
        day, before = day + timedelta(days=days), step.dose_mg
    return tuple(rows)


def _row(step: TaperStep, *, expected_on: date, days: int, before_mg: Decimal) -> PlanRow:
    return PlanRow(
        ordinal=step.index,
        expected_on=expected_on,
        days=days,
        target_mg=step.target_mg,
        dose=Dose(step.dose_mg, step.dose_text),
        supply_text=supply_text(step.products, step.other_day, days=days),
        cut_percent=_rounded(100 * (before_mg - step.dose_mg) / before_mg),
        occupancy_percent=_rounded(step.occupancy_percent),
        error_mg=step.error_mg or ZERO,
    )


def _rounded(value: Decimal | None) -> Decimal | None:
    return None if value is None else value.quantize(Decimal("0.1"))
