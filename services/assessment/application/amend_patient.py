"""Correct who a person is or how to reach them."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from services.assessment.application.finding import known
from services.assessment.application.ports import Work
from services.assessment.application.telling import tell_details
from services.assessment.domain.patient import Patient, amended


async def amend_patient(
    work: Work,
    *,
    patient_id: UUID,
    changes: Mapping[str, Any],
    reason: str | None,
    expected: int,
    now: datetime,
) -> Patient:
    """Change the named fields of the details. A number or address that goes takes its consents
    with it.

    Raises:
        Unknown, StaleVersion, Conflict, RuleViolation: nothing was changed.
    """
    before = known(await work.patients.hold(patient_id), expected=expected)
    details = replace(before.details, **changes)
    if "consents" not in changes:
        details = details.without_lost_channels()
    patient = amended(before, details, today=now.date())
    await work.patients.save(patient, reason=reason)
    tell_details(work, patient)
    return patient
