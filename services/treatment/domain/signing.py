"""What a signature binds: the SHA-256 of exactly one version, in one canonical form."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from services.treatment.domain.course import Course
from services.treatment.domain.errors import Refusal
from services.treatment.domain.plan import Plan
from services.treatment.domain.plan_change import PlanChange

CONFIRM_COURSE = "confirm-course"
SIGN_TAPER = "sign-taper-plan"
SIGN_CHANGE = "sign-plan-change"


class SignatureMismatch(Refusal):
    """The signature is of another document, for another purpose, or by somebody else."""

    code = "signature-mismatch"


def course_hash(course: Course) -> str:
    """Everything a prescriber signs when confirming a course."""
    return _sha256(
        {
            "meaning": CONFIRM_COURSE,
            "course": course.id,
            "version": course.version,
            "patient": course.patient_id,
            "drug": course.drug,
            "indication": course.indication,
            "instrument": course.instrument,
            "starts_on": course.starts_on,
            "suicide_concern": course.suicide_concern,
            "jurisdiction": course.jurisdiction,
            "family": course.family,
            "replaces": course.replaces,
            "leaving": [
                [step.ordinal, step.on, step.previous_mg, step.dose.mg, step.dose.text]
                for step in course.leaving
            ],
            "titration": [
                [step.ordinal, step.from_day, step.dose.mg, step.dose.text]
                for step in course.titration
            ],
        }
    )


@dataclass(frozen=True, slots=True)
class Change:
    """One later entry about a signed course: what was done, on which day, and the dose then."""

    kind: str
    on: date
    dose_mg: Decimal


DOSE_CHANGED = "dose-changed"
LEAVES_WHAT_WAS_SIGNED = frozenset({"switched", "taper-signed", "stopped-for-harm"})


def voided_by(signed_doses_mg: tuple[Decimal, ...], later: Iterable[Change]) -> Change | None:
    """The first later change the signature does not cover; going up as signed is no change.

    From then on the course no longer is what was signed: the change stands under its own
    reason or signature.
    """
    reached = signed_doses_mg[0]
    for change in later:
        if change.kind in LEAVES_WHAT_WAS_SIGNED:
            return change
        if change.kind != DOSE_CHANGED:
            continue
        if change.dose_mg not in signed_doses_mg or change.dose_mg < reached:
            return change
        reached = change.dose_mg
    return None


def plan_hash(plan: Plan) -> str:
    """Everything a prescriber signs when signing a taper; delays are covered, doses are not."""
    outline = plan.outline
    return _sha256(
        {
            "meaning": SIGN_TAPER,
            "plan": plan.id,
            "plan_version": plan.plan_version,
            "course": plan.course_id,
            "patient": plan.patient_id,
            "policy": outline.policy,
            "starts_on": outline.starts_on,
            "start": [outline.start.mg, outline.start.text],
            "rows": [
                [row.ordinal, row.days, row.dose.mg, row.dose.text, row.supply_text]
                for row in outline.rows
            ],
            "early_reason": plan.early_reason,
            "standing_days": plan.standing_days,
        }
    )


def change_hash(change: PlanChange) -> str:
    """Everything a prescriber signs when signing a new version of a plan: doses and days."""
    diff = change.diff
    return _sha256(
        {
            "meaning": SIGN_CHANGE,
            "change": change.id,
            "version": change.version,
            "course": change.course_id,
            "patient": change.patient_id,
            "kind": change.kind,
            "plan": change.plan_id,
            "from_version": change.from_version,
            "days": change.days,
            "on": change.on,
            "dose": [diff.dose_after.mg, diff.dose_after.text],
            "rows": [
                [row.ordinal, row.on, row.dose.mg, row.dose.text, row.supply_text]
                for row in diff.after
            ],
        }
    )


def check_signature(
    *, hash_: str, meaning: str, signed_by: UUID, expected_hash: str, expected: str, person: UUID
) -> None:
    """Refuse a signature that does not bind this person to exactly this version.

    Raises:
        SignatureMismatch: saying which of the three differs.
    """
    if signed_by != person:
        raise SignatureMismatch("Somebody else gave this signature.", field="signature")
    if meaning != expected:
        raise SignatureMismatch("The signature was given for something else.", field="signature")
    if hash_ != expected_hash:
        raise SignatureMismatch(
            "The signature is of another version: look again, then sign again.", field="signature"
        )


def _sha256(document: dict[str, Any]) -> str:
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"), default=_text)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _text(value: object) -> str:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, UUID | date):
        return str(value)
    raise TypeError(type(value).__name__)
