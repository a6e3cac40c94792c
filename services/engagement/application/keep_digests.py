"""Each morning everybody's list is kept as it is then, and sent to those who want it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from services.engagement.application.keep_rota import with_calls
from services.engagement.application.ports import Digest, Listed, Viewer, Wanted, Work
from services.engagement.domain.local_time import instant, local_day
from services.engagement.domain.notice import Notice, Pace, Purpose
from services.engagement.domain.rules import Rules
from services.engagement.domain.wording import reads_of_medicines, worded

BATCH = 5
_LONGEST = 500


async def keep_digests(work: Work, *, rules: Rules, now: datetime, real_now: datetime) -> int:
    """Keep the next few of this morning's lists; how many there were."""
    zone = rules.hours.zone
    today = local_day(now, zone)
    if now < instant(today, rules.delivery.digest_at, zone):
        return 0
    waiting = (await work.notices.without_digest(today))[:BATCH]
    colleagues = await work.staff.all()
    for staff_id in waiting:
        one = colleagues[staff_id]
        viewer = Viewer(staff_id=staff_id, role=one.role, teams=tuple(sorted(one.teams)))
        viewer = await with_calls(work, viewer, rules=rules, now=now)
        items = await round_list(work, viewer, rules=rules, until=now)
        digest = Digest(staff_id=staff_id, day=today, made_at=now, items=items)
        if await work.notices.keep_digest(digest):
            work.audit("digest.kept", object=f"staff:{staff_id}")
            await _send(work, digest, rules=rules, now=now, real_now=real_now)
    if waiting:
        await work.notices.forget_digests(today - rules.delivery.digest_kept)
    return len(waiting)


async def round_list(
    work: Work, viewer: Viewer, *, rules: Rules, until: datetime
) -> Sequence[Mapping[str, Any]]:
    """What is on somebody's list by that instant, in reading order, as plain values."""
    wanted = Wanted(viewer=viewer, mine=True, as_of=until, limit=_LONGEST)
    medicines = reads_of_medicines(viewer.role)
    return [
        _line(listed, rules, medicines=medicines) for listed in await work.reminders.listed(wanted)
    ]


def _line(listed: Listed, rules: Rules, *, medicines: bool) -> Mapping[str, Any]:
    row = listed.row
    words = worded(row, rules.kinds[row.key.kind], medicines=medicines)
    return {
        "reminder_id": str(row.reminder_id),
        "patient_id": str(row.patient_id),
        "patient_name": listed.patient_name,
        "birth_date": listed.birth_date.isoformat() if listed.birth_date else None,
        "section": None if listed.section is None else listed.section.name.lower(),
        "due_at": row.due_at.isoformat(),
        "state": row.state.value,
        "title": words.title,
        "why": words.why,
        "what": words.what,
    }


async def _send(
    work: Work, digest: Digest, *, rules: Rules, now: datetime, real_now: datetime
) -> None:
    wish = await work.notices.preference(digest.staff_id)
    wanted = wish is not None and wish.pace is not Pace.NONE and digest.items
    if wish is None or not wanted or not rules.hours.is_working_day(digest.day):
        return
    notice = Notice(
        notice_id=work.new_id(),
        purpose=Purpose.DIGEST,
        staff_id=digest.staff_id,
        about=tuple(UUID(item["reminder_id"]) for item in digest.items),
        count=len(digest.items),
        channels=wish.channels,
        made_at=now,
        not_before=now,
        retry_at=real_now,
    )
    await work.notices.add([notice])
