"""The facts the safety rules look at, gathered for one person and one dose."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from services.treatment.application.ports import Work
from services.treatment.domain.course import Course
from services.treatment.domain.drug import Drug
from services.treatment.domain.findings import Finding
from services.treatment.domain.person import HealthProfile, Known
from services.treatment.domain.phases import TAKING
from services.treatment.domain.rulebook import Rulebook
from services.treatment.domain.safety import Facts, evaluate


async def facts_for(
    work: Work,
    patient: Known,
    *,
    drug: Drug,
    indication: str,
    dose_mg: Decimal,
    on: date,
    suicide_concern: bool,
    book: Rulebook,
    course: Course | None = None,
) -> Facts:
    """What is known now; ``course`` is the one being judged, any other one is a duplicate."""
    profile = await work.profiles.latest(patient.id)
    others = [
        other.drug
        for other in await work.courses.of(patient.id)
        if other.phase in TAKING and (course is None or other.id != course.id)
    ]
    return Facts(
        on=on,
        age=patient.age_on(on),
        jurisdiction=book.jurisdiction,
        drug=drug,
        indication=indication,
        dose_mg=dose_mg,
        asked=profile is not None,
        conditions=profile.conditions if profile else frozenset(),
        medicines=profile.medicines if profile else (),
        suicide_concern=suicide_concern,
        other_course=others[0] if others else None,
    )


async def findings_on(
    work: Work,
    patient: Known,
    course: Course,
    *,
    drug: Drug,
    dose_mg: Decimal,
    on: date,
    book: Rulebook,
) -> tuple[Finding, ...]:
    """What the rules say to this course at this dose on that day."""
    facts = await facts_for(
        work,
        patient,
        drug=drug,
        indication=course.indication,
        dose_mg=dose_mg,
        on=on,
        suicide_concern=course.suicide_concern,
        book=book,
        course=course,
    )
    return evaluate(facts, book.safety)


def known_then(
    findings: tuple[Finding, ...],
    *,
    book: Rulebook,
    drug: Drug,
    profile: HealthProfile | None,
    reasons: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """What a decision was made with, for the journal."""
    return {
        "rulebook": book.version,
        "drug_version": drug.version,
        "profile_version": profile.version if profile else 0,
        "findings": [[finding.rule, finding.level, finding.detail] for finding in findings],
        "reasons": dict(reasons or {}),
    }
