"""The portal says who works here: what somebody leaves behind goes to somebody else."""

from datetime import datetime
from uuid import UUID

from services.engagement.application.ports import Work
from services.engagement.application.replan import replan
from services.engagement.application.support_known import support_known
from services.engagement.application.support_telling import tell_programme
from services.engagement.domain.local_time import local_day
from services.engagement.domain.rules import Rules
from services.engagement.domain.support import programme as programmes
from services.engagement.domain.support.programme import Programme
from services.engagement.domain.team import Colleague
from shared.events.engagement import FacilitationGap, ProgrammeChanged


async def apply_staff_state(
    work: Work, *, colleague: Colleague, rules: Rules, now: datetime
) -> None:
    """Remember the colleague and plan anew whomever they look after."""
    await work.staff.put(colleague)
    work.audit("staff.known", object=f"staff:{colleague.staff_id}")
    people = set(await work.patients.around(colleague.staff_id))
    facilitates = await work.support.programmes_of_staff(colleague.staff_id)
    people |= {one.patient_id for one in facilitates}
    if not colleague.active or colleague.role not in rules.support.limits.facilitator_roles:
        for one in facilitates:
            await _leave_programme(work, one, colleague.staff_id, rules=rules, now=now)
    for patient_id in sorted(people):
        await replan(work, patient_id=patient_id, rules=rules, now=now)


async def _leave_programme(
    work: Work, one: Programme, staff_id: UUID, *, rules: Rules, now: datetime
) -> None:
    """They are named no more: a gap from today, in which the deputy carries on (R-33)."""
    patient = await work.patients.hold(one.patient_id)
    today = local_day(now, rules.place(patient).zone)
    leads = one.facilitator_id == staff_id
    after = programmes.with_gap(one, today) if leads else programmes.without_deputy(one, today)
    await work.support.programmes.put(after)
    known = await support_known(work, one.patient_id)
    fact = FacilitationGap if leads else ProgrammeChanged
    tell_programme(work, fact, after, known.contacts, known.plan)
