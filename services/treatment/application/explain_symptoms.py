"""Gather what speaks for withdrawal and for relapse; nothing is changed by asking."""

from datetime import datetime
from uuid import UUID

from services.treatment.application.around import baseline_of
from services.treatment.application.changing import Loaded, load
from services.treatment.application.ports import Formulary, Work
from services.treatment.domain.attribution import Attribution, Seen, attribute
from services.treatment.domain.gate import Person
from services.treatment.domain.live_taper import last_taken
from services.treatment.domain.rulebook import Rulebook


async def explain_symptoms(
    work: Work, *, course_id: UUID, formulary: Formulary, book: Rulebook, now: datetime
) -> Attribution:
    """Raises: Unknown, NotYetKnown."""
    found = await load(work, course_id, now=now)
    seen = await _seen(work, found, formulary=formulary)
    return attribute(seen, rules=book.attribution, check_in=book.steps.check_in)


async def _seen(work: Work, found: Loaded, *, formulary: Formulary) -> Seen:
    course, patient = found.course, found.patient
    reached = [one for one in await work.records.check_ins_of(course.id) if one.said.reached]
    last = reached[0] if reached else None
    cut = last_taken(course.taper) if course.taper else None
    went_back = cut is not None and cut.previous.mg < cut.dose.mg
    return Seen(
        said=last.said if last else None,
        reported_on=patient.today(last.at) if last else None,
        cut_on=None if cut is None or went_back else cut.taken_on,
        reinstated_on=cut.taken_on if cut is not None and went_back else None,
        half_life_hours=formulary.drug(course.drug).half_life_hours[1],
        person=Person(
            age=patient.age_on(found.today),
            instrument=course.instrument,
            baseline=await baseline_of(work, found),
        ),
    )
