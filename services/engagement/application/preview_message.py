"""How a message would look from outside with what a person is about to choose."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from services.engagement.application.ports import Work
from services.engagement.application.support_known import in_care
from services.engagement.domain.support import profile as profiles
from services.engagement.domain.support.profile import Preview, Privacy, Profile


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the person would have others see."""

    stigma_concern: bool
    privacy: Sequence[Privacy]
    sender: str
    subject: str


async def preview_message(work: Work, *, patient_id: UUID, wish: Wish) -> Preview:
    """Show it and store nothing.

    Raises:
        RuleBroken: it would be refused on saving as well; names the field and the rule.
    """
    await in_care(work, patient_id)
    known = await work.support.profiles.get(patient_id) or Profile(patient_id=patient_id)
    wished = replace(
        known,
        stigma_concern=wish.stigma_concern,
        privacy=tuple(wish.privacy),
        sender=wish.sender,
        subject=wish.subject,
    )
    profiles.check(wished)
    profiles.check_neutral(wished)
    around = await work.support.surroundings.get(patient_id)
    return profiles.preview(wished, neutral=around.neutral_wording if around else True)
