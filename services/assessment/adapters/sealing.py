"""Names and contact data are sealed, and what still lies about of somebody erased is removed.

An older release wrote in the clear; whatever it left, and leaves while both run side by side, is
sealed here in small transactions while the service serves.
"""

from contextlib import suppress
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, delete, or_, select, text, true, update

from services.assessment.adapters.names import WHO, named, sealed_who
from services.assessment.adapters.stored import (
    ANSWERER,
    ERASED,
    NAMELESS,
    NOTHING,
    contact_from,
    sealed_contact,
    version_parts,
)
from services.assessment.adapters.tables import (
    ANSWERED_IN_THE_CLEAR,
    ASSESSMENT,
    NAMED_IN_THE_CLEAR,
    PATIENT,
    PATIENT_VERSION,
    UNSEALED,
)
from shared.events.assessment import PatientDetailsChanged
from shared.runtime.db import Database, Transaction
from shared.runtime.person_keys import KeyDestroyed, KeyMissing
from shared.runtime.retention import forget_person
from shared.runtime.tables import outbox

SEALER = "rule:seal-contact@1"
BATCH = 50
"""Rows in one go: new keys are synced to disk one by one, and the service answers in between."""


async def seal_some(db: Database) -> int:
    """One batch of what an older release left; how many rows."""
    async with db.transaction(actor=SEALER) as tx:
        count = await _seal_people(tx) + await _seal_names(tx)
        count += await _seal_answerers(tx) + await seal_versions(tx, true())
        if count:
            tx.audit("contact.sealed", object="patients")
    return count


async def _seal_people(tx: Transaction) -> int:
    rows = (await tx.session.execute(_some(select(PATIENT).where(text(UNSEALED))))).all()
    values = [
        {"person": row.patient_id, **NOTHING}
        | {"contact": sealed_contact(row.patient_id, contact_from(row, tx.keys), tx.keys)}
        for row in rows
    ]
    if values:
        change = update(PATIENT).where(PATIENT.c.patient_id == bindparam("person"))
        changes: dict[str, Any] = {name: bindparam(name) for name in (*NOTHING, "contact")}
        await (await tx.session.connection()).execute(change.values(changes), values)
    return len(values)


async def _seal_names(tx: Transaction) -> int:
    """Who somebody is, once no release works here that could not read it. Whoever's contact data
    cannot be opened keeps their name: it must not be locked with another key."""
    if (keys := tx.sealing) is None:
        return 0
    rows = (await tx.session.execute(_some(select(PATIENT).where(text(NAMED_IN_THE_CLEAR))))).all()
    values = []
    for row in rows:
        with suppress(KeyMissing, KeyDestroyed):
            if row.contact is not None:
                keys.open(row.patient_id, "contact", row.contact)
            who = sealed_who(row.patient_id, named(row, keys), keys)
            values.append({"person": row.patient_id, **NAMELESS, "who": who})
    if values:
        change = update(PATIENT).where(PATIENT.c.patient_id == bindparam("person"))
        changes: dict[str, Any] = {name: bindparam(name) for name in (*NAMELESS, "who")}
        await (await tx.session.connection()).execute(change.values(changes), values)
    return len(values)


async def _seal_answerers(tx: Transaction) -> int:
    """Who answered in somebody's place, by the same rules as names."""
    if (keys := tx.sealing) is None:
        return 0
    query = (
        select(
            ASSESSMENT.c.assessment_id,
            ASSESSMENT.c.answered_by,
            PATIENT.c.patient_id,
            PATIENT.c.who,
        )
        .join(PATIENT, PATIENT.c.patient_id == ASSESSMENT.c.patient_id)
        .where(text(ANSWERED_IN_THE_CLEAR), PATIENT.c.who.is_not(None))
    )
    values = []
    for row in (await tx.session.execute(_some(query, of=ASSESSMENT))).all():
        this = {"which": row.assessment_id}
        with suppress(KeyMissing):
            try:
                keys.open(row.patient_id, WHO, row.who)
                sealed = keys.seal(
                    row.patient_id, ANSWERER, row.answered_by.encode(), may_make=False
                )
                values.append(this | {"answered_by": None, "answerer": sealed})
            except KeyDestroyed:
                values.append(this | {"answered_by": ERASED, "answerer": None})
    if values:
        change = update(ASSESSMENT).where(ASSESSMENT.c.assessment_id == bindparam("which"))
        changes: dict[str, Any] = {name: bindparam(name) for name in ("answered_by", "answerer")}
        await (await tx.session.connection()).execute(change.values(changes), values)
    return len(values)


async def seal_versions(tx: Transaction, which: ColumnElement[bool]) -> int:
    """One batch of kept versions that are still in the clear; all of one person when ``which``
    says so, as nobody's record has more than a few hundred."""
    query = select(PATIENT_VERSION).where(PATIENT_VERSION.c.personal.is_(None), which)
    rows = (await tx.session.execute(_some(query))).all()
    values = [
        {"person": row.patient_id, "number": row.version}
        | version_parts(row.patient_id, row.record, tx.keys)
        for row in rows
    ]
    if values:
        change = update(PATIENT_VERSION).where(
            PATIENT_VERSION.c.patient_id == bindparam("person"),
            PATIENT_VERSION.c.version == bindparam("number"),
        )
        changes: dict[str, Any] = {name: bindparam(name) for name in ("record", "personal")}
        await (await tx.session.connection()).execute(change.values(changes), values)
    return len(values)


def _some(query: Any, *, of: Any = None) -> Any:
    """A batch that no other replica has in hand."""
    return query.limit(BATCH).with_for_update(skip_locked=True, of=of)


async def forget_copies(tx: Transaction, person: UUID, *, details_before: int) -> None:
    """What else this database knows of who somebody was: facts on their way or kept for a refill,
    answers kept for a repeated request, and who answered for them."""
    await tx.session.execute(
        delete(outbox).where(
            outbox.c.aggregate == f"patient-details:{person}", outbox.c.version < details_before
        )
    )
    await forget_person(tx, person, told_in=PatientDetailsChanged.TYPE)
    await tx.session.execute(
        update(ASSESSMENT)
        .where(
            ASSESSMENT.c.patient_id == person,
            or_(ASSESSMENT.c.answered_by.is_not(None), ASSESSMENT.c.answerer.is_not(None)),
        )
        .values(answered_by=ERASED, answerer=None)
    )
    await tx.session.execute(
        update(PATIENT).where(PATIENT.c.patient_id == person).values(duplicate_reason=None)
    )
