"""What the person and we do if it comes back: written together, before support or dose ends."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services.engagement.domain.support.refusals import RuleBroken


@dataclass(frozen=True, slots=True, kw_only=True)
class RelapsePlan:
    """``events_ahead`` are those of the next 12 months (NICE 1.8.7); words of the person."""

    plan_id: UUID
    patient_id: UUID
    warning_signs: str
    what_helps: str
    whom_to_call: str
    events_ahead: str
    agreed: bool
    written_on: date
    written_at: datetime
    by: UUID
    review_on: date
    version: int = 1


def check(plan: RelapsePlan) -> None:
    """Refuse a plan with an empty part: it would be a form, not a plan.

    Raises:
        RuleBroken: names the part.
    """
    for name in ("warning_signs", "what_helps", "whom_to_call"):
        if not getattr(plan, name).strip():
            raise RuleBroken("part-missing", "Write this together with the person.", field=name)


def is_current(plan: RelapsePlan | None, on: date) -> bool:
    """Whether there is one the person agreed to and that is not due for another look."""
    return plan is not None and plan.agreed and on <= plan.review_on
