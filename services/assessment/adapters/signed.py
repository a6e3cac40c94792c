"""What the record holds now of what was signed, to compare it with the signature."""

import re
from collections.abc import Collection, Mapping
from uuid import UUID

from sqlalchemy import select

from services.assessment.adapters import stored
from services.assessment.adapters.tables import PROPOSAL
from services.assessment.domain.signing import decision_hash
from shared.runtime.db import Transaction

_OF = "pathway:"
_NAME = re.compile(f"{_OF}[0-9a-f-]{{36}}")


async def recorded(tx: Transaction, objects: Collection[str]) -> Mapping[str, tuple[UUID, str]]:
    """Who decided, and the hash of each decision as it stands; a decision is never changed."""
    ids = [UUID(name.removeprefix(_OF)) for name in objects if _NAME.fullmatch(name)]
    query = select(PROPOSAL).where(PROPOSAL.c.proposal_id.in_(ids))
    found = {}
    for row in (await tx.session.execute(query)).all():
        made = stored.proposal_from(row)
        if (decision := made.decision) is not None:
            hash_ = decision_hash(decision, proposal_id=made.proposal_id, version=made.version - 1)
            found[f"{_OF}{made.proposal_id}"] = (decision.by, hash_)
    return found
