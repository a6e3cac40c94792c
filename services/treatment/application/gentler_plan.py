"""The plan after a step back or a slow-down: cuts half as large, one interval longer (T-09)."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal

from services.treatment.application.changing import Loaded
from services.treatment.application.judging import names_of
from services.treatment.application.outline_taper import outline_taper, risk_of
from services.treatment.application.ports import Formulary, Work
from services.treatment.domain.errors import Refusal
from services.treatment.domain.findings import Level, RuleRefusal
from services.treatment.domain.live_taper import Dose
from services.treatment.domain.plan import Outline, Plan, Wish
from services.treatment.domain.quantities import up_to_microgram
from services.treatment.domain.rulebook import Rulebook
from services.treatment.domain.withdrawal_risk import Risk


async def gentler_plan(
    work: Work,
    found: Loaded,
    *,
    plan: Plan | None,
    dose: Dose,
    starts_on: date,
    formulary: Formulary,
    book: Rulebook,
) -> Outline | None:
    """The first of the gentler ways that no rule blocks, or None: a prescriber writes it by hand.

    ``dose`` is what the person will be taking. The plan's own policy comes first, slowed; then
    what is proposed for this person's risk.
    """
    profile = await work.profiles.latest(found.patient.id)
    conditions = profile.conditions if profile else frozenset()
    taken = names_of(profile, formulary)
    course = replace(found.course, dose=dose)
    wishes = _wishes(
        plan,
        risk=risk_of(course, conditions=conditions, formulary=formulary, today=found.today),
        dose_mg=dose.mg,
        starts_on=starts_on,
        levels=book.interval_levels,
        cut_divisor=formulary.taper_rules.cut_divisor,
    )
    for wish in wishes:
        try:
            outline = outline_taper(
                course,
                wish,
                conditions=conditions,
                formulary=formulary,
                book=book,
                today=found.today,
                taken=taken,
            )
        except (Refusal, RuleRefusal):
            continue
        blocked = any(finding.level is Level.BLOCK for finding in outline.findings)
        if outline.dispensable and not blocked:
            return outline
    return None


def _wishes(
    plan: Plan | None,
    *,
    risk: Risk,
    dose_mg: Decimal,
    starts_on: date,
    levels: tuple[int, ...],
    cut_divisor: int,
) -> Iterator[Wish]:
    before = plan.outline.wish if plan else None
    last = _gentler_last(before, cut_divisor)
    days = max((row.days for row in plan.outline.rows[:-1]), default=0) if plan else 0
    longer = next((level for level in levels if level > days), days or None)
    if before is not None and not before.rows:
        yield replace(
            before,
            starts_on=starts_on,
            interval_days=longer,
            slowed=before.slowed + 1,
            last_dose_mg=last if last is not None and last < dose_mg else None,
        )
    yield Wish(
        policy=risk.policy,
        starts_on=starts_on,
        products=before.products if before else frozenset(),
        solids_only=before.solids_only if before else False,
        interval_days=longer,
        last_dose_mg=last if last is not None and last < dose_mg else None,
    )


def _gentler_last(before: Wish | None, cut_divisor: int) -> Decimal | None:
    """The drop to zero is a cut like any other (T-10), so it shrinks like them (T-09): without
    this somebody at the last dose of a plan would be offered the same drop again, only later."""
    if before is None or before.last_dose_mg is None:
        return None
    return up_to_microgram(before.last_dose_mg / cut_divisor)
