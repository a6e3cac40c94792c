"""Decide about somebody who cannot be reached: go on, or lost to follow-up for now."""

from datetime import datetime
from uuid import UUID

from services.engagement.application.ports import Work
from services.engagement.application.replan import replan
from services.engagement.domain.local_time import local_day
from services.engagement.domain.rules import Rules
from services.engagement.domain.support import lost
from services.engagement.domain.support.lost import Course, Decision
from services.engagement.domain.support.missed import open_run
from services.engagement.domain.support.refusals import RuleBroken


async def decide_outreach(
    work: Work,
    *,
    patient_id: UUID,
    course: Course,
    note: str,
    by: UUID,
    rules: Rules,
    now: datetime,
) -> Decision:
    """Keep the decision. "Lost" ends the attempts; medicines, checks and care go on.

    Raises:
        RuleBroken: nobody is missing, or not everything was tried yet.
    """
    patient = await work.patients.hold(patient_id)
    run = open_run(await work.support.contacts.of_patient(patient_id))
    if run is None:
        raise RuleBroken(
            "nobody-missing", "Nobody missed a contact that is still open.", field="decision"
        )
    today = local_day(now, rules.place(patient).zone)
    lost.check(run, course, rules.support.missed, today=today)
    made = Decision(
        decision_id=work.new_id(),
        patient_id=patient_id,
        first_contact_id=run.first.contact_id,
        course=course,
        by=by,
        at=now,
        on=today,
        note=note,
    )
    await work.support.decisions.put(made)
    work.audit(
        f"outreach.{course.value}", object=f"contact:{run.first.contact_id}", subject=patient_id
    )
    await replan(work, patient_id=patient_id, rules=rules, now=now)
    return made
