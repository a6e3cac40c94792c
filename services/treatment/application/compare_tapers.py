"""Lay up to four ways down side by side; kept nowhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from services.treatment.application.changing import load
from services.treatment.application.draft_taper import require_eligible
from services.treatment.application.judging import names_of
from services.treatment.application.outline_taper import (
    Calculated,
    Wish,
    calculate_taper,
    risk_of,
)
from services.treatment.application.ports import Formulary, Work
from services.treatment.domain.bench import MOST_PLANS, PlanSummary, bands, compare
from services.treatment.domain.course import Course
from services.treatment.domain.drug import Drug
from services.treatment.domain.findings import RuleRefusal
from services.treatment.domain.rulebook import Rulebook
from services.treatment.domain.withdrawal_risk import Risk


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One column: a plan with its figures and each step's spread between regions."""

    calculated: Calculated
    summary: PlanSummary
    band: tuple[tuple[Decimal, Decimal], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """The ways asked for, in that order; one the rules refuse stands as its refusal."""

    course: Course
    drug: Drug
    risk: Risk
    ways: tuple[Way | RuleRefusal, ...]


async def compare_tapers(
    work: Work,
    *,
    course_id: UUID,
    wishes: Sequence[Wish],
    formulary: Formulary,
    book: Rulebook,
    now: datetime,
) -> Bench:
    """Plans of one course beside each other.

    Raises:
        Unknown, IllegalMove, BadDate
        RuleRefusal: T-02, for more ways than a person can weigh.
    """
    found = await load(work, course_id, now=now)
    require_eligible(found.course)
    if len(wishes) > MOST_PLANS:
        raise RuleRefusal("T-02", "ways", f"Compare one to {MOST_PLANS} plans.")
    profile = await work.profiles.latest(found.patient.id)
    conditions = profile.conditions if profile else frozenset()

    def way(wish: Wish) -> Way | RuleRefusal:
        try:
            calculated = calculate_taper(
                found.course,
                wish,
                conditions=conditions,
                formulary=formulary,
                book=book,
                today=found.today,
                taken=names_of(profile, formulary),
            )
        except RuleRefusal as refusal:
            return refusal
        (summary,) = compare((calculated.plan,))
        return Way(
            calculated=calculated,
            summary=summary,
            band=bands(calculated.plan, calculated.drug),
        )

    return Bench(
        course=found.course,
        drug=formulary.drug(found.course.drug),
        risk=risk_of(found.course, conditions=conditions, formulary=formulary, today=found.today),
        ways=tuple(way(wish) for wish in wishes),
    )
