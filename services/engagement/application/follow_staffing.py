"""A programme says since when its facilitator or deputy works no longer near the person (R-33)."""

from dataclasses import replace
from datetime import datetime

from services.engagement.application.ports import Work
from services.engagement.application.support_telling import tell_programme
from services.engagement.domain.local_time import local_day
from services.engagement.domain.owed_by_support import Known
from services.engagement.domain.rules import Rules
from services.engagement.domain.support import programme as programmes
from services.engagement.domain.team import Staffing
from shared.events.engagement import FacilitationGap, ProgrammeChanged


async def follow_staffing(
    work: Work, known: Known, around: Staffing, *, rules: Rules, now: datetime
) -> Known:
    """Open a gap for whoever works elsewhere now, end it for whoever is back; what is known then.

    It follows from where both are now, so it does not matter which of the two was heard of first.
    Nothing changes for somebody who is not in care: who is near to them shows on their return.
    """
    if not around.patient.in_care:
        return known
    today = local_day(now, rules.place(around.patient).zone)
    after = [
        programmes.staffed(one, rules.support.kinds[one.kind], around.belongs_here, today)
        for one in known.programmes
    ]
    for before, one in zip(known.programmes, after, strict=True):
        if one is before:
            continue
        await work.support.programmes.put(one)
        opened = before.gap_since is None and one.gap_since is not None
        fact = FacilitationGap if opened else ProgrammeChanged
        tell_programme(work, fact, one, known.contacts, known.plan)
    return replace(known, programmes=after)
