"""Take a safety flag on, and end it: both by a named person."""

from datetime import datetime
from uuid import UUID

from services.assessment.application.finding import known
from services.assessment.application.ports import Work
from services.assessment.application.telling import tell_flag
from services.assessment.domain import safety
from services.assessment.domain.content import Content
from services.assessment.domain.safety import Flag
from shared.events.assessment import SafetyFlagAcknowledged, SafetyFlagClosed


async def acknowledge_flag(work: Work, *, flag_id: UUID, by: UUID, now: datetime) -> Flag:
    """Put a person's name on the flag.

    Raises:
        Unknown, Conflict: there is no such flag, or it is closed.
    """
    before = known(await work.flags.get(flag_id))
    flag = safety.acknowledged(before, by=by, now=now)
    if flag.version == before.version:
        return flag
    await work.flags.save(flag)
    tell_flag(work, SafetyFlagAcknowledged, flag)
    return flag


async def close_flag(
    work: Work,
    content: Content,
    *,
    flag_id: UUID,
    by: UUID,
    outcome: str,
    note: str | None,
    now: datetime,
) -> Flag:
    """End the flag with what was found and done.

    Raises:
        Unknown, Conflict, RuleViolation: nothing was changed.
    """
    before = known(await work.flags.get(flag_id))
    flag = safety.closed(content.safety, before, by=by, outcome=outcome, note=note, now=now)
    await work.flags.save(flag)
    tell_flag(work, SafetyFlagClosed, flag)
    return flag
