"""The scores met the relapse criteria: a prescriber looks today and a taper freezes."""

from datetime import datetime
from uuid import UUID

from services.treatment.application.changing import commit, stating
from services.treatment.application.ports import Work
from services.treatment.domain import tapering
from services.treatment.domain.person import known
from shared.events.treatment import ReviewPlanned


async def suspect_relapse(work: Work, *, patient_id: UUID, now: datetime) -> None:
    """Opens one review per course that could relapse, unless it is open already."""
    patient = await work.patients.get(patient_id)
    person = known(patient) if patient else None
    if person is None:
        return
    today = person.today(now)
    for course in await work.courses.of(patient_id):
        asked = tapering.suspect_relapse(course, today=today)
        if asked is course:
            continue
        await commit(
            work,
            course,
            asked,
            stating(ReviewPlanned),
            on=today,
            now=now,
            kind="relapse-suspected",
            text="Scores meet the relapse criteria",
        )
