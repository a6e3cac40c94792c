"""The people around one patient on one day, and who is on call at one moment."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, time, timedelta
from uuid import UUID

from services.engagement.application.ports import Work
from services.engagement.domain.local_time import instant, local_day
from services.engagement.domain.on_call import Shift, Span, Stretch, stretches
from services.engagement.domain.rules import Rules
from services.engagement.domain.team import Patient, Staffing

_MIDNIGHT, _DAY, _MOMENT = time(0), timedelta(days=1), timedelta(microseconds=1)


async def staffing(work: Work, patient: Patient, *, rules: Rules, now: datetime) -> Staffing:
    """Who works here, and whose place is taken by whom today."""
    today = local_day(now, rules.hours.zone)
    away = await work.absences.away(patient.patient_id, on=today)
    return Staffing(patient, await work.staff.all(), away)


async def on_call_now(work: Work, *, rules: Rules, now: datetime) -> Mapping[str, UUID]:
    """Who is on call for each team at this moment; a team without anybody is left out."""
    found = await turns(work, between=(now, now + _MOMENT), rules=rules)
    return {
        team: first.shift.staff_id for team, (first, *_) in found.items() if first.shift is not None
    }


async def turns(
    work: Work, *, between: Span, rules: Rules, teams: Collection[str] | None = None
) -> Mapping[str, Sequence[Stretch]]:
    """Whose turn it is for each team over this time; without ``teams``, of those with a rota."""
    shifts = await work.rota.between(*between, teams)
    named = sorted({one.team for one in shifts}) if teams is None else teams
    if not shifts:
        return {team: [Stretch(*between, None)] for team in named}
    colleagues = await work.staff.all()
    away = await _away(work, shifts, rules=rules, since=between[0])
    return {
        team: stretches(
            [one for one in shifts if one.team == team],
            colleagues=colleagues,
            away=away,
            between=between,
        )
        for team in named
    }


async def _away(
    work: Work, shifts: Sequence[Shift], *, rules: Rules, since: datetime
) -> Mapping[UUID, Sequence[Span]]:
    """The days away of everybody on the rota, as instants of the clinic's own days."""
    zone = rules.hours.zone
    people = sorted({one.staff_id for one in shifts})
    found: dict[UUID, list[Span]] = {}
    for one in await work.absences.of(people, until=local_day(since, zone)):
        span = (
            instant(one.starts_on, _MIDNIGHT, zone),
            instant(one.ends_on + _DAY, _MIDNIGHT, zone),
        )
        found.setdefault(one.staff_id, []).append(span)
    return found
