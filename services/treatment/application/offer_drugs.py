"""Rank the drugs for one person and indication, each with its reasons, cautions and titration."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from services.treatment.application.changing import known_patient
from services.treatment.application.drafting import shelf_for
from services.treatment.application.first_weeks import FirstWeeks, first_weeks
from services.treatment.application.judging import facts_of
from services.treatment.application.ports import Formulary, Work
from services.treatment.domain.course import TitrationStep
from services.treatment.domain.drug import DoseCap, DoseRange, Drug
from services.treatment.domain.errors import require_near
from services.treatment.domain.findings import Finding, Level, RuleRefusal
from services.treatment.domain.person import HealthProfile
from services.treatment.domain.products import Shelf
from services.treatment.domain.realiser import dose_table
from services.treatment.domain.reviews import Start
from services.treatment.domain.rulebook import Rulebook
from services.treatment.domain.safety import (
    UNASKED,
    ceiling_mg,
    dose_range,
    evaluate,
    lowest_cap,
    with_implied,
)
from services.treatment.domain.titration import titration


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A drug in one formulation, in its place; a blocked one comes last and says why."""

    drug: Drug
    row: DoseRange
    reasons: tuple[str, ...]
    findings: tuple[Finding, ...]
    titration: tuple[TitrationStep, ...]
    shelf: Shelf
    first_weeks: FirstWeeks
    maximum_mg: Decimal | None
    cap: DoseCap | None


async def offer_drugs(
    work: Work,
    *,
    patient_id: UUID,
    indication: str,
    book: Rulebook,
    formulary: Formulary,
    now: datetime,
    suicide_concern: bool = False,
    starts_on: date | None = None,
) -> tuple[Offer, ...]:
    """Drugs that have a dose for the indication here, best first; one per formulation.

    Raises:
        NotYetKnown
        BadDate: the day lies too far ahead.
    """
    patient = await known_patient(work, patient_id)
    today = patient.today(now)
    day = starts_on or today
    require_near(day, today=today, most_days=book.most_ahead_days, field="starts_on")
    age = patient.age_on(day)
    profile = await work.profiles.latest(patient_id)
    courses = await work.courses.of(patient_id)
    offers = []
    for drug, row, shelf in _candidates(
        formulary, indication, book, profile=profile, day=day, age=age
    ):
        facts = facts_of(
            patient,
            profile,
            courses,
            drug=drug,
            indication=indication,
            dose_mg=row.start_mg,
            on=day,
            suicide_concern=suicide_concern,
            book=book,
            formulary=formulary,
            family=shelf.family,
        )
        start = Start(
            on=day,
            age=age,
            suicide_concern=suicide_concern,
            indication=indication,
            drug=drug.code,
        )
        held = with_implied(facts, book.safety)
        steps = titration(
            row,
            start_mg=row.start_mg,
            target_mg=row.then_mg or row.usual_low_mg or row.start_mg,
            table=dose_table(shelf, row.maximum_mg or row.start_mg),
        )
        offers.append(
            Offer(
                drug=drug,
                row=row,
                reasons=_reasons(drug, book),
                findings=evaluate(facts, book.safety),
                titration=steps,
                shelf=shelf,
                first_weeks=first_weeks(steps, start, shelf=shelf, book=book),
                maximum_mg=ceiling_mg(held),
                cap=lowest_cap(held),
            )
        )
    return tuple(sorted(offers, key=lambda offer: _place(offer, book)))


def _candidates(
    formulary: Formulary,
    indication: str,
    book: Rulebook,
    *,
    profile: HealthProfile | None,
    day: date,
    age: int,
) -> Iterator[tuple[Drug, DoseRange, Shelf]]:
    for drug in formulary.drugs.values():
        for family in drug.families_in(book.jurisdiction):
            row = dose_range(
                drug, indication=indication, jurisdiction=book.jurisdiction, age=age, family=family
            )
            if row is None:
                continue
            try:
                shelf = shelf_for(
                    drug, profile, on=day, family=family, book=book, formulary=formulary
                )
            except RuleRefusal:
                continue
            yield drug, row, shelf


def _reasons(drug: Drug, book: Rulebook) -> tuple[str, ...]:
    rank = book.ranking.get(drug.code)
    withdrawal = f"withdrawal risk: {drug.taper.withdrawal_risk}"
    return (rank.reason, withdrawal) if rank else ("no rule puts it first", withdrawal)


def _place(offer: Offer, book: Rulebook) -> tuple[bool, int, str, int]:
    rank = book.ranking.get(offer.drug.code)
    blocked = any(
        finding.level is Level.BLOCK and finding.rule != UNASKED for finding in offer.findings
    )
    families = offer.drug.families_in(book.jurisdiction)
    return (
        blocked,
        rank.place if rank else len(book.ranking) + 1,
        offer.drug.name,
        families.index(offer.shelf.family),
    )
