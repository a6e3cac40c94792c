"""Who is on call: put on the rota, taken off it, worked out, and told."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from uuid import UUID, uuid5

from services.engagement.application.plan_notices import plan_notices
from services.engagement.application.ports import Viewer, Work
from services.engagement.application.surroundings import on_call_now, turns
from services.engagement.domain import on_call as decisions
from services.engagement.domain.errors import UnknownShift
from services.engagement.domain.local_time import instant, local_day
from services.engagement.domain.notice import Notice, Purpose
from services.engagement.domain.on_call import Shift, Stretch, teams_answered
from services.engagement.domain.rules import Rules
from shared.events import engagement as facts

SHOWN = timedelta(days=14)
_MIDNIGHT = time(0)
_NOTHING: Mapping[str, UUID] = {}
_UNCOVERED = UUID("3c5f1b0e-6a55-4f7e-9d2c-0f4b8a1e7c55")


async def put_on_call(
    work: Work,
    *,
    team: str,
    staff_id: UUID,
    starts_on: date,
    starts_at: time,
    ends_on: date,
    ends_at: time,
    by: UUID,
    rules: Rules,
    now: datetime,
) -> Shift:
    """Somebody is on call for a team. The times are the clinic's own; today's past counts from now.

    Raises:
        Refusal: the times or the colleague are not possible, or somebody is on call then.
    """
    zone = rules.hours.zone
    decisions.require_days(starts_on, ends_on, today=local_day(now, zone))
    await work.rota.hold(team)
    one = Shift(
        shift_id=work.new_id(),
        team=team,
        staff_id=staff_id,
        from_at=max(instant(starts_on, starts_at, zone), now),
        until_at=instant(ends_on, ends_at, zone),
        made_by=by,
        made_at=now,
    )
    decisions.require_possible(
        one,
        colleague=(await work.staff.all()).get(staff_id),
        others=await work.rota.between(one.from_at, one.until_at, {team}),
        now=now,
    )
    await work.rota.put(one)
    await _say(work, one)
    return one


async def take_off_call(work: Work, *, one: Shift, now: datetime) -> Shift:
    """No longer on call: what waits goes to whoever is next, or to the leads.

    Raises:
        UnknownShift, ShiftOver: there is none, or it has ended.
    """
    await work.rota.hold(one.team)
    known = await work.rota.find(one.shift_id)
    if known is None:
        raise UnknownShift
    after = decisions.ended(known, now)
    await work.rota.put(after)
    await _say(work, after)
    return after


async def rota_of(
    work: Work, teams: Sequence[str], *, rules: Rules, now: datetime
) -> Mapping[str, Sequence[Stretch]]:
    """This week and the next for each of these teams: covered or not, without a hole."""
    zone = rules.hours.zone
    today = local_day(now, zone)
    monday = today - timedelta(days=today.weekday())
    start = instant(monday, _MIDNIGHT, zone)
    end = instant(monday + SHOWN, _MIDNIGHT, zone)
    return await turns(work, between=(start, end), rules=rules, teams=teams)


async def with_calls(work: Work, viewer: Viewer, *, rules: Rules, now: datetime) -> Viewer:
    """The viewer with the teams whose calls are theirs at this moment."""
    return called(viewer, await on_call_now(work, rules=rules, now=now))


def called(viewer: Viewer, on_call: Mapping[str, UUID]) -> Viewer:
    """The same where it is known already who is on call."""
    theirs = teams_answered(viewer.staff_id, viewer.role, viewer.teams, on_call)
    return replace(viewer, on_call_for=theirs)


async def follow_rota(work: Work, *, rules: Rules, now: datetime, real_now: datetime) -> int:
    """Tell whoever is on call from now on what waits for them, and the leads when nobody is: when
    a time has ended, and when whoever has it went away or lost their account in the middle of it.
    How many were followed.

    What was shown since went to the right person by itself, and is not told twice. A time whose
    colleague is not there counts as not begun, so that they are told when they are back.
    """
    moved = 0
    found = await work.rota.to_follow(now)
    on_call = await on_call_now(work, rules=rules, now=now) if found else _NOTHING
    for one in found:
        stage = one.stage(now)
        is_there = on_call.get(one.team) == one.staff_id
        if stage == "running" and not is_there:
            await _say_uncovered(work, one, rules=rules, now=now, real_now=real_now)
            stage = "planned"
        if stage == one.followed:
            continue
        moved += 1
        await work.rota.put(replace(one, followed=stage))
        begins = stage == "running"
        was_left = one.followed == "running" and stage == "planned"
        work.audit(f"on-call.{'left' if was_left else stage}", object=f"stand-in:{one.shift_id}")
        falls_to_leads = one.followed == "running" and one.team not in on_call
        if not begins and not falls_to_leads:
            continue
        since = one.from_at if begins else min(one.until_at, now)
        waiting = await work.rota.waiting(one.team, shown_before=since)
        told = await work.notices.told(waiting)
        await plan_notices(work, told, rules=rules, now=now, real_now=real_now)
        if begins:
            await _greet(work, one, now=now, real_now=real_now)
    return moved


async def _greet(work: Work, one: Shift, *, now: datetime, real_now: datetime) -> None:
    count = len(await work.rota.waiting(one.team, shown_before=now))
    notice_id = work.new_id()
    await _tell(work, one.staff_id, Purpose.ON_CALL, notice_id, count, now=now, real_now=real_now)


async def _say_uncovered(
    work: Work, one: Shift, *, rules: Rules, now: datetime, real_now: datetime
) -> None:
    """Every lead of the team hears it at once, and again each day that it lasts."""
    count = len(await work.rota.waiting(one.team, shown_before=now))
    today = local_day(now, rules.hours.zone)
    for colleague in (await work.staff.all()).values():
        if colleague.role != "lead" or not colleague.active or one.team not in colleague.teams:
            continue
        id_ = uuid5(_UNCOVERED, f"{one.shift_id}/{colleague.staff_id}/{today}")
        await _tell(
            work, colleague.staff_id, Purpose.UNCOVERED, id_, count, now=now, real_now=real_now
        )


async def _tell(
    work: Work,
    staff_id: UUID,
    purpose: Purpose,
    notice_id: UUID,
    count: int,
    *,
    now: datetime,
    real_now: datetime,
) -> None:
    wish = await work.notices.preference(staff_id)
    if wish is None:
        return
    notice = Notice(
        notice_id=notice_id,
        purpose=purpose,
        staff_id=staff_id,
        count=count,
        channels=wish.channels,
        made_at=now,
        not_before=now,
        retry_at=real_now,
    )
    await work.notices.add([notice])


async def _say(work: Work, one: Shift) -> None:
    """Whoever is on call is let in everywhere, to that team's people and at that time only."""
    state = facts.StandInState(
        stand_in_id=one.shift_id,
        kind="on-call",
        staff_id=one.staff_id,
        team=one.team,
        from_at=one.from_at,
        until_at=one.until_at,
        active=not one.withdrawn,
    )
    await work.rota.let_in(state)
    work.publish(
        facts.StandInChanged(stand_in=state),
        subject=one.staff_id,
        aggregate=f"stand-in:{one.shift_id}",
        version=one.version,
    )
