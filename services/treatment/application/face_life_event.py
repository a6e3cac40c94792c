"""A stressor became known, or was recorded by mistake: steps keep away from it (T-22)."""

from datetime import datetime

from services.treatment.application.changing import commit, known_patient, stating
from services.treatment.application.ports import Work
from services.treatment.domain import tapering
from services.treatment.domain.life_events import LifeEvent
from services.treatment.domain.rulebook import Rulebook
from shared.events.treatment import ReviewPlanned


async def face_life_event(
    work: Work, event: LifeEvent, *, withdrawn: bool, book: Rulebook, now: datetime
) -> None:
    """Keep it, and ask a nurse to hold where a step is scheduled close to it."""
    if withdrawn:
        await work.life_events.forget(event.id)
        return
    await work.life_events.put(event)
    for course in await work.courses.of(event.patient_id):
        patient = await known_patient(work, event.patient_id)
        today = patient.today(now)
        asked = tapering.face_life_event(
            course, event, today=today, days=book.steps.check_in.life_event_days
        )
        if asked is course:
            continue
        await commit(
            work,
            course,
            asked,
            stating(ReviewPlanned),
            on=today,
            now=now,
            kind="life-event",
            text=f"T-22: a life event on {event.on}, close to a step",
        )
