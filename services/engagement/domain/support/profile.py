"""What a person needs so that support reaches them: language, way, cost, privacy, agencies."""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from uuid import UUID

from services.engagement.domain.support.refusals import RuleBroken


class Barrier(StrEnum):
    """Where support is hard to reach (R-40)."""

    LANGUAGE = "language"
    TRANSPORT = "transport"
    COST = "cost"


class Privacy(StrEnum):
    """What somebody who fears stigma is offered (R-36)."""

    PRIVATE_CHANNEL = "private-channel"
    NEUTRAL_WORDING = "neutral-wording"
    CHOICE_OF_PLACE = "choice-of-place"
    OFF_PEAK = "off-peak"
    HOME = "home-appointment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Adaptation:
    """One barrier and what is done about it. Recorded without an answer, it is still open."""

    barrier: Barrier
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Agency:
    """Somebody else who is involved."""

    name: str
    does: str
    contact: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One per person. ``sender`` and ``subject`` are what others may see of a message."""

    patient_id: UUID
    interests: tuple[str, ...] = ()
    within_km: int | None = None
    most_cost: int | None = None
    """The most an activity may cost each time, in whole units of the clinic's currency."""
    access_needs: tuple[str, ...] = ()
    adaptations: tuple[Adaptation, ...] = ()
    stigma_concern: bool = False
    privacy: tuple[Privacy, ...] = ()
    sender: str = ""
    subject: str = ""
    agencies: tuple[Agency, ...] = ()
    coordinator_id: UUID | None = None
    shared_plan: str = ""
    changed_on: date | None = None
    version: int = 0
    barriers_asked: tuple[Barrier, ...] = field(default=())


def check(profile: Profile) -> None:
    """Refuse what a rule forbids.

    Raises:
        RuleBroken: names the field and the rule.
    """
    if len(profile.agencies) > 1 and profile.coordinator_id is None:
        raise RuleBroken(
            "coordinator-missing",
            "Several agencies are involved: name one coordinator.",
            field="coordinator_id",
            rule="R-37",
        )
    if len(profile.agencies) > 1 and not profile.shared_plan.strip():
        raise RuleBroken(
            "shared-plan-missing",
            "Several agencies are involved: write down the shared plan.",
            field="shared_plan",
            rule="R-37",
        )
    if profile.stigma_concern and not profile.privacy:
        raise RuleBroken(
            "privacy-missing",
            "Offer at least one of these to somebody who fears being seen.",
            field="privacy",
            rule="R-36",
        )
