"""What bears on a taper from outside it, gathered for one decision."""

from services.treatment.application.changing import Loaded
from services.treatment.application.draft_taper import is_flagged
from services.treatment.application.ports import Work
from services.treatment.domain.gate import FourSymptoms, Person
from services.treatment.domain.rulebook import Rulebook
from services.treatment.domain.tapering import Around


async def around(work: Work, found: Loaded, *, book: Rulebook) -> Around:
    """The person's age and baseline, open safety flags, and the stressors that are known."""
    return Around(
        person=Person(
            age=found.patient.age_on(found.today),
            instrument=found.course.instrument,
            baseline=await baseline_of(work, found),
        ),
        flagged=await is_flagged(work, found.patient.id, book=book),
        life_events=await work.life_events.of(found.patient.id),
    )


async def baseline_of(work: Work, found: Loaded) -> FourSymptoms | None:
    """The four symptoms as they were before the first cut (T-01)."""
    if found.course.taper is None:
        return None
    plan = await work.plans.get(found.course.taper.plan_id)
    return plan.readiness.baseline if plan and plan.readiness else None
