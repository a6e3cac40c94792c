"""Look, judge, tell; again in half a minute."""

import asyncio
from collections.abc import Callable

from services.watcher import channels
from services.watcher.alarms import Alarm, Ledger, channels_away, judge
from services.watcher.look import look
from services.watcher.settings import Settings
from shared.runtime import clock
from shared.runtime.logs import get_logger

log = get_logger()


class Mute(Exception):
    """There is no channel by which the watcher could tell anybody."""


async def once(settings: Settings) -> tuple[Alarm, ...]:
    """One look: what is wrong now."""
    seen = await look(
        settings.databases,
        server=settings.server_database_url,
        certificates=settings.certificates,
        overdue_s=settings.limits.overdue_s,
        now=clock.real_now(),
    )
    return judge(seen, settings.limits)


async def watch(settings: Settings, *, looked: Callable[[], None]) -> None:
    """Look until cancelled, calling ``looked`` after each look.

    Raises:
        Mute: nobody could be told.
    """
    if not channels.ways(settings):
        raise Mute("give MOORING_SMTP_HOST and MOORING_MAIL_TO, or MOORING_WEBHOOK_URL")
    ledger, away = Ledger(), frozenset[str]()
    while True:
        alarms = (*await once(settings), *channels_away(away))
        told, notices = ledger.after(alarms, now=clock.real_now())
        log.info("looked", count=len(alarms), names=[alarm.code for alarm in alarms])
        if notices:
            fared = await channels.send(settings, notices)
            ledger, away = told.unsent(fared.missed, before=ledger), fared.away
        else:
            ledger = told
        await channels.ping(settings)
        looked()
        await asyncio.sleep(settings.every_s)
