"""Rank the drugs for one person and indication, each with its reasons, cautions and titration."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services.treatment.application.changing import known_patient
from services.treatment.application.judging import facts_for
from services.treatment.application.ports import Formulary, Work
from services.treatment.domain.course import TitrationStep
from services.treatment.domain.drug import DoseRange, Drug
from services.treatment.domain.findings import Finding, Level, RuleRefusal
from services.treatment.domain.products import Shelf
from services.treatment.domain.realiser import dose_table
from services.treatment.domain.rulebook import Rulebook
from services.treatment.domain.safety import UNASKED, dose_range, evaluate
from services.treatment.domain.titration import titration


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A drug in its place; a blocked one comes last and says why."""

    drug: Drug
    reasons: tuple[str, ...]
    findings: tuple[Finding, ...]
    titration: tuple[TitrationStep, ...]
    shelf: Shelf


async def offer_drugs(
    work: Work,
    *,
    patient_id: UUID,
    indication: str,
    book: Rulebook,
    formulary: Formulary,
    now: datetime,
) -> tuple[Offer, ...]:
    """Drugs that have a dose for the indication here, best first.

    Raises:
        NotYetKnown
    """
    patient = await known_patient(work, patient_id)
    today = patient.today(now)
    offers = []
    for drug, row, shelf in _candidates(formulary, indication, book, today=today):
        facts = await facts_for(
            work,
            patient,
            drug=drug,
            indication=indication,
            dose_mg=row.start_mg,
            on=today,
            suicide_concern=False,
            book=book,
        )
        offers.append(
            Offer(
                drug=drug,
                reasons=_reasons(drug, book),
                findings=evaluate(facts, book.safety),
                titration=titration(
                    row,
                    start_mg=row.start_mg,
                    target_mg=row.then_mg or row.usual_low_mg or row.start_mg,
                    table=dose_table(shelf, row.maximum_mg or row.start_mg),
                ),
                shelf=shelf,
            )
        )
    return tuple(sorted(offers, key=lambda offer: _place(offer, book)))


def _candidates(
    formulary: Formulary, indication: str, book: Rulebook, *, today: date
) -> Iterator[tuple[Drug, DoseRange, Shelf]]:
    for drug in formulary.drugs.values():
        row = dose_range(drug, indication=indication, jurisdiction=book.jurisdiction)
        shelf = _shelf(drug, book, today=today)
        if row is not None and shelf is not None:
            yield drug, row, shelf


def _shelf(drug: Drug, book: Rulebook, *, today: date) -> Shelf | None:
    """What is sold here today, or None where nothing is (F-03)."""
    try:
        return drug.shelf(book.jurisdiction, on=today)
    except RuleRefusal:
        return None


def _reasons(drug: Drug, book: Rulebook) -> tuple[str, ...]:
    rank = book.ranking.get(drug.code)
    withdrawal = f"withdrawal risk: {drug.taper.withdrawal_risk}"
    return (rank.reason, withdrawal) if rank else ("no rule puts it first", withdrawal)


def _place(offer: Offer, book: Rulebook) -> tuple[bool, int, str]:
    rank = book.ranking.get(offer.drug.code)
    blocked = any(
        finding.level is Level.BLOCK and finding.rule != UNASKED for finding in offer.findings
    )
    return blocked, rank.place if rank else len(book.ranking) + 1, offer.drug.name
