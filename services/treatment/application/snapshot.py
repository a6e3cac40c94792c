"""What a decision was made with, copied whole: later rules, rows and answers cannot change it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from services.treatment.domain.course import Course
from services.treatment.domain.drug import DoseRange, Drug
from services.treatment.domain.findings import Finding
from services.treatment.domain.person import HealthProfile
from services.treatment.domain.response import Reading
from services.treatment.domain.rulebook import Rulebook
from services.treatment.domain.safety import indications

READINGS_KEPT = 12
"""A decision shows where the scores stood, not every score there ever was."""


def snapshot(
    course: Course,
    *,
    age: int,
    dose_mg: Decimal,
    on: date,
    findings: tuple[Finding, ...],
    reasons: Mapping[str, str],
    profile: HealthProfile | None,
    readings: Sequence[Reading],
    drug: Drug,
    book: Rulebook,
) -> dict[str, Any]:
    """Facts of the person, rules that spoke, and formulary rows of this moment, as JSON values."""
    found: dict[str, Any] = as_json(
        {
            "rulebook": book.version,
            "drug_version": drug.version,
            "profile_version": profile.version if profile else 0,
            "findings": [[finding.rule, finding.level, finding.detail] for finding in findings],
            "reasons": dict(reasons),
            "facts": _facts(course, profile, readings, age=age, dose_mg=dose_mg, on=on),
            "rules": [_rule(finding, book) for finding in findings],
            "formulary": _rows(drug, course, book),
        }
    )
    return found


def _facts(
    course: Course,
    profile: HealthProfile | None,
    readings: Sequence[Reading],
    *,
    age: int,
    dose_mg: Decimal,
    on: date,
) -> dict[str, Any]:
    return {
        "on": on,
        "age": age,
        "indication": course.indication,
        "dose_mg": dose_mg,
        "formulation": course.family,
        "suicide_concern": course.suicide_concern,
        "asked_at": profile.asked_at if profile else None,
        "conditions": sorted(profile.conditions) if profile else [],
        "medicines": [asdict(taken) for taken in profile.medicines] if profile else [],
        "instrument": course.instrument,
        "readings": [asdict(reading) for reading in readings[-READINGS_KEPT:]],
    }


def _rule(finding: Finding, book: Rulebook) -> dict[str, Any]:
    source, grade = book.citations.get(finding.rule, ("a rule of this product", "PD"))
    return {
        "rule": finding.rule,
        "level": finding.level,
        "detail": finding.detail,
        "source": source,
        "grade": grade,
    }


def _rows(drug: Drug, course: Course, book: Rulebook) -> dict[str, Any]:
    """The rows of the drug's file that can have decided: its doses, caps, gaps and products."""
    here = book.jurisdiction

    def concerns(family: str | None) -> bool:
        return family in {None, course.family} or course.family is None

    def is_asked(row: DoseRange) -> bool:
        return here in row.jurisdictions and course.indication in indications(row)

    return {
        "drug": drug.code,
        "name": drug.name,
        "version": drug.version,
        "review_status": drug.review_status,
        "jurisdiction": here,
        "doses": [asdict(row) for row in drug.doses if is_asked(row) and concerns(row.family)],
        "caps": [
            asdict(cap) for cap in drug.caps if here in cap.jurisdictions and concerns(cap.family)
        ],
        "maoi": asdict(drug.maoi),
        "products": [
            {
                "code": product.code,
                "label": product.label,
                "unit_mg": product.unit_mg,
                "smallest_units": product.smallest_units,
                "source": product.source,
                "grade": product.grade,
            }
            for product in drug.products
            if here in product.jurisdictions and concerns(product.family)
        ],
    }


def as_json(value: Any) -> Any:
    """Decimals as exact text, days and instants as ISO, sets in order."""
    if isinstance(value, Mapping):
        return {str(key): as_json(inner) for key, inner in value.items()}
    if isinstance(value, frozenset | set):
        return sorted(as_json(inner) for inner in value)
    if isinstance(value, list | tuple):
        return [as_json(inner) for inner in value]
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value
