"""Assessment says how a safety flag stands: somebody has to act, or has."""

from datetime import datetime

from services.engagement.application.ports import Work
from services.engagement.application.replan import replan
from services.engagement.domain.flag import Flag
from services.engagement.domain.rules import Rules


async def apply_flag_state(work: Work, *, flag: Flag, rules: Rules, now: datetime) -> None:
    """Remember the state and plan the person anew."""
    await work.flags.put(flag)
    work.audit("flag.known", object=f"flag:{flag.flag_id}", subject=flag.patient_id)
    await replan(work, patient_id=flag.patient_id, rules=rules, now=now)
