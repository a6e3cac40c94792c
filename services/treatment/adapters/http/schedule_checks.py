"""The checker for anybody's schedule, over HTTP. Nothing of it is stored."""

from services.treatment.adapters.content import Content
from services.treatment.adapters.http.schedule_bodies import (
    ScheduleCheck,
    ScheduleFindingBody,
    ScheduleReport,
)
from services.treatment.adapters.schedules.read import check_document
from shared.runtime.http import Api, Call, Mode


def add_schedule_checks(api: Api, content: Content) -> None:
    """Add this file's route."""

    @api.post("/api/v1/schedule-checks", mode=Mode.READS)
    async def check_schedule(call: Call, body: ScheduleCheck) -> ScheduleReport:
        """Find what does not hold together in a schedule."""
        checked = check_document(body.schedule, content, on=call.tx.now.date())
        return ScheduleReport(
            findings=tuple(
                ScheduleFindingBody(
                    code=found.code,
                    severity=found.severity.value,
                    message=found.message,
                    where=found.where,
                )
                for found in checked.findings
            ),
            prescriptions=checked.prescriptions,
            instructions=checked.instructions,
            unknown=checked.unknown,
        )
