"""A colleague's list on paper: today's, another day's, and a morning's as it was."""

from datetime import date, time, timedelta

from services.engagement.adapters.access import viewer
from services.engagement.adapters.db import SqlWork
from services.engagement.application.keep_digests import round_list
from services.engagement.application.keep_rota import with_calls
from services.engagement.application.ports import Digest
from services.engagement.domain.local_time import instant, local_day
from services.engagement.domain.rules import Rules
from shared.api.identity import CLINICIANS
from shared.api.notices import RoundLine, RoundList, RoundQuery
from shared.runtime.http import Api, ApiError, Call

_DAY = timedelta(days=1)


def add_rounds(api: Api, rules: Rules) -> None:
    """Add this file's routes."""

    @api.get("/api/v1/round-list", roles=CLINICIANS, raises=(422,))
    async def read_round_list(call: Call, query: RoundQuery) -> RoundList:
        """Everything on the caller's list until the end of that day, to be printed."""
        zone = rules.hours.zone
        day = query.on or local_day(call.tx.now, zone)
        end_of_day = instant(day + _DAY, time(0), zone) - timedelta(microseconds=1)
        work = SqlWork(call.tx, rules)
        who = await with_calls(work, viewer(call), rules=rules, now=call.tx.now)
        items = await round_list(work, who, rules=rules, until=max(end_of_day, call.tx.now))
        digest = Digest(staff_id=call.principal.staff_id, day=day, made_at=call.tx.now, items=items)
        return _look(call, digest)

    @api.get("/api/v1/digests/{day}", roles=CLINICIANS, raises=(404,))
    async def read_digest(call: Call, day: date) -> RoundList:
        """The caller's list as it was on that morning."""
        found = await SqlWork(call.tx, rules).notices.digest(call.principal.staff_id, day)
        if found is None:
            raise ApiError(404, "not-found", "No list was kept on that morning.")
        return _look(call, found)


def _look(call: Call, digest: Digest) -> RoundList:
    """The list, with one audit entry for each person on it."""
    body = RoundList(
        day=digest.day,
        made_at=digest.made_at,
        items=tuple(RoundLine.model_validate(item) for item in digest.items),
    )
    for patient_id in sorted({item.patient_id for item in body.items}):
        call.tx.audit("round-list.read", object=f"patient:{patient_id}", subject=patient_id)
    return body
