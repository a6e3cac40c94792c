"""Names that an older release wrote in the clear are sealed while the service serves."""

from contextlib import suppress
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import select, text, update

from services.engagement.adapters import surroundings
from services.engagement.adapters.names import ERASED, WHO
from services.engagement.adapters.tables import NAMED_IN_THE_CLEAR, PatientRow, SurroundingsRow
from services.engagement.application.ports import Surroundings
from shared.runtime.db import Database, Transaction
from shared.runtime.person_keys import KeyDestroyed, KeyMissing, PersonKeys
from shared.runtime.ticker import Tick

SEALER = "rule:seal-names@1"
BATCH = 50
"""Rows in one go: the service answers in between."""
PATIENT = PatientRow.metadata.tables["patient"]
AROUND = SurroundingsRow.metadata.tables["surroundings"]
_WHOLE: TypeAdapter[Surroundings] = TypeAdapter(Surroundings)


def sealing_names(db: Database) -> Tick:
    """Every few seconds, once no release works here that could not read what is sealed."""

    async def run() -> int:
        return await seal_names(db)

    return Tick("sealed-names", every_s=15.0, run=run)


async def seal_names(db: Database) -> int:
    """Everybody's, in small transactions; how many. Whoever has no key here stays as they are,
    and is asked for again the next time."""
    count, after = 0, UUID(int=0)
    while True:
        async with db.transaction(actor=SEALER) as tx:
            if (keys := tx.sealing) is None:
                return count
            query = select(PATIENT).where(text(NAMED_IN_THE_CLEAR), PATIENT.c.patient_id > after)
            some = query.order_by(PATIENT.c.patient_id).limit(BATCH)
            rows = (await tx.session.execute(some.with_for_update(skip_locked=True))).all()
            sealed = 0
            for row in rows:
                with suppress(KeyMissing):
                    await _seal(tx, row, keys)
                    sealed += 1
            if sealed:
                tx.audit("names.sealed", object="patients")
        count += sealed
        if len(rows) < BATCH:
            return count
        after = rows[-1].patient_id


async def _seal(tx: Transaction, row: Any, keys: PersonKeys) -> None:
    this = update(PATIENT).where(PATIENT.c.patient_id == row.patient_id)
    email = row.reach["email"] if row.reach else None
    values = {
        "given_name": row.given_name,
        "family_name": row.family_name,
        "birth_date": row.birth_date.isoformat(),
        "email": email,
    }
    try:
        who = keys.seal_values(row.patient_id, WHO, values)
    except KeyDestroyed:
        await tx.session.execute(this.values(who=ERASED))
        return
    plain = {"given_name": None, "family_name": None, "birth_date": None}
    if row.reach:
        plain["reach"] = row.reach | {"email": None}
    await tx.session.execute(this.values(who=who, **plain))
    of_them = AROUND.c.patient_id == row.patient_id
    around = (await tx.session.execute(select(AROUND).where(of_them))).first()
    if around is not None and around.near is None:
        columns = surroundings.columns_of(_WHOLE.validate_python(around.state), keys)
        await tx.session.execute(update(AROUND).where(of_them).values(**columns))
