"""Somebody close to the person: what they may be told, and what they get (R-38, R-39)."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from services.engagement.domain.support.refusals import RuleBroken

SUPPORT_SCOPE = "support"


class Give(StrEnum):
    """What a carer gets from us."""

    EDUCATION = "education"
    PRACTICAL = "practical"
    EMOTIONAL = "emotional"


@dataclass(frozen=True, slots=True, kw_only=True)
class Carer:
    """Named by the person. Without a scope they may tell us things and are told nothing."""

    carer_id: UUID
    name: str
    relationship: str
    scopes: tuple[str, ...] = ()

    @property
    def may_receive(self) -> bool:
        """Whether the person agreed that this carer is supported by us."""
        return SUPPORT_SCOPE in self.scopes


def check_given(carers: Iterable[Carer], carer_id: UUID | None, given: Iterable[str]) -> None:
    """Refuse to give something to a carer the person did not agree to.

    Raises:
        RuleBroken: there is no such carer, or no consent.
    """
    carer = next((one for one in carers if one.carer_id == carer_id), None)
    if carer is None:
        raise RuleBroken(
            "carer-unknown", "The person named no such carer.", field="carer_id", rule="R-38"
        )
    if tuple(given) and not carer.may_receive:
        raise RuleBroken(
            "carer-without-consent",
            "The person did not agree that this carer receives anything. The carer may tell us"
            " things; record the contact without giving anything.",
            field="carer_support",
            rule="R-39",
        )
