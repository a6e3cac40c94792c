"""Lay up to four ways down side by side; kept nowhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from services.treatment.application.changing import load
from services.treatment.application.draft_taper import require_eligible
from services.treatment.application.judging import names_of
from services.treatment.application.outline_taper import (
    Calculated,
    calculate_taper,
    risk_of,
)
from services.treatment.application.ports import Formulary, Work
from services.treatment.domain.bench import (
    MOST_PLANS,
    PlanSummary,
    bands,
    compare,
    gentle_last_dose,
)
from services.treatment.domain.course import Course
from services.treatment.domain.drug import Drug
from services.treatment.domain.findings import RuleRefusal
from services.treatment.domain.plan import Wish
from services.treatment.domain.rulebook import Rulebook
from services.treatment.domain.withdrawal_risk import Risk


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A plan with its figures and each step's spread between regions."""

    calculated: Calculated
    summary: PlanSummary
    band: tuple[tuple[Decimal, Decimal], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """What was asked for, and what became of it."""

    wish: Wish
    way: Way | RuleRefusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """The ways asked for, in that order; one the rules refuse stands as its refusal."""

    course: Course
    drug: Drug
    risk: Risk
    columns: tuple[Column, ...]


async def compare_tapers(
    work: Work,
    *,
    course_id: UUID,
    wishes: Sequence[Wish],
    starts_on: date | None = None,
    formulary: Formulary,
    book: Rulebook,
    now: datetime,
) -> Bench:
    """Plans of one course beside each other; the tiers' own where no way is named.

    Raises:
        Unknown, IllegalMove, BadDate
        RuleRefusal: T-02, for more ways than a person can weigh.
    """
    found = await load(work, course_id, now=now)
    course, today = found.course, found.today
    require_eligible(course)
    if len(wishes) > MOST_PLANS:
        raise RuleRefusal("T-02", "ways", f"Compare one to {MOST_PLANS} plans.")
    profile = await work.profiles.latest(found.patient.id)
    conditions = profile.conditions if profile else frozenset()
    taken = names_of(profile, formulary)
    drug = formulary.drug(course.drug)
    risk = risk_of(course, conditions=conditions, formulary=formulary, today=today)

    def column(wish: Wish) -> Column:
        try:
            calculated = calculate_taper(
                course,
                wish,
                conditions=conditions,
                formulary=formulary,
                book=book,
                today=today,
                taken=taken,
            )
        except RuleRefusal as refusal:
            return Column(wish=wish, way=refusal)
        (summary,) = compare((calculated.plan,))
        band = bands(calculated.plan, drug)
        return Column(wish=wish, way=Way(calculated=calculated, summary=summary, band=band))

    asked = wishes or _proposed(
        course, drug, risk, starts_on=starts_on or today, formulary=formulary, book=book
    )
    return Bench(course=course, drug=drug, risk=risk, columns=tuple(map(column, asked)))


def _proposed(
    course: Course,
    drug: Drug,
    risk: Risk,
    *,
    starts_on: date,
    formulary: Formulary,
    book: Rulebook,
) -> tuple[Wish, ...]:
    """The tiers a person may be offered, the proposed one first (T-12)."""
    rules = formulary.taper_rules
    tiers = rules.default_policies if drug.occupancy else rules.without_model_policies
    own = (tiers[tier] for tier in tiers if tier in risk.offered)
    further = (code for code in rules.also_compared if formulary.policy(code).tier in risk.offered)
    codes = list(dict.fromkeys((risk.policy, *own, *further)))[:MOST_PLANS]
    shelf = drug.shelf(book.jurisdiction, on=starts_on)
    last_mg = gentle_last_dose(drug, shelf, rules, below_mg=course.dose.mg)
    return tuple(
        Wish(
            policy=code,
            starts_on=starts_on,
            last_dose_mg=last_mg if formulary.policy(code).needs_last_dose else None,
        )
        for code in codes
    )
