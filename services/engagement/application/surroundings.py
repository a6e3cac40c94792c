"""The people around one patient on one day."""

from datetime import datetime

from services.engagement.application.ports import Work
from services.engagement.domain.local_time import local_day
from services.engagement.domain.rules import Rules
from services.engagement.domain.team import Patient, Staffing


async def staffing(work: Work, patient: Patient, *, rules: Rules, now: datetime) -> Staffing:
    """Who works here, and whose place is taken by whom today."""
    today = local_day(now, rules.hours.zone)
    away = await work.absences.away(patient.patient_id, on=today)
    return Staffing(patient, await work.staff.all(), away)
