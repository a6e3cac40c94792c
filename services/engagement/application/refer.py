"""Put somebody in touch with an activity, and record what the other side said."""

from datetime import datetime
from uuid import UUID

from services.engagement.application.ports import Work
from services.engagement.domain.errors import StaleVersion
from services.engagement.domain.local_time import local_day
from services.engagement.domain.rules import Rules
from services.engagement.domain.support.referral import Answer, Referral, answered
from services.engagement.domain.support.refusals import RuleBroken, UnknownSupport


async def refer(
    work: Work,
    *,
    patient_id: UUID,
    activity_id: UUID,
    note: str | None,
    by: UUID,
    rules: Rules,
    now: datetime,
) -> Referral:
    """Keep that the person was referred there.

    Raises:
        RuleBroken: the directory has no such activity, or it has not answered the last time.
    """
    patient = await work.patients.hold(patient_id)
    known = {one.activity_id: one for one in await work.support.activities.all()}
    activity = known.get(activity_id)
    if activity is None or not activity.active:
        raise RuleBroken(
            "activity-unknown", "The directory has no such activity.", field="activity_id"
        )
    earlier = await work.support.referrals.of_patient(patient_id)
    if any(one.is_open and one.activity_id == activity_id for one in earlier):
        raise RuleBroken(
            "already-referred", "There is no answer to the last referral yet.", field="activity_id"
        )
    made = Referral(
        referral_id=work.new_id(),
        patient_id=patient_id,
        activity_id=activity_id,
        activity=activity.name,
        contact=activity.contact,
        sent_on=local_day(now, rules.place(patient).zone),
        sent_at=now,
        by=by,
        note=note,
    )
    await work.support.referrals.put(made)
    work.audit("referral.sent", object=f"referral:{made.referral_id}", subject=patient_id)
    return made


async def answer_referral(
    work: Work,
    *,
    referral_id: UUID,
    seen_version: int,
    status: Answer,
    note: str | None,
    by: UUID,
    rules: Rules,
    now: datetime,
) -> Referral:
    """The other side accepts or declines, or we take it back.

    Raises:
        UnknownSupport, StaleVersion, AlreadyDone: there is none, or it is not as it was seen.
    """
    found = await work.support.referrals.get(referral_id)
    if found is None:
        raise UnknownSupport
    patient = await work.patients.hold(found.patient_id)
    found = await work.support.referrals.get(referral_id) or found
    if found.version != seen_version:
        raise StaleVersion
    on = local_day(now, rules.place(patient).zone)
    after = answered(found, status, by=by, on=on, note=note)
    await work.support.referrals.put(after)
    work.audit(
        f"referral.{status.value}",
        object=f"referral:{referral_id}",
        subject=after.patient_id,
        version=after.version,
    )
    return after
