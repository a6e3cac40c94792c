"""A colleague will be away: ask another to look after the people, person by person."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from uuid import UUID

from services.engagement.application.ports import Work
from services.engagement.application.replan import replan
from services.engagement.domain import absence as decisions
from services.engagement.domain.absence import Absence, Answer
from services.engagement.domain.errors import NotTheirs, UnknownAbsence
from services.engagement.domain.local_time import instant, local_day
from services.engagement.domain.notice import Notice, Purpose
from services.engagement.domain.rules import Rules
from shared.events import engagement as facts

_LEAD = "lead"
_MIDNIGHT, _DAY = time(0), timedelta(days=1)


async def ask_for_cover(
    work: Work,
    *,
    staff_id: UUID,
    cover_id: UUID,
    starts_on: date,
    ends_on: date,
    note: str,
    by: UUID,
    rules: Rules,
    now: datetime,
    real_now: datetime,
) -> UUID:
    """Keep the absence with everybody who is in that colleague's care; its id.

    Raises:
        Refusal: the days or the colleague are not possible; only oneself or a lead may ask.
    """
    colleagues = await work.staff.all()
    today = local_day(now, rules.hours.zone)
    await _require_lead_or_self(work, by, staff_id)
    one = Absence(
        absence_id=work.new_id(),
        staff_id=staff_id,
        cover_id=cover_id,
        starts_on=starts_on,
        ends_on=ends_on,
        note=note,
        made_by=by,
        made_at=now,
        people=dict.fromkeys(sorted(await work.patients.around(staff_id)), Answer.ASKED),
    )
    others = tuple(await work.absences.of((staff_id, cover_id), until=today))
    decisions.require_possible(one, colleagues=colleagues, others=others, today=today)
    await work.absences.put(one)
    await _say(work, one, rules)
    await _tell(work, one, now=now, real_now=real_now)
    await follow(work, one, rules=rules, now=now)
    return one.absence_id


async def answer_for_cover(
    work: Work,
    *,
    absence_id: UUID,
    accepted: frozenset[UUID],
    declined: frozenset[UUID],
    by: UUID,
    rules: Rules,
    now: datetime,
) -> None:
    """Say yes or no to some of the people, until they are over.

    Raises:
        Refusal: somebody else was asked, or it is over.
    """
    one = await _known(work, absence_id)
    if by != one.cover_id:
        raise NotTheirs
    said = {**dict.fromkeys(declined, Answer.DECLINED), **dict.fromkeys(accepted, Answer.ACCEPTED)}
    today = local_day(now, rules.hours.zone)
    one = decisions.answered(one, said, today=today)
    await work.absences.put(one)
    for patient_id, answer in sorted(said.items()):
        work.audit(f"cover.{answer}", object=f"absence:{absence_id}", subject=patient_id)
    await _say(work, one, rules)
    if one.covers(today):
        for patient_id in sorted(said):
            await replan(work, patient_id=patient_id, rules=rules, now=now)


async def withdraw_absence(
    work: Work, *, absence_id: UUID, by: UUID, rules: Rules, now: datetime
) -> None:
    """Not away, or back earlier: everything returns to its owner.

    Raises:
        Refusal: it is somebody else's, or over.
    """
    one = await _known(work, absence_id)
    await _require_lead_or_self(work, by, one.staff_id)
    one = decisions.withdrawn(one, today=local_day(now, rules.hours.zone))
    await work.absences.put(one)
    await _say(work, one, rules)
    await follow(work, one, rules=rules, now=now)


async def follow_absences(work: Work, *, rules: Rules, now: datetime) -> int:
    """Let the lists follow absences that began or ended since the last look; how many."""
    found = await work.absences.unfollowed(local_day(now, rules.hours.zone))
    for absence_id in found:
        one = await work.absences.find(absence_id)
        if one is not None:
            await follow(work, one, rules=rules, now=now)
    return len(found)


async def follow(work: Work, one: Absence, *, rules: Rules, now: datetime) -> None:
    """Plan anew whoever this absence concerns today, once for each of its stages."""
    stage = one.stage(local_day(now, rules.hours.zone))
    if stage == one.followed:
        return
    await work.absences.put(replace(one, followed=stage))
    work.audit(f"absence.{stage}", object=f"absence:{one.absence_id}")
    people = {*one.people, *await work.patients.around(one.staff_id)}
    people |= set(await work.patients.around(one.cover_id))
    facilitated = await work.support.programmes_of_staff(one.staff_id)
    people |= {programme.patient_id for programme in facilitated}
    for patient_id in sorted(people):
        await replan(work, patient_id=patient_id, rules=rules, now=now)


async def _say(work: Work, one: Absence, rules: Rules) -> None:
    """Whoever said yes to somebody is let in everywhere, on those days and no others."""
    zone = rules.hours.zone
    state = facts.StandInState(
        stand_in_id=one.absence_id,
        kind="covering",
        staff_id=one.cover_id,
        for_staff_id=one.staff_id,
        from_at=instant(one.starts_on, _MIDNIGHT, zone),
        until_at=instant(one.ends_on + _DAY, _MIDNIGHT, zone),
        active=not one.withdrawn and Answer.ACCEPTED in one.people.values(),
    )
    await work.absences.let_in(state)
    work.publish(
        facts.StandInChanged(stand_in=state),
        subject=one.staff_id,
        aggregate=f"stand-in:{one.absence_id}",
        version=one.version,
    )


async def _known(work: Work, absence_id: UUID) -> Absence:
    one = await work.absences.find(absence_id)
    if one is None:
        raise UnknownAbsence
    return one


async def _require_lead_or_self(work: Work, by: UUID, staff_id: UUID) -> None:
    """A lead may speak for colleagues of their own teams."""
    if by == staff_id:
        return
    colleagues = await work.staff.all()
    lead, other = colleagues.get(by), colleagues.get(staff_id)
    if lead is None or other is None or lead.role != _LEAD or not lead.teams & other.teams:
        raise NotTheirs


async def _tell(work: Work, one: Absence, *, now: datetime, real_now: datetime) -> None:
    preference = await work.notices.preference(one.cover_id)
    if preference is None or not one.people:
        return
    notice = Notice(
        notice_id=work.new_id(),
        purpose=Purpose.COVER,
        staff_id=one.cover_id,
        count=len(one.people),
        channels=preference.channels,
        made_at=now,
        not_before=now,
        retry_at=real_now,
    )
    await work.notices.add([notice])
