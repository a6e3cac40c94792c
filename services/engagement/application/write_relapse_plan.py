"""Write down, with the person, what to do if it comes back."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from services.engagement.application.ports import Work
from services.engagement.application.replan import replan
from services.engagement.application.support_known import in_care
from services.engagement.application.support_telling import tell_plan
from services.engagement.domain.errors import StaleVersion
from services.engagement.domain.local_time import local_day
from services.engagement.domain.rules import Rules
from services.engagement.domain.support import relapse_plan
from services.engagement.domain.support.relapse_plan import RelapsePlan


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The plan in the person's own words."""

    warning_signs: str
    what_helps: str
    whom_to_call: str
    events_ahead: str
    agreed: bool


async def write_relapse_plan(
    work: Work,
    *,
    patient_id: UUID,
    seen_version: int,
    words: Words,
    by: UUID,
    rules: Rules,
    now: datetime,
) -> RelapsePlan:
    """Write it, or write it anew; one plan per person.

    Raises:
        StaleVersion: somebody wrote it since; ``seen_version`` 0 means there was none.
        RuleBroken: a part is empty.
    """
    patient = await in_care(work, patient_id)
    today = local_day(now, rules.place(patient).zone)
    existing = await work.support.plans.of_patient(patient_id)
    before = existing[0] if existing else None
    if (before.version if before else 0) != seen_version:
        raise StaleVersion
    plan = RelapsePlan(
        plan_id=before.plan_id if before else work.new_id(),
        patient_id=patient_id,
        warning_signs=words.warning_signs,
        what_helps=words.what_helps,
        whom_to_call=words.whom_to_call,
        events_ahead=words.events_ahead,
        agreed=words.agreed,
        written_on=today,
        written_at=now,
        by=by,
        review_on=today + timedelta(days=rules.support.limits.relapse_plan_review_days),
        version=seen_version + 1,
    )
    relapse_plan.check(plan)
    await work.support.plans.put(plan)
    tell_plan(work, plan)
    await replan(work, patient_id=patient_id, rules=rules, now=now)
    return plan
