"""The language and the people around a person; their names are sealed with the person's key.

Whom they may be told and what they are owed follows from the rest, which ``on_record`` reads.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Select, select

from services.engagement.adapters.names import NEAR
from services.engagement.adapters.people import upserting
from services.engagement.adapters.tables import SurroundingsRow
from services.engagement.application.ports import Surroundings
from shared.runtime.db import Transaction
from shared.runtime.person_keys import KeyDestroyed, KeyMissing, PersonKeys

_TABLE = SurroundingsRow.metadata.tables["surroundings"]
_WHOLE: TypeAdapter[Surroundings] = TypeAdapter(Surroundings)
UNNAMED = "(name cannot be read)"


class SqlSurroundings:
    """What assessment tells of the people around a person, by that person's id."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    async def put(self, record: Surroundings) -> None:
        """Store it as it is now."""
        values = {"patient_id": record.patient_id, **columns_of(record, self._tx.sealing)}
        new: Any = upserting(self._tx)(_TABLE).values(values)
        changed = {name: new.excluded[name] for name in ("state", "near")}
        await self._tx.session.execute(
            new.on_conflict_do_update(index_elements=["patient_id"], set_=changed)
        )

    async def get(self, record_id: UUID) -> Surroundings | None:
        """Those of this person."""
        found = await self._where(_TABLE.c.patient_id == record_id)
        return found[0] if found else None

    async def of_patient(self, patient_id: UUID) -> Sequence[Surroundings]:
        """The same as a list."""
        return await self._where(_TABLE.c.patient_id == patient_id)

    async def languages(self, people: Select[Any]) -> Mapping[UUID, str]:
        """Which language each of these people speaks; no name is opened for it."""
        language = _TABLE.c.state["language"].as_string()
        query = select(_TABLE.c.patient_id, language).where(_TABLE.c.patient_id.in_(people))
        return {row[0]: row[1] for row in await self._tx.session.execute(query)}

    async def _where(self, condition: ColumnElement[bool]) -> Sequence[Surroundings]:
        query = select(_TABLE).where(condition).order_by(_TABLE.c.patient_id)
        return [self._read(row) for row in await self._tx.session.execute(query)]

    def _read(self, row: Any) -> Surroundings:
        whole = _WHOLE.validate_python(row.state)
        if row.near is None:
            return whole
        try:
            names = self._tx.keys.open_values(row.patient_id, NEAR, row.near)
        except (KeyDestroyed, KeyMissing):
            names = {}
        carers = (replace(one, name=names.get(str(one.carer_id), UNNAMED)) for one in whole.carers)
        return replace(whole, carers=tuple(carers))


def columns_of(record: Surroundings, sealing: PersonKeys | None) -> Mapping[str, Any]:
    """Sealed where there is anybody to name."""
    state = _WHOLE.dump_python(record, mode="json")
    if sealing is None or not record.carers:
        return {"state": state, "near": None}
    names = {str(one.carer_id): one.name for one in record.carers}
    nameless = [one | {"name": ""} for one in state["carers"]]
    near = sealing.seal_values(record.patient_id, NEAR, names)
    return {"state": state | {"carers": nameless}, "near": near}
