"""How one person's rows are sealed that an older release wrote in the clear."""

from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import select, update

from services.engagement.adapters import surroundings
from services.engagement.adapters.names import ERASED, WHO
from services.engagement.adapters.tables import NAMED_IN_THE_CLEAR, PatientRow, SurroundingsRow
from services.engagement.application.ports import Surroundings
from shared.runtime import sealing_names as runtime
from shared.runtime.db import Database, Transaction
from shared.runtime.keys_guard import KeysGuard
from shared.runtime.person_keys import KeyDestroyed, PersonKeys
from shared.runtime.ticker import Tick

PATIENT = PatientRow.metadata.tables["patient"]
AROUND = SurroundingsRow.metadata.tables["surroundings"]
_WHOLE: TypeAdapter[Surroundings] = TypeAdapter(Surroundings)


def sealing_names(db: Database) -> Tick:
    """Until nobody is named in the clear."""
    return runtime.sealing_names(db, PATIENT, in_the_clear=NAMED_IN_THE_CLEAR, seal=seal)


def keys_guard(db: Database) -> KeysGuard:
    """Whether the keys of those whose names are sealed are there."""
    return KeysGuard(db, PATIENT, PATIENT.c.who.is_not(None) & (PATIENT.c.who != ERASED))


async def seal(tx: Transaction, row: Any, keys: PersonKeys) -> None:
    """Lock the names, the mail address and the names of the people near to them."""
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
