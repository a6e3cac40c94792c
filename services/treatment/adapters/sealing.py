"""Names that an older release wrote in the clear are sealed while the service serves."""

from contextlib import suppress
from uuid import UUID

from sqlalchemy import select, text, update

from services.treatment.adapters.names import ERASED, columns_of
from services.treatment.adapters.tables import NAMED_IN_THE_CLEAR, PatientRow
from services.treatment.domain.person import Details
from shared.runtime.db import Database
from shared.runtime.person_keys import KeyDestroyed, KeyMissing
from shared.runtime.ticker import Tick

SEALER = "rule:seal-names@1"
BATCH = 50
"""Rows in one go: the service answers in between."""
PATIENT = PatientRow.metadata.tables["patient"]


def sealing_names(db: Database) -> Tick:
    """Every few seconds, once no release works here that could not read what is sealed."""

    async def run() -> int:
        return await seal_names(db)

    return Tick("sealed-names", every_s=15.0, run=run)


async def seal_names(db: Database) -> int:
    """Everybody's, in small transactions; how many rows. Whoever has no key here stays as they
    are, and is asked for again the next time."""
    count, after = 0, UUID(int=0)
    while True:
        async with db.transaction(actor=SEALER) as tx:
            if (keys := tx.sealing) is None:
                return count
            query = select(PATIENT).where(text(NAMED_IN_THE_CLEAR), PATIENT.c.id > after)
            some = query.order_by(PATIENT.c.id).limit(BATCH).with_for_update(skip_locked=True)
            rows = (await tx.session.execute(some)).all()
            sealed = 0
            for row in rows:
                who = Details(name=row.name, birth_date=row.birth_date, time_zone=row.time_zone)
                with suppress(KeyMissing):
                    try:
                        values = columns_of(row.id, who, erased=False, sealing=keys)
                    except KeyDestroyed:
                        values = {"who": ERASED}
                    change = update(PATIENT).where(PATIENT.c.id == row.id)
                    await tx.session.execute(change.values(**values))
                    sealed += 1
            if sealed:
                tx.audit("names.sealed", object="patients")
        if len(rows) < BATCH:
            return count + sealed
        count, after = count + sealed, rows[-1].id
