"""Acts that one person proposes and another one does. A proposal is an entry of the audit trail.

Nothing else has to be kept: the trail is where one looks for who wanted what, and it cannot be
changed unseen. A proposal counts for a day, and once where whoever carries it out writes an entry
about the same object, in the same transaction, whose action is ``carried_out`` of the act.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from shared.runtime.db import Transaction
from shared.runtime.tables import audit

COUNTS_FOR = timedelta(hours=24)
_PROPOSED = "-proposed"
_LOOKED_THROUGH = 100_000
"""Entries of the trail: far more than a day of a clinic, still quick to look through."""


class FourEyes(Exception):
    """The person who proposed this wants to do it too. The text is for staff."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What somebody wants done to one thing, and why (a code)."""

    act: str
    by: str
    at: datetime
    reason: str | None


async def proposals(tx: Transaction, objects: Collection[str]) -> Mapping[str, Proposal]:
    """The newest proposal about each of these that still counts, because it is no older than a day
    and nothing says that it was carried out."""
    newest = select(func.max(audit.c.seq)).scalar_subquery()
    rows = await tx.session.execute(
        select(audit)
        .where(
            audit.c.seq > newest - _LOOKED_THROUGH,
            audit.c.at > tx.now - COUNTS_FOR,
            audit.c.object.in_(list(objects)),
            audit.c.action.like("%ed"),  # proposed, or carried out
        )
        .order_by(audit.c.seq)
    )
    counting: dict[str, Proposal] = {}
    for row in rows:
        earlier = counting.get(row.object)
        if row.action.endswith(_PROPOSED):
            act = row.action.removesuffix(_PROPOSED)
            counting[row.object] = Proposal(act, row.actor, row.at, row.reason)
        elif earlier is not None and row.action == carried_out(earlier.act):
            del counting[row.object]
    return counting


def carried_out(act: str) -> str:
    """The action that says so in the trail: ``parked.discarded`` of ``parked.discard``."""
    return f"{act}d" if act.endswith("e") else f"{act}ed"


async def agreed(tx: Transaction, act: str, *, about: str, reason: str) -> bool:
    """Whether somebody else proposed exactly this; otherwise it is proposed by now.

    Whoever goes on writes the entry that uses the proposal up (``carried_out``).

    Raises:
        FourEyes: the proposal is the caller's own.
    """
    earlier = (await proposals(tx, (about,))).get(about)
    if earlier is not None and earlier.act == act:
        if earlier.by != tx.actor:
            return True
        raise FourEyes("You proposed this yourself: a second person has to do it.")
    tx.audit(f"{act}{_PROPOSED}", object=about, reason=reason)
    return False
