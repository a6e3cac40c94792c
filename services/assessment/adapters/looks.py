"""Records opened in an emergency, in SQL."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert, select, update

from services.assessment.adapters.tables import EMERGENCY_LOOK as LOOK
from services.assessment.domain.emergency import Judgement, Look, Reason
from shared.runtime.db import Transaction

_FIELDS = tuple(Look.__dataclass_fields__)


class SqlLooks:
    """The use cases' ``Looks``."""

    def __init__(self, tx: Transaction) -> None:
        self._session = tx.session

    async def live(self, patient_id: UUID, *, staff_id: UUID, now: datetime) -> Look | None:
        query = select(LOOK).where(
            LOOK.c.patient_id == patient_id, LOOK.c.staff_id == staff_id, LOOK.c.until > now
        )
        row = (await self._session.execute(query.order_by(LOOK.c.until.desc()))).first()
        return None if row is None else look_from(row)

    async def hold(self, grant_id: UUID) -> Look | None:
        query = select(LOOK).where(LOOK.c.grant_id == grant_id).with_for_update()
        row = (await self._session.execute(query)).first()
        return None if row is None else look_from(row)

    async def add(self, look: Look) -> None:
        await self._session.execute(insert(LOOK), _values(look))

    async def save(self, look: Look) -> None:
        change = update(LOOK).where(LOOK.c.grant_id == look.grant_id)
        await self._session.execute(change.values(_values(look)))


def look_from(row: Row[Any]) -> Look:
    """A look from its row."""
    values = {name: getattr(row, name) for name in _FIELDS}
    values["reason"] = Reason(row.reason)
    values["judgement"] = Judgement(row.judgement) if row.judgement else None
    return Look(**values)


def _values(look: Look) -> dict[str, Any]:
    return {name: getattr(look, name) for name in _FIELDS} | {
        "reason": look.reason.value,
        "judgement": look.judgement.value if look.judgement else None,
    }
