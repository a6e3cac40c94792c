"""The facts the safety rules look at, gathered for one person and one dose, and kept with it."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from services.treatment.application.ports import Formulary, Work
from services.treatment.application.snapshot import snapshot
from services.treatment.domain.course import Course
from services.treatment.domain.drug import Drug
from services.treatment.domain.findings import Finding, Level, RuleRefusal
from services.treatment.domain.person import HealthProfile, Known
from services.treatment.domain.phases import ON_DRUG
from services.treatment.domain.realiser import dose_table
from services.treatment.domain.rulebook import Rulebook
from services.treatment.domain.safety import (
    Facts,
    Taken,
    ceiling_mg,
    evaluate,
    ingredient,
    profile_changed,
    urgent_first,
    with_implied,
)
from services.treatment.domain.switching import Axis, axis, switch_findings


def facts_of(
    patient: Known,
    profile: HealthProfile | None,
    courses: Iterable[Course],
    *,
    drug: Drug,
    indication: str,
    dose_mg: Decimal,
    on: date,
    suicide_concern: bool,
    book: Rulebook,
    formulary: Formulary,
    family: str | None = None,
    course: Course | None = None,
    replacing: Course | None = None,
) -> Facts:
    """What is known of somebody, by their profile and all their courses.

    ``course`` is the one being judged, any other one is a duplicate. The drug a switch takes out is
    no duplicate, but a medicine for every other rule.
    """
    others = [
        other.drug
        for other in courses
        if other.phase in ON_DRUG and not _is_same_treatment(other, course, replacing)
    ]
    medicines = medicines_of(profile, formulary)
    if replacing is not None:
        medicines += (Taken(replacing.drug, replacing.last_dose_on),)
    return Facts(
        on=on,
        age=patient.age_on(on),
        jurisdiction=book.jurisdiction,
        drug=drug,
        indication=indication,
        dose_mg=dose_mg,
        asked=profile is not None,
        conditions=profile.conditions if profile else frozenset(),
        medicines=medicines,
        suicide_concern=suicide_concern,
        other_course=others[0] if others else None,
        family=family,
        replacing=replacing.drug if replacing else None,
        last_dose_on=course.last_dose_on if course else None,
    )


def _is_same_treatment(other: Course, course: Course | None, replacing: Course | None) -> bool:
    """The course itself, the one it takes over from, and the one that takes over from it."""
    if replacing is not None and other.id == replacing.id:
        return True
    return course is not None and other.id in {course.id, course.replaces, course.successor_id}


def medicines_of(profile: HealthProfile | None, formulary: Formulary) -> tuple[Taken, ...]:
    """The other medicines, each under its ingredient where the formulary knows it (F-05)."""
    drugs = formulary.drugs.values()
    recorded = profile.medicines if profile else ()
    return tuple(replace(taken, medicine=ingredient(taken.medicine, drugs)) for taken in recorded)


def names_of(profile: HealthProfile | None, formulary: Formulary) -> frozenset[str]:
    """The other medicines by ingredient, whenever they were taken."""
    return frozenset(taken.medicine for taken in medicines_of(profile, formulary))


async def findings_on(
    work: Work,
    patient: Known,
    course: Course,
    *,
    drug: Drug,
    dose_mg: Decimal,
    on: date,
    book: Rulebook,
    formulary: Formulary,
) -> tuple[Finding, ...]:
    """What the rules say to this course at this dose on that day, and to its switch."""
    outgoing = await work.courses.get(course.replaces) if course.replaces else None
    still_taken = outgoing is not None and outgoing.phase in ON_DRUG
    facts = facts_of(
        patient,
        await work.profiles.latest(patient.id),
        await work.courses.of(patient.id),
        drug=drug,
        indication=course.indication,
        dose_mg=dose_mg,
        on=on,
        suicide_concern=course.suicide_concern,
        book=book,
        formulary=formulary,
        family=course.family,
        course=course,
        replacing=_until_the_end(outgoing, course) if outgoing and still_taken else None,
    )
    found = (
        *evaluate(facts, book.safety),
        *profile_changed(course.jurisdiction, facts),
        *_off_the_shelf(course, drug, on=on, book=book),
    )
    if outgoing is not None and still_taken:
        together = await axis_of(
            work, patient, outgoing, course, on=on, book=book, formulary=formulary
        )
        found += switch_findings(together, rules=book.switch, safety=book.safety)
    return urgent_first(found)


def _off_the_shelf(course: Course, drug: Drug, *, on: date, book: Rulebook) -> tuple[Finding, ...]:
    """A dose that can no longer be made from what is sold (F-03). A plan has its own products."""
    if course.phase not in ON_DRUG or course.taper is not None:
        return ()
    try:
        shelf = drug.shelf(book.jurisdiction, on=on, family=course.family)
    except RuleRefusal:
        made = None
    else:
        made = dose_table(shelf, course.dose.mg).exactly(course.dose.mg)
    if made is not None:
        return ()
    sentence = "This dose cannot be made from what is sold here now: choose another one."
    return (Finding("F-03", Level.STRONG_WARN, sentence),)


def _until_the_end(outgoing: Course, incoming: Course) -> Course:
    """The old course with the day its signed way out ends, which is its last dose for the rules."""
    steps = outgoing.leaving or incoming.leaving
    return replace(outgoing, ended_on=steps[-1].on)


async def axis_of(
    work: Work,
    patient: Known,
    outgoing: Course,
    incoming: Course,
    *,
    on: date,
    book: Rulebook,
    formulary: Formulary,
) -> Axis:
    """Both drugs of a switch on one time axis, each with the ceiling that holds for the person."""
    return axis(
        outgoing,
        outgoing.leaving or incoming.leaving,
        incoming,
        leaving=formulary.drug(outgoing.drug),
        coming=formulary.drug(incoming.drug),
        leaving_ceiling_mg=await _ceiling(
            work, patient, outgoing, on=on, book=book, formulary=formulary
        ),
        coming_ceiling_mg=await _ceiling(
            work, patient, incoming, on=on, book=book, formulary=formulary
        ),
    )


async def _ceiling(
    work: Work,
    patient: Known,
    course: Course,
    *,
    on: date,
    book: Rulebook,
    formulary: Formulary,
) -> Decimal | None:
    facts = facts_of(
        patient,
        await work.profiles.latest(patient.id),
        await work.courses.of(patient.id),
        drug=formulary.drug(course.drug),
        indication=course.indication,
        dose_mg=course.target.mg,
        on=on,
        suicide_concern=course.suicide_concern,
        book=book,
        formulary=formulary,
        family=course.family,
        course=course,
    )
    return ceiling_mg(with_implied(facts, book.safety))


async def known_then(
    work: Work,
    patient: Known,
    course: Course,
    findings: tuple[Finding, ...],
    *,
    dose_mg: Decimal,
    on: date,
    today: date,
    book: Rulebook,
    drug: Drug,
    reasons: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """What a decision was made with, for the journal: facts, rules and formulary rows, copied."""
    profile = await work.profiles.latest(patient.id)
    readings = await work.readings.of(patient.id, instrument=course.instrument)
    return snapshot(
        course,
        age=patient.age_on(on),
        dose_mg=dose_mg,
        on=on,
        findings=findings,
        reasons=reasons or {},
        profile=profile,
        readings=[reading for reading in readings if reading.on <= today],
        drug=drug,
        book=book,
    )
