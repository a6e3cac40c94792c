"""Who is on call: for everybody of the team to see, for its lead and operations to set."""

from collections.abc import Sequence
from uuid import UUID

from services.engagement.adapters.db import SqlWork
from services.engagement.application.keep_rota import put_on_call, rota_of, take_off_call
from services.engagement.domain.errors import UnknownShift
from services.engagement.domain.on_call import Shift, Stretch
from services.engagement.domain.rules import Rules
from shared.api.absences import NoBody
from shared.api.body import Page
from shared.api.identity import CLINICIANS, Role
from shared.api.on_call import NewShift, ShiftBody, StretchBody, TeamOnCall
from shared.runtime.http import Api, Call

SETTERS = frozenset({Role.LEAD, Role.OPERATIONS})


def add_on_call(api: Api, rules: Rules) -> None:
    """Add this file's routes."""

    @api.get("/api/v1/on-call", roles=CLINICIANS | {Role.OPERATIONS})
    async def read_on_call(call: Call) -> Page[TeamOnCall]:
        """This week and the next of the caller's teams; of every team for operations."""
        work = SqlWork(call.tx, rules)
        teams = await _teams(work, call)
        found = await rota_of(work, teams, rules=rules, now=call.tx.now)
        return Page(items=tuple(_team(call, rules, team, found[team]) for team in teams))

    @api.post("/api/v1/on-call", roles=SETTERS, raises=(404, 409, 422), status=201)
    async def add_shift(call: Call, body: NewShift) -> ShiftBody:
        """Put somebody on call for a team."""
        work = SqlWork(call.tx, rules)
        _require_setter(call, body.team)
        made = await put_on_call(
            work, **dict(body), by=call.principal.staff_id, rules=rules, now=call.tx.now
        )
        return _shift(call, made)

    @api.post("/api/v1/on-call/{shift_id}/end", roles=SETTERS, raises=(404, 409))
    async def end_shift(call: Call, shift_id: UUID, body: NoBody) -> ShiftBody:  # noqa: ARG001
        """No longer on call: from now on, or not at all when it was still to come."""
        work = SqlWork(call.tx, rules)
        one = await work.rota.find(shift_id)
        if one is None:
            raise UnknownShift
        _require_setter(call, one.team)
        return _shift(call, await take_off_call(work, one=one, now=call.tx.now))


async def _teams(work: SqlWork, call: Call) -> Sequence[str]:
    if call.principal.role is not Role.OPERATIONS:
        return sorted(call.reach.teams)
    return sorted({team for one in (await work.staff.all()).values() for team in one.teams})


def _may_set(call: Call, team: str) -> bool:
    who = call.principal
    return who.role is Role.OPERATIONS or (who.role is Role.LEAD and team in who.teams)


def _require_setter(call: Call, team: str) -> None:
    """Another lead's team is answered as if it did not exist."""
    if not _may_set(call, team):
        raise UnknownShift


def _team(call: Call, rules: Rules, team: str, stretches: Sequence[Stretch]) -> TeamOnCall:
    current = next(one for one in stretches if one.from_at <= call.tx.now < one.until_at)
    return TeamOnCall(
        team=team,
        now=None if current.shift is None else current.shift.staff_id,
        until_at=current.until_at,
        time_zone=rules.hours.zone.key,
        stretches=tuple(
            StretchBody(
                from_at=one.from_at,
                until_at=one.until_at,
                shift=None if one.shift is None else _shift(call, one.shift),
            )
            for one in stretches
        ),
        actions=("add",) if _may_set(call, team) else (),
    )


def _shift(call: Call, one: Shift) -> ShiftBody:
    stage = one.stage(call.tx.now)
    may_end = stage != "over" and _may_set(call, one.team)
    return ShiftBody(
        shift_id=one.shift_id,
        team=one.team,
        staff_id=one.staff_id,
        from_at=one.from_at,
        until_at=one.until_at,
        stage=stage,
        actions=("end",) if may_end else (),
    )
