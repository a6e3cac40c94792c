"""How one person's row is sealed that an older release wrote in the clear."""

from typing import Any

from sqlalchemy import update

from services.treatment.adapters.names import ERASED, columns_of
from services.treatment.adapters.tables import NAMED_IN_THE_CLEAR, PatientRow
from services.treatment.domain.person import Details
from shared.runtime import sealing_names as runtime
from shared.runtime.db import Database, Transaction
from shared.runtime.keys_guard import KeysGuard
from shared.runtime.person_keys import KeyDestroyed, PersonKeys
from shared.runtime.ticker import Tick

PATIENT = PatientRow.metadata.tables["patient"]


def sealing_names(db: Database) -> Tick:
    """Until nobody is named in the clear."""
    return runtime.sealing_names(db, PATIENT, in_the_clear=NAMED_IN_THE_CLEAR, seal=seal)


def keys_guard(db: Database) -> KeysGuard:
    """Whether the keys of those whose names are sealed are there."""
    return KeysGuard(db, PATIENT, PATIENT.c.who.is_not(None) & (PATIENT.c.who != ERASED))


async def seal(tx: Transaction, row: Any, keys: PersonKeys) -> None:
    """Lock name and birth date; of somebody erased there is nothing to lock."""
    who = Details(name=row.name, birth_date=row.birth_date, time_zone=row.time_zone)
    try:
        values = columns_of(row.id, who, erased=False, sealing=keys)
    except KeyDestroyed:
        values = {"who": ERASED}
    change = update(PATIENT).where(PATIENT.c.id == row.id)
    await tx.session.execute(change.values(**values))
