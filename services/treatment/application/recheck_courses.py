"""Ask the rules again about running courses when something new is known of the person."""

from datetime import datetime

from services.treatment.application.changing import commit, stating
from services.treatment.application.judging import findings_on
from services.treatment.application.ports import Formulary, Work
from services.treatment.domain import reviews as looks
from services.treatment.domain.course import plan_review
from services.treatment.domain.findings import Level
from services.treatment.domain.person import Known
from services.treatment.domain.phases import TAKING
from services.treatment.domain.rulebook import Rulebook
from shared.events.treatment import ReviewPlanned

ASKS = frozenset({Level.BLOCK, Level.STRONG_WARN})


async def recheck_courses(
    work: Work, patient: Known, *, book: Rulebook, formulary: Formulary, now: datetime
) -> None:
    """A block or a strong warning opens a prescriber's review today; it changes no dose (H-21)."""
    today = patient.today(now)
    for course in await work.courses.of(patient.id):
        if course.phase not in TAKING:
            continue
        findings = await findings_on(
            work,
            patient,
            course,
            drug=formulary.drug(course.drug),
            dose_mg=course.dose.mg,
            on=today,
            book=book,
            formulary=formulary,
        )
        asking = [finding for finding in findings if finding.level in ASKS]
        if not asking:
            continue
        asked = plan_review(
            course, kind=looks.SAFETY, due_on=today, for_role="prescriber", rule=asking[0].rule
        )
        if asked is not course:
            await commit(
                work,
                course,
                asked,
                stating(ReviewPlanned),
                on=today,
                now=now,
                kind="safety-review-planned",
                text=f"{asking[0].rule}: {asking[0].detail}",
            )
