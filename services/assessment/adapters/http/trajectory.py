"""The trajectory over HTTP."""

from uuid import UUID

from services.assessment.adapters.access import looked_at
from services.assessment.adapters.db import SqlWork
from services.assessment.adapters.trajectory_body import trajectory_body
from services.assessment.domain.content import Content
from shared.api import assessment as bodies
from shared.api.identity import CLINICIANS
from shared.runtime.http import Api, Call


def add(api: Api, content: Content) -> None:
    """The route of the trajectory."""

    @api.get("/api/v1/patients/{patient_id}/trajectory", roles=CLINICIANS, raises=(404,))
    async def read_trajectory(call: Call, patient_id: UUID) -> bodies.TrajectoryBody:
        """Where the scores stand against the baseline, with every reading."""
        await looked_at(call, patient_id, "trajectory")
        return await trajectory_body(SqlWork(call.tx), content, patient_id)
