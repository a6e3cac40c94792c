"""How a message looks from outside: with what a person is about to choose, and as it is sent."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from services.engagement.application.ports import Work
from services.engagement.application.support_known import in_care
from services.engagement.domain.support import outside
from services.engagement.domain.support import profile as profiles
from services.engagement.domain.support.outside import Letterhead, Preview
from services.engagement.domain.support.profile import Privacy, Profile


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the person would have others see."""

    stigma_concern: bool
    privacy: Sequence[Privacy]
    sender: str
    subject: str


async def preview_message(
    work: Work, *, patient_id: UUID, wish: Wish, letterhead: Letterhead
) -> Preview:
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
    on_record = await neutral_on_record(work, patient_id)
    outside.check_neutral(wished, letterhead, on_record=on_record)
    return outside.preview(wished, letterhead, on_record=on_record)


async def seen_from_outside(work: Work, patient_id: UUID, letterhead: Letterhead) -> Preview:
    """A message with what is saved now: what is sent."""
    known = await work.support.profiles.get(patient_id) or Profile(patient_id=patient_id)
    on_record = await neutral_on_record(work, patient_id)
    return outside.preview(known, letterhead, on_record=on_record)


async def neutral_on_record(work: Work, patient_id: UUID) -> bool:
    """Whether assessment has neutral wording on record; so it is until it says otherwise."""
    around = await work.support.surroundings.get(patient_id)
    return around.neutral_wording if around else True
