"""How all is going, in counts."""

from services.engagement.adapters.db import SqlWork
from services.engagement.adapters.http.seen import last_beat
from services.engagement.domain.rules import Rules
from shared.api.engagement import ChannelLevels, ServiceLevelQuery, ServiceLevels
from shared.api.identity import CLINICIANS, Role
from shared.runtime.http import Api, Call

WATCHERS = CLINICIANS | {Role.OPERATIONS, Role.AUDITOR}


def add_levels(api: Api, rules: Rules) -> None:
    """Add this file's routes."""

    @api.get("/api/v1/service-levels", roles=WATCHERS, raises=(422,))
    async def read_service_levels(call: Call, query: ServiceLevelQuery) -> ServiceLevels:
        """Whether reminders came on time, once, and all of them. Counts only."""
        levels = await SqlWork(call.tx, rules).reminders.levels(query.since, call.tx.now)
        return ServiceLevels(
            as_of=call.tx.now,
            engine_seen_at=(await last_beat(call.tx)).seen_at,
            channels=tuple(
                ChannelLevels(
                    channel=one.channel, on_time=one.on_time, late=one.late, failed=one.failed
                )
                for one in levels.channels
            ),
            **{
                name: getattr(levels, name)
                for name in levels.__dataclass_fields__
                if name != "channels"
            },
        )
