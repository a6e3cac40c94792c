"""Record what a person needs so that support reaches them, and what others may see."""

from dataclasses import replace
from datetime import datetime

from services.engagement.application.ports import Grouped, GroupPoint, Work
from services.engagement.application.preview_message import neutral_on_record
from services.engagement.application.support_known import in_care
from services.engagement.application.support_telling import tell_profile
from services.engagement.domain.errors import StaleVersion
from services.engagement.domain.local_time import local_day
from services.engagement.domain.rules import Rules
from services.engagement.domain.support import outside
from services.engagement.domain.support import profile as profiles
from services.engagement.domain.support.profile import Profile
from services.engagement.domain.support.refusals import RuleBroken
from services.engagement.domain.team import Staffing


async def save_profile(
    work: Work, *, profile: Profile, seen_version: int, rules: Rules, now: datetime
) -> Profile:
    """Replace it as a whole.

    Raises:
        StaleVersion: somebody changed it since.
        RuleBroken: a rule forbids it; names the field.
    """
    patient = await in_care(work, profile.patient_id)
    before = await work.support.profiles.get(profile.patient_id)
    if (before.version if before else 0) != seen_version:
        raise StaleVersion
    profiles.check(profile)
    on_record = await neutral_on_record(work, profile.patient_id)
    outside.check_neutral(profile, rules.letterhead, on_record=on_record)
    coordinator = profile.coordinator_id
    staffing = Staffing(patient, await work.staff.all())
    if coordinator is not None and not staffing.works_here(coordinator):
        raise RuleBroken(
            "coordinator-not-here",
            "This colleague does not work in the person's team, or has left.",
            field="coordinator_id",
            rule="R-37",
        )
    today = local_day(now, rules.place(patient).zone)
    after = replace(profile, changed_on=today, version=seen_version + 1)
    await work.support.profiles.put(after)
    await work.support.add_group(
        GroupPoint(
            patient_id=after.patient_id,
            kind=Grouped.BARRIERS,
            version=after.version,
            known_at=now,
            values=tuple(one.barrier for one in after.adaptations),
        )
    )
    tell_profile(work, after)
    work.audit(
        "support-profile.saved",
        object=f"patient:{profile.patient_id}",
        subject=profile.patient_id,
        version=after.version,
    )
    return after
