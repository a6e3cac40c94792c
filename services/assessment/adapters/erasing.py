"""The second person that an erasure needs."""

import hashlib
from collections.abc import Iterable
from uuid import UUID

from services.assessment.domain.refusals import FourEyes
from shared.api.assessment import ProposedErasure
from shared.runtime import four_eyes
from shared.runtime.db import Transaction

ONE = "patient.erase"
ALL_DUE = "retention.erase"
RETENTION = "retention:contact"
"""Everybody whose time is over, as the audit trail names them together."""


def of_person(patient_id: UUID) -> str:
    """One person, as the audit trail names them."""
    return f"patient:{patient_id}"


def of_due(number: int, people: Iterable[UUID]) -> str:
    """So many who are due, and which of them are erased next: who becomes due later is somebody
    else, even where their number is the same."""
    listed = "\n".join(map(str, people)).encode()
    return f"{RETENTION}:{number}:{hashlib.sha256(listed).hexdigest()[:16]}"


async def proposed(tx: Transaction, about: str) -> ProposedErasure | None:
    """What somebody proposed within the last day."""
    found = (await four_eyes.proposals(tx, (about,))).get(about)
    if found is None:
        return None
    return ProposedErasure(reason=found.reason or "", proposed_by=found.by, proposed_at=found.at)


async def wished(
    tx: Transaction, about: str, *, reason: str, act: str = ONE
) -> ProposedErasure | None:
    """The caller's wish, proposed by now; None when it is to be done, because somebody else
    proposed it within a day.

    Raises:
        FourEyes: the proposal is the caller's own.
    """
    try:
        agreed = await four_eyes.agreed(tx, act, about=about, reason=reason)
    except four_eyes.FourEyes as error:
        raise FourEyes("four-eyes", str(error)) from error
    if agreed:
        return None
    return ProposedErasure(reason=reason, proposed_by=tx.actor, proposed_at=tx.now)
