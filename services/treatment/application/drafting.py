"""Build a course nobody has signed: titration in product units, judged by the rules."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from uuid import UUID

from services.treatment.application.judging import facts_of, names_of
from services.treatment.application.ports import Formulary, Work
from services.treatment.domain.course import Course
from services.treatment.domain.drug import Drug
from services.treatment.domain.errors import BadDate, Blocked, NotInCare, require_near
from services.treatment.domain.findings import Finding, Level
from services.treatment.domain.person import HealthProfile, Known
from services.treatment.domain.phases import Phase
from services.treatment.domain.products import Shelf
from services.treatment.domain.realiser import dose_table
from services.treatment.domain.rulebook import Rulebook
from services.treatment.domain.safety import dose_range, evaluate
from services.treatment.domain.titration import titration


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a prescriber asks for; ``family`` is the formulation, None the usual one."""

    drug: str
    indication: str
    start_mg: Decimal
    target_mg: Decimal
    starts_on: date
    instrument: str
    suicide_concern: bool
    family: str | None = None


async def draft_course(
    work: Work,
    patient: Known,
    wish: Wish,
    *,
    course_id: UUID,
    prescriber_id: UUID,
    today: date,
    book: Rulebook,
    formulary: Formulary,
    replacing: Course | None = None,
) -> tuple[Course, tuple[Finding, ...]]:
    """A draft with what speaks against it; a block refuses at once.

    Raises:
        BadDate, BadDose, Blocked, NotInCare, RuleRefusal
    """
    _check_person(patient, wish.starts_on, today=today, book=book)
    drug = formulary.drug(wish.drug)
    _check_sold(drug, wish.family, book)
    _check_instrument(wish.instrument, book)
    facts = facts_of(
        patient,
        await work.profiles.latest(patient.id),
        await work.courses.of(patient.id),
        drug=drug,
        indication=wish.indication,
        dose_mg=max(wish.start_mg, wish.target_mg),
        on=wish.starts_on,
        suicide_concern=wish.suicide_concern,
        book=book,
        formulary=formulary,
        family=wish.family,
        replacing=replacing,
    )
    findings = evaluate(facts, book.safety)
    refuse_blocks(findings)
    row = dose_range(
        drug,
        indication=wish.indication,
        jurisdiction=book.jurisdiction,
        age=facts.age,
        family=wish.family,
    )
    if row is None:
        raise Blocked(f"F-09: {drug.name} has no dose for this indication.", field="indication")
    profile = await work.profiles.latest(patient.id)
    shelf = shelf_for(
        drug, profile, on=wish.starts_on, family=wish.family, book=book, formulary=formulary
    )
    table = dose_table(shelf, wish.target_mg)
    steps = titration(row, start_mg=wish.start_mg, target_mg=wish.target_mg, table=table)
    course = Course(
        id=course_id,
        patient_id=patient.id,
        version=1,
        phase=Phase.DRAFT,
        drug=drug.code,
        indication=wish.indication,
        instrument=wish.instrument,
        prescriber_id=prescriber_id,
        starts_on=wish.starts_on,
        suicide_concern=wish.suicide_concern,
        dose=steps[0].dose,
        titration=steps,
        jurisdiction=book.jurisdiction,
        family=shelf.family,
    )
    return (replace(course, replaces=replacing.id) if replacing else course), findings


def shelf_for(
    drug: Drug,
    profile: HealthProfile | None,
    *,
    on: date,
    family: str | None,
    book: Rulebook,
    formulary: Formulary,
) -> Shelf:
    """What this person may be given of a drug: nothing that must not meet their medicines.

    Raises:
        RuleRefusal: F-03, I-06 or F-13, where nothing is left.
    """
    return drug.shelf(book.jurisdiction, on=on, family=family, taken=names_of(profile, formulary))


def refuse_blocks(findings: tuple[Finding, ...]) -> None:
    """Raises: Blocked, naming the first rule that blocks."""
    for finding in findings:
        if finding.level is Level.BLOCK:
            raise Blocked(f"{finding.rule}: {finding.detail}")


def _check_person(patient: Known, starts_on: date, *, today: date, book: Rulebook) -> None:
    if not patient.in_care:
        raise NotInCare
    if starts_on < patient.enrolled_on:
        raise BadDate(f"The start is before enrolment on {patient.enrolled_on}.", field="starts_on")
    require_near(starts_on, today=today, most_days=book.most_ahead_days, field="starts_on")


def _check_sold(drug: Drug, family: str | None, book: Rulebook) -> None:
    sold = drug.families_in(book.jurisdiction)
    if not sold:
        raise Blocked(f"F-15: {drug.name} is not sold here.", field="drug")
    if family is not None and family not in sold:
        raise Blocked(f"F-15: {drug.name} is sold here as {', '.join(sold)}.", field="formulation")


def _check_instrument(instrument: str, book: Rulebook) -> None:
    known = book.outcomes.remission_below
    if instrument not in known:
        raise Blocked(
            f"C-09: the primary instrument is one of {', '.join(sorted(known))}.",
            field="primary_instrument",
        )
