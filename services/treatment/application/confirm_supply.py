"""Confirm that the whole next step is in the person's hands (T-19)."""

from datetime import datetime
from uuid import UUID

from services.treatment.application.changing import commit, load, stating
from services.treatment.application.ports import Work
from services.treatment.domain import tapering
from services.treatment.domain.course import Course
from shared.events.treatment import TaperSupplyConfirmed


async def confirm_supply(
    work: Work, *, course_id: UUID, ordinal: int, plan_version: int, now: datetime
) -> Course:
    """Raises: Unknown, IllegalMove, PlanSuperseded, NoSuchItem, AlreadyDone, StaleVersion."""
    found = await load(work, course_id, now=now)
    return await commit(
        work,
        found.course,
        tapering.confirm_supply(found.course, ordinal, plan_version=plan_version, at=now),
        stating(TaperSupplyConfirmed),
        on=found.today,
        now=now,
        kind="supply-confirmed",
        text=f"Supply of step {ordinal} confirmed",
    )
