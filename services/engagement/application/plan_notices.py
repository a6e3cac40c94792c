"""What has just become visible is announced outside too, to those who want it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid5

from services.engagement.application.ports import Shown, Work
from services.engagement.application.send_notices import VISITS
from services.engagement.application.surroundings import on_call_now
from services.engagement.domain.local_time import local_day, zone_named
from services.engagement.domain.notice import Channel, Notice, Purpose, plan
from services.engagement.domain.on_call import ON_CALL
from services.engagement.domain.rules import Rules

_VISIT = UUID("8f0c2f57-9c0e-4a52-a7cb-7b1c6e1d1f02")


async def plan_notices(
    work: Work, shown: Sequence[Shown], *, rules: Rules, now: datetime, real_now: datetime
) -> None:
    """Plan the notices of these reminders in the transaction that shows them."""
    if not shown:
        return
    preferences = await work.notices.preferences()
    goes_to_call = any(one.for_role == ON_CALL for one in shown)
    on_call = await on_call_now(work, rules=rules, now=now) if goes_to_call else {}
    notices = list(
        plan(
            [one.told(rules.kinds) for one in shown],
            colleagues=await work.staff.all(),
            preferences=preferences,
            on_call=on_call,
            new_id=work.new_id,
            now=now,
            real_now=real_now,
        )
        if preferences
        else ()
    )
    visits = {
        one.patient_id: one.reminder_id
        for one in shown
        if one.level == 0 and rules.kinds[one.key.kind].tells_patient
    }
    for patient_id, reach in (await work.notices.reachable(list(visits))).items():
        if VISITS in reach.agreed.get(Channel.EMAIL, ()):
            notices.append(await _visit(work, patient_id, visits[patient_id], now, real_now))
    await work.notices.add(notices)


async def _visit(
    work: Work, patient_id: UUID, reminder_id: UUID, now: datetime, real_now: datetime
) -> Notice:
    """One a day, however many reminders fall on it."""
    patient = await work.patients.find(patient_id)
    zone = zone_named(patient.zone) if patient else None
    day = local_day(now, zone) if zone else now.date()
    return Notice(
        notice_id=uuid5(_VISIT, f"{patient_id}/{day}"),
        purpose=Purpose.VISIT,
        patient_id=patient_id,
        about=(reminder_id,),
        count=1,
        channels=(Channel.EMAIL,),
        made_at=now,
        not_before=now,
        retry_at=real_now,
    )
