"""What the service does about people's keys by itself, every few seconds.

A key is destroyed only once the erasure has been committed: a transaction can be taken back, a
destroyed key cannot. The marks of destroyed keys outlive a restored database, and whoever it
brought back is erased again before long.
"""

from sqlalchemy import select, text, update

from services.assessment.adapters.db import SqlWork
from services.assessment.adapters.index_key import IndexKey
from services.assessment.adapters.name_index import index_names
from services.assessment.adapters.names import hold_enrolment
from services.assessment.adapters.sealing import BATCH, SEALER, seal_some
from services.assessment.adapters.tables import PATIENT, TO_FORGET
from services.assessment.application.erase_person import erase_again
from shared.runtime.db import Database
from shared.runtime.person_keys import PersonKeys
from shared.runtime.ticker import Tick

_EVERY_S = 15.0
ERASER = "rule:erase-again@1"


def keeping(db: Database, keys: PersonKeys) -> Tick:
    """Seals what is in the clear, destroys the keys of those who were erased, keeps the index of
    names whole, and begins, once for each start, with whoever a backup has brought back."""
    looked = False

    async def run() -> int:
        nonlocal looked
        count = 0 if looked else await erase_restored(db, keys)
        looked = True
        count += await seal_some(db) + await destroy_keys(db)
        return count + await index_names(db)

    return Tick("person-keys", every_s=_EVERY_S, run=run)


async def erase_restored(db: Database, keys: PersonKeys) -> int:
    """Whose key is destroyed while the database still says who they are; how many there were."""
    marked, count = sorted(keys.destroyed()), 0
    for start in range(0, len(marked), BATCH):
        known = PATIENT.c.patient_id.in_(marked[start : start + BATCH])
        query = select(PATIENT.c.patient_id).where(known, PATIENT.c.erased_on.is_(None))
        async with db.transaction(actor=ERASER) as tx:
            for person in (await tx.session.scalars(query)).all():
                await erase_again(SqlWork(tx), patient_id=person, on=tx.now.date())
                count += 1
    return count


async def destroy_keys(db: Database) -> int:
    """The keys of those whose erasure has been committed. With them goes the index of names' own,
    while nobody is being enrolled: a guessed name cannot be tried on what old backups hold."""
    async with db.transaction(actor=SEALER) as tx:
        query = select(PATIENT.c.patient_id).where(text(TO_FORGET)).limit(BATCH)
        people = (await tx.session.scalars(query)).all()
        if people:
            await hold_enrolment(tx)
            IndexKey(tx.keys.folder).replace()
        for person in people:
            tx.keys.destroy(person)
            done = update(PATIENT).where(PATIENT.c.patient_id == person)
            await tx.session.execute(done.values(key_destroyed_at=tx.now))
            tx.audit("person-key.destroyed", object=f"patient:{person}", subject=person)
    return len(people)
