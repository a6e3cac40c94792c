"""Ask the rules again about courses when something new is known of the person."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from services.treatment.application.changing import commit, stating
from services.treatment.application.judging import findings_on
from services.treatment.application.ports import Formulary, Work
from services.treatment.domain import reviews as looks
from services.treatment.domain.course import Course, plan_review
from services.treatment.domain.findings import Finding, Level
from services.treatment.domain.person import Known
from services.treatment.domain.phases import ON_DRUG, Phase
from services.treatment.domain.rulebook import Rulebook
from services.treatment.domain.safety import concerns
from shared.events.treatment import ReviewPlanned

ASKS = frozenset({Level.BLOCK, Level.STRONG_WARN})
JUDGED = ON_DRUG | {Phase.STOPPED_WATCH}
"""After the last dose the gaps still speak: what may not begin yet (I-02, I-04)."""


async def recheck_courses(
    work: Work,
    patient: Known,
    *,
    added: frozenset[str],
    book: Rulebook,
    formulary: Formulary,
    now: datetime,
) -> None:
    """A block or a strong warning opens a prescriber's review today; it changes no dose (H-21).

    ``added`` are medicines that were not taken before; a serotonergic one opens the watch of a
    day that a start and an increase have too (P-24h).
    """
    today = patient.today(now)
    for course in await work.courses.of(patient.id):
        if course.phase not in JUDGED:
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
        asked = _with_review(course, asking, today=today)
        if course.phase in ON_DRUG and _is_serotonergic(course, added, book, formulary):
            asked = plan_review(
                asked,
                kind=looks.SEROTONIN_WATCH,
                due_on=today + timedelta(days=1),
                for_role="nurse",
                rule="P-24h",
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
                text=_why(asking),
            )


def _with_review(course: Course, asking: list[Finding], *, today: date) -> Course:
    if not asking:
        return course
    return plan_review(
        course, kind=looks.SAFETY, due_on=today, for_role="prescriber", rule=asking[0].rule
    )


def _is_serotonergic(
    course: Course, added: frozenset[str], book: Rulebook, formulary: Formulary
) -> bool:
    drug = formulary.drug(course.drug)
    return any(
        rule.serotonergic and concerns(rule, drug, book.jurisdiction) and rule.medicines & added
        for rule in book.safety
    )


def _why(asking: Iterable[Finding]) -> str:
    said = "; ".join(f"{finding.rule}: {finding.detail}" for finding in asking)
    return said or "A new serotonergic medicine: watch for a day"
