"""Learn from the portal who works here."""

from services.assessment.application.ports import Colleague, Work


async def learn_colleague(work: Work, colleague: Colleague) -> None:
    """Remember a member of staff as they are now."""
    await work.staff.put(colleague)
    work.audit("colleague.learned", object=f"staff:{colleague.staff_id}")
