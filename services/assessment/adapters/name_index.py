"""Somebody of the same name and birth date is found without opening everybody's (decision 0093).

Each row keeps a keyed digest of both. It begins with the mark of its key: a row of another key, or
of none, is one that the index lacks. Whom it lacks is opened and compared, so that an answer is
the same with a whole index, half of one, or none.
"""

import hmac
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, and_, bindparam, or_, select, text, update

from services.assessment.adapters.index_key import IndexKey
from services.assessment.adapters.names import GONE, NAME_COLUMNS, UNREADABLE, named
from services.assessment.adapters.tables import PATIENT
from shared.runtime.db import Database, Transaction
from shared.runtime.person_keys import KeyMissing
from shared.runtime.tables import FLOOR_TABLE

INDEXED_FROM = "0016"
"""The migration that waits for the end of the last release that changes a name and no digest."""
INDEXER = "rule:index-names@1"
BATCH = 200
"""Rows in one go: they are opened within some 25 ms, and the service answers in between."""
_MARK_BYTES, _DIGEST_BYTES = 8, 24
_MARK, _NAME = b"mark", b"name"
"""What the key is used for."""
_digest = PATIENT.c.name_digest


@dataclass(frozen=True, slots=True)
class NameIndex:
    """The index under one key."""

    key: bytes

    @property
    def mark(self) -> bytes:
        """What every digest of this key begins with."""
        return hmac.digest(self.key, _MARK, "sha256")[:_MARK_BYTES]

    @property
    def lacks(self) -> ColumnElement[bool]:
        """Whoever is not in it; of those who were erased, nobody ever is."""
        last = self.mark + b"\xff" * _DIGEST_BYTES
        other = or_(_digest.is_(None), _digest < self.mark, _digest > last)
        return and_(PATIENT.c.erased_on.is_(None), other)

    def finds(self, identity: str, birth_date: date) -> ColumnElement[bool]:
        """Whoever has this folded name and birth date, and whoever it lacks."""
        found = and_(PATIENT.c.erased_on.is_(None), _digest == self.digest(identity, birth_date))
        return or_(found, self.lacks)

    def digest(self, identity: str, birth_date: date) -> bytes:
        """What a row keeps of its folded name and birth date."""
        who = b"\0".join((_NAME, birth_date.isoformat().encode(), identity.encode()))
        return self.mark + hmac.digest(self.key, who, "sha256")[:_DIGEST_BYTES]

    def turn(self, identity: str, birth_date: date) -> int:
        """What two who enrol this person at once wait for each other by; 64 bits, signed."""
        digest = self.digest(identity, birth_date)[_MARK_BYTES:]
        return int.from_bytes(digest[:8], signed=True)


async def may_index(tx: Transaction) -> bool:
    """Whether everybody who works on this database keeps the index as we do."""
    floor = text(f"SELECT revision >= '{INDEXED_FROM}' FROM {FLOOR_TABLE}")  # noqa: S608 - constants
    return bool((await tx.session.execute(floor)).scalar_one_or_none())


def index_of(tx: Transaction) -> NameIndex:
    """The index as it is at this moment.

    Raises:
        KeyMissing: the folder with the keys cannot be used.
    """
    return NameIndex(IndexKey(tx.keys.folder).get())


async def index_names(db: Database) -> int:
    """Put everybody into the index whom it lacks, in small transactions; how many. Whose name
    cannot be read here stays out of it, and is asked for again the next time."""
    count, after = 0, UUID(int=0)
    while True:
        async with db.transaction(actor=INDEXER) as tx:
            if not (tx.keys.folder.is_dir() and await may_index(tx)):
                return count
            try:
                index = index_of(tx)
            except KeyMissing:
                return count
            lacking = (index.lacks, PATIENT.c.who.is_not(None), PATIENT.c.patient_id > after)
            some = select(*NAME_COLUMNS).where(*lacking).order_by(PATIENT.c.patient_id)
            some = some.limit(BATCH).with_for_update(skip_locked=True)
            rows = (await tx.session.execute(some)).all()
            known = [(row.patient_id, named(row, tx.keys)) for row in rows]
            values = [
                {"person": person, "digest": index.digest(who.identity, who.birth_date)}
                for person, who in known
                if who not in (GONE, UNREADABLE)
            ]
            if values:
                change = update(PATIENT).where(PATIENT.c.patient_id == bindparam("person"))
                change = change.values(name_digest=bindparam("digest"))
                await (await tx.session.connection()).execute(change, values)
                tx.audit("names.indexed", object="patients")
        count += len(values)
        if len(rows) < BATCH:
            return count
        after = rows[-1].patient_id
