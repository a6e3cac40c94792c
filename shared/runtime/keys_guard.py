"""Whether the folder with people's keys is there, whole and can be used (decision 0091).

Losing it loses who everybody is, so it is looked at before anybody needs it: at the start and with
every tick. Care goes on without it: the service serves, says that it is not well and why, and an
alert calls somebody.
"""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Table, select

from shared.runtime import metrics
from shared.runtime.db import Database
from shared.runtime.logs import get_logger
from shared.runtime.ticker import Tick

EVERY_S = 15.0
SAMPLE = 20
"""So many of the people enrolled last must have a key: another folder than theirs has none."""

log = get_logger()


@dataclass(slots=True)
class KeysGuard:
    """Looks after the keys of one service; ``sealed`` says which rows of ``people`` need one."""

    db: Database
    people: Table
    sealed: ColumnElement[bool]
    trouble: str = ""
    """What is wrong, in a word or two; empty while all is well."""

    @property
    def tick(self) -> Tick:
        """The tick that looks."""
        return Tick("keys-guard", every_s=EVERY_S, run=self.look)

    async def look(self) -> int:
        """Look once; nothing is left to do afterwards."""
        keys = self.db.person_keys
        if keys is None:
            return 0
        (id_,) = self.people.primary_key.columns
        query = select(id_).where(self.sealed).order_by(id_.desc()).limit(SAMPLE)
        async with self.db.reading() as tx:
            must_have = (await tx.session.scalars(query)).all()
        was, self.trouble = self.trouble, keys.trouble(must_have)
        metrics.PERSON_KEYS_TROUBLE.labels(self.db.source).set(1 if self.trouble else 0)
        if self.trouble != was:
            log.warning("person_keys", status=self.trouble or "well")
        return 0
