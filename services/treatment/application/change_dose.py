"""Change the daily dose outside a taper."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from services.treatment.application.changing import (
    Loaded,
    commit,
    load,
    require_complete_information,
    stating,
)
from services.treatment.application.drafting import shelf_for
from services.treatment.application.judging import findings_on, known_then
from services.treatment.application.ports import Formulary, Work
from services.treatment.domain import course as life
from services.treatment.domain.course import Course
from services.treatment.domain.errors import Blocked
from services.treatment.domain.findings import Finding, Level
from services.treatment.domain.phases import Move, require
from services.treatment.domain.realiser import dose_table
from services.treatment.domain.rulebook import Rulebook
from services.treatment.domain.safety import settle
from services.treatment.domain.titration import exactly
from shared.events.treatment import CourseDoseChanged


@dataclass(frozen=True, slots=True)
class DoseOutline:
    """A change of dose nobody has made yet."""

    changed: Course
    findings: tuple[Finding, ...]


async def change_dose(
    work: Work,
    *,
    course_id: UUID,
    expected: int,
    dose_mg: Decimal,
    effective_on: date,
    reason: str,
    reasons: Mapping[str, str],
    book: Rulebook,
    formulary: Formulary,
    now: datetime,
) -> Course:
    """The rules are asked for the new dose; the new dose is in product units.

    Raises:
        Unknown, StaleVersion, IllegalMove, InformationMissing, BadDose, BadDate, Blocked,
        ReasonNeeded
    """
    found = await load(work, course_id, now=now, expected=expected)
    course, patient = found.course, found.patient
    require(Move.CHANGE_DOSE, course.phase)
    await require_complete_information(work, patient.id)
    outlined = await outline_dose(
        work, found, dose_mg=dose_mg, effective_on=effective_on, book=book, formulary=formulary
    )
    settle(outlined.findings, reasons=frozenset(reasons))
    drug, changed = formulary.drug(course.drug), outlined.changed
    dose, findings = changed.dose, outlined.findings
    return await commit(
        work,
        course,
        changed,
        stating(CourseDoseChanged),
        on=effective_on,
        now=now,
        kind="dose-changed",
        text=f"{drug.name}: {dose.text} a day",
        reason=reason,
        known_then=await known_then(
            work,
            patient,
            course,
            findings,
            dose_mg=dose.mg,
            on=effective_on,
            today=found.today,
            book=book,
            drug=drug,
            reasons=reasons,
        ),
    )


async def outline_dose(
    work: Work,
    found: Loaded,
    *,
    dose_mg: Decimal,
    effective_on: date,
    book: Rulebook,
    formulary: Formulary,
) -> DoseOutline:
    """The course with the new dose, and what the rules say to it. Keeps nothing.

    Raises:
        IllegalMove, BadDose, BadDate, RuleRefusal
    """
    course, patient = found.course, found.patient
    drug = formulary.drug(course.drug)
    findings = await findings_on(
        work,
        patient,
        course,
        drug=drug,
        dose_mg=dose_mg,
        on=effective_on,
        book=book,
        formulary=formulary,
    )
    blocking = [finding for finding in findings if finding.level is Level.BLOCK]
    if blocking:
        raise Blocked(f"{blocking[0].rule}: {blocking[0].detail}")
    shelf = shelf_for(
        drug,
        await work.profiles.latest(patient.id),
        on=found.today,
        family=course.family,
        book=book,
        formulary=formulary,
    )
    changed = life.change_dose(
        course,
        exactly(dose_table(shelf, dose_mg), dose_mg, field="dose_mg"),
        effective_on=effective_on,
        today=found.today,
        cadence=book.cadence,
        age=patient.age_on(effective_on),
    )
    return DoseOutline(changed=changed, findings=findings)


async def preview_dose(
    work: Work,
    *,
    course_id: UUID,
    dose_mg: Decimal,
    effective_on: date,
    book: Rulebook,
    formulary: Formulary,
    now: datetime,
) -> DoseOutline:
    """What a change of dose would mean. Raises as ``change_dose``, without asking for reasons."""
    found = await load(work, course_id, now=now)
    require(Move.CHANGE_DOSE, found.course.phase)
    return await outline_dose(
        work, found, dose_mg=dose_mg, effective_on=effective_on, book=book, formulary=formulary
    )
