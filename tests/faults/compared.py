"""Whom the door accepted beside whom the services know; needs no container."""

from collections.abc import Sequence, Set
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Compared:
    """How many people something is wrong with."""

    lost: int
    """Accepted, and not kept by assessment, which said yes."""
    unknown: int
    """Kept, and not known to some other service, each counted."""
    doubled: int
    """Kept and accepted by no answer, or one person given for two answers."""

    @classmethod
    def of(
        cls, accepted: Sequence[str], before: Set[str], kept: Set[str], *others: Set[str]
    ) -> "Compared":
        people = set(accepted)
        return cls(
            lost=len(people - kept),
            unknown=sum(len((people & kept) - known) for known in others),
            doubled=len(kept - before - people) + len(accepted) - len(people),
        )
