"""Change what a programme is about: who, how often, the ladder, the course it serves."""

from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID

from services.engagement.application.ports import Work
from services.engagement.application.replan import replan
from services.engagement.application.start_programme import check_facilitator
from services.engagement.application.support_known import programme_in_hand, support_known
from services.engagement.application.support_telling import tell_programme
from services.engagement.domain.rules import Rules
from services.engagement.domain.support import programme as programmes
from services.engagement.domain.support.programme import Look, Programme
from services.engagement.domain.support.refusals import RuleBroken
from services.engagement.domain.support.rules import ProgrammeKind, SupportRules
from services.engagement.domain.team import Staffing
from shared.events.engagement import FacilitatorAssigned, ProgrammeChanged, ProgrammeFact


async def assign_facilitator(
    work: Work,
    *,
    programme_id: UUID,
    seen_version: int,
    facilitator_id: UUID,
    deputy_id: UUID | None,
    rules: Rules,
    now: datetime,
) -> Programme:
    """Name a facilitator and a deputy; a gap ends.

    Raises:
        RuleBroken: they cannot do it.
    """
    found = await programme_in_hand(work, programme_id, seen_version)
    patient = await work.patients.hold(found.patient_id)
    staffing = Staffing(patient, await work.staff.all())
    check_facilitator(facilitator_id, staffing, rules.support, field="facilitator_id")
    check_facilitator(deputy_id, staffing, rules.support, field="deputy_id")
    after = programmes.with_facilitator(found, facilitator_id=facilitator_id, deputy_id=deputy_id)
    programmes.check_parts(after, rules.support.kinds[after.kind])
    return await keep_programme(work, FacilitatorAssigned, after, rules=rules, now=now)


async def change_programme(
    work: Work,
    *,
    programme_id: UUID,
    seen_version: int,
    changes: Mapping[str, object],
    rules: Rules,
    now: datetime,
) -> Programme:
    """Change rhythm, ladder, activity, end, or the course it serves; only what is given.

    Raises:
        RuleBroken: what would result is no programme.
    """
    found = await programme_in_hand(work, programme_id, seen_version)
    until = changes.get("planned_until")
    if isinstance(until, date):
        if until <= found.planned_until:
            raise RuleBroken(
                "ends-by-decision",
                "A programme is extended or closed by decision; its day is not moved back.",
                field="planned_until",
                rule="R-25",
            )
        changes = {**changes, "extensions": found.extensions + 1}
    course_id = changes.get("serves_course_id")
    if course_id is not None:
        known = await work.courses.of_patient(found.patient_id)
        if course_id not in {course.course_id for course in known}:
            raise RuleBroken(
                "course-unknown",
                "The person has no such course.",
                field="serves_course_id",
                rule="R-22",
            )
    after = programmes.changed(found, **changes)
    kind = rules.support.kinds[after.kind]
    if after.gap_since is None:
        programmes.check_parts(after, kind)
    if "rungs" in changes:
        contacts = (await support_known(work, after.patient_id)).of(after)
        programmes.check_ladder(after, contacts)
    if "rhythm" in changes:
        _check_rhythm(after, kind, rules.support)
    return await keep_programme(work, ProgrammeChanged, after, rules=rules, now=now)


def _check_rhythm(after: Programme, kind: ProgrammeKind, rules: SupportRules) -> None:
    """A new rhythm runs into no pitfall but those whose reason was signed at the start."""
    programmes.check_rhythm(after.rhythm)
    answered = {one.guard for one in after.overrides}
    new = set(programmes.guards_of(after, kind, rules.limits)) - answered
    if new:
        guard = rules.guards[min(new)]
        raise RuleBroken(
            guard.code, f"{guard.title}: {guard.text}", field="rhythm", rule=guard.rule
        )


async def review_programme(
    work: Work, *, programme_id: UUID, seen_version: int, look: Look, rules: Rules, now: datetime
) -> Programme:
    """Record a look at the programme: does it serve its goal, is the mode still right."""
    found = await programme_in_hand(work, programme_id, seen_version)
    after = programmes.changed(found, looks=(*found.looks, look))
    return await keep_programme(work, ProgrammeChanged, after, rules=rules, now=now)


async def keep_programme(
    work: Work, fact: type[ProgrammeFact], after: Programme, *, rules: Rules, now: datetime
) -> Programme:
    """Store it, tell the others, and plan the person anew."""
    await work.support.programmes.put(after)
    known = await support_known(work, after.patient_id)
    tell_programme(work, fact, after, known.contacts, known.plan)
    await replan(work, patient_id=after.patient_id, rules=rules, now=now)
    return after
