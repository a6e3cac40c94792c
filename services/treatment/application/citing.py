"""What a request cites has to be the same person's as the course it is about.

Assessments and flags are assessment's; treatment knows those it was told of. One that is somebody
else's is refused. One that is not known here yet is taken: its fact may be on its way, and a
check-in does not wait for a broker.
"""

from collections.abc import Collection
from uuid import UUID

from services.treatment.application.ports import Work
from services.treatment.application.refusals import SomebodyElses


async def require_own(
    work: Work,
    patient_id: UUID,
    *,
    assessment_ids: Collection[UUID] = (),
    flag_ids: Collection[UUID] = (),
    flags_in: str = "flag_ids",
) -> None:
    """Raises SomebodyElses, naming the field; ``flags_in`` is that of the flags."""
    if await work.readings.owners(assessment_ids) - {patient_id}:
        raise SomebodyElses("assessment_ids")
    if await work.flags.owners(flag_ids) - {patient_id}:
        raise SomebodyElses(flags_in)
