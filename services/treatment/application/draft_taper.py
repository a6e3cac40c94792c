"""Draft a taper plan from a course's dose to zero; nothing happens before it is signed."""

from datetime import datetime
from uuid import UUID

from services.treatment.application.ask_to_sign import ask_to_sign
from services.treatment.application.changing import Loaded, load
from services.treatment.application.judging import names_of
from services.treatment.application.outline_taper import outline_taper
from services.treatment.application.ports import Formulary, Work
from services.treatment.application.record_review import response_of
from services.treatment.domain.course import Course
from services.treatment.domain.errors import IllegalMove
from services.treatment.domain.findings import Finding
from services.treatment.domain.phases import ALLOWED, Move
from services.treatment.domain.plan import Outline, Plan, PlanState, Readiness, Wish
from services.treatment.domain.rulebook import Rulebook
from services.treatment.domain.signature_request import Signable
from services.treatment.domain.taper_readiness import readiness_findings, require_reason_if_early


async def preview_taper(
    work: Work,
    *,
    course_id: UUID,
    wish: Wish,
    formulary: Formulary,
    book: Rulebook,
    now: datetime,
) -> Outline:
    """A plan that is kept nowhere.

    Raises:
        Unknown, IllegalMove, RuleRefusal
    """
    found = await load(work, course_id, now=now)
    require_eligible(found.course)
    return await _outline(work, found, wish, formulary=formulary, book=book)


async def draft_taper(
    work: Work,
    *,
    course_id: UUID,
    wish: Wish,
    readiness: Readiness | None,
    early_reason: str | None,
    drafted_by: UUID,
    formulary: Formulary,
    book: Rulebook,
    now: datetime,
    standing_days: int | None = None,
) -> Plan:
    """A plan to look at and sign. ``standing_days`` is how long the signer would let a nurse hold
    at one dose; what the content allows where nothing is said.

    Raises:
        Unknown, IllegalMove, RuleRefusal
        ReasonNeeded: it starts before the minimum end.
    """
    found = await load(work, course_id, now=now)
    require_eligible(found.course)
    outline = await _outline(work, found, wish, formulary=formulary, book=book)
    require_reason_if_early(found.course, wish.starts_on, early_reason)
    plan = Plan(
        id=work.new_id(),
        course_id=course_id,
        patient_id=found.patient.id,
        version=1,
        plan_version=next_version(found.course),
        state=PlanState.DRAFT,
        outline=outline,
        readiness=readiness,
        early_reason=early_reason,
        drafted_by=drafted_by,
        drafted_at=now,
        rulebook=book.version,
        standing_days=_standing(standing_days, book),
    )
    await work.plans.add(plan)
    work.audit(
        "taper-plan.drafted", object=f"taper-plan:{plan.id}", subject=found.patient.id, version=1
    )
    await ask_to_sign(
        work,
        found.course,
        Signable.TAPER,
        plan_id=plan.id,
        plan_version=plan.plan_version,
        now=now,
    )
    return plan


def require_eligible(course: Course) -> None:
    """Refuse a plan for a course that is not one to be tapered now (T-01).

    Raises:
        IllegalMove: naming what would make it acceptable.
    """
    allowed = ALLOWED[Move.PLAN_TAPER]
    if course.phase not in allowed:
        raise IllegalMove(
            f"T-01: no taper is planned for a course that is {course.phase}; it must be "
            f"{', '.join(sorted(allowed))}. A running taper is changed from its own page."
        )


def next_version(course: Course) -> int:
    """Versions of a course's plans rise, whichever plan they are of."""
    return course.taper.plan_version + 1 if course.taper else 1


def _standing(asked: int | None, book: Rulebook) -> int:
    most = book.steps.standing_order_hold_days
    return most if asked is None else min(asked, most)


async def findings_now(
    work: Work, found: Loaded, plan: Plan, *, book: Rulebook
) -> tuple[Finding, ...]:
    """What speaks against signing this plan today: the plan's own findings and T-01's."""
    return (
        *plan.outline.findings,
        *readiness_findings(
            found.course,
            starts_on=plan.outline.starts_on,
            today=found.today,
            readiness=plan.readiness,
            response=await response_of(work, found.course, book=book),
            flagged=await is_flagged(work, found.patient.id, book=book),
            book=book,
        ),
    )


async def is_flagged(work: Work, patient_id: UUID, *, book: Rulebook) -> bool:
    """Whether a safety flag grave enough to freeze a taper is open."""
    gravest = await work.flags.gravest_open(patient_id)
    return gravest is not None and gravest <= book.freezing_flag_level


async def _outline(
    work: Work, found: Loaded, wish: Wish, *, formulary: Formulary, book: Rulebook
) -> Outline:
    profile = await work.profiles.latest(found.patient.id)
    return outline_taper(
        found.course,
        wish,
        conditions=profile.conditions if profile else frozenset(),
        formulary=formulary,
        book=book,
        today=found.today,
        taken=names_of(profile, formulary),
    )
