"""Bodies of the checker for anybody's schedule.

==================================================  =======================  ==================
Route                                               Body in                  Body out
==================================================  =======================  ==================
POST /schedule-checks                               ScheduleCheck            ScheduleReport
==================================================  =======================  ==================
"""

from typing import Literal

from pydantic import JsonValue

from shared.api.body import Body


class ScheduleCheck(Body):
    """Our own list of steps, a FHIR MedicationRequest, a list of them, or a Bundle.

    What it holds is read and forgotten. Larger files are checked at the command line.
    """

    schedule: JsonValue


class ScheduleFindingBody(Body):
    """One thing that does not hold, and the place in what was sent."""

    code: str
    severity: Literal["error", "warning"]
    message: str
    where: str


class ScheduleReport(Body):
    """``unknown``: medicines that are not in the formulary, checked for all that needs none."""

    findings: tuple[ScheduleFindingBody, ...]
    prescriptions: int
    instructions: int
    unknown: tuple[str, ...]
