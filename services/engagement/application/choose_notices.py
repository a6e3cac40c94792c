"""A colleague says how they want to be told."""

from dataclasses import replace
from uuid import UUID

from services.engagement.application.ports import Work
from services.engagement.domain.errors import NoWayToReach, StaleVersion
from services.engagement.domain.notice import Channel, Preference


async def choose_notices(work: Work, *, wish: Preference, seen_version: int, by: UUID) -> None:
    """Keep the choice; what is already planned follows it when it is sent.

    Raises:
        StaleVersion: somebody changed it since it was seen.
        NoWayToReach: a channel has no address.
    """
    known = await work.notices.preference(wish.staff_id)
    if seen_version != (known.version if known else 0):
        raise StaleVersion
    for channel in wish.channels:
        if channel is Channel.EMAIL and not wish.email:
            raise NoWayToReach
        if channel is Channel.WEBHOOK and not (wish.webhook_url and wish.webhook_secret):
            raise NoWayToReach
    await work.notices.prefer(replace(wish, version=seen_version + 1))
    work.audit("notices.chosen", object=f"staff:{by}", version=seen_version + 1)
