"""Recounting everybody's reminders when an operator asks, a few people at a time."""

from services.engagement.adapters.db import SqlWork
from services.engagement.application.recount import recount
from services.engagement.domain.rules import Rules
from shared.api.engagement import Recount, Recounted
from shared.api.identity import Role
from shared.runtime.http import Api, Call

PEOPLE_AT_ONCE = 50


def add_recount(api: Api, rules: Rules) -> None:
    """Add this file's routes."""

    @api.post("/api/v1/reminders/recount", roles={Role.OPERATIONS})
    async def recount_reminders(call: Call, body: Recount) -> Recounted:
        """Look again whether the next people have what they are owed, and mend it. Counts only."""
        work = SqlWork(call.tx, rules)
        found = await recount(
            work,
            after=body.after,
            limit=PEOPLE_AT_ONCE,
            rules=rules,
            now=call.tx.now,
        )
        call.tx.audit("reminders.recounted", object=f"reminders:{api.service}")
        return Recounted(
            people=await work.patients.count(),
            looked_at=found.looked_at,
            mended=found.mended,
            lost=found.lost,
            next=found.last,
        )
