"""What treatment looks at by itself: whether the formulary is still what courses were judged by."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from services.treatment.adapters.db import SqlWork
from services.treatment.application.ports import Formulary
from services.treatment.application.recheck_formulary import note_changes, recheck_outdated
from services.treatment.application.refusals import StaleVersion
from services.treatment.domain.rulebook import Rulebook
from shared.runtime.db import Database
from shared.runtime.ticker import Tick


@dataclass(slots=True)
class Watch:
    """Notes changes once a day and after a start; judges courses until none is outdated."""

    db: Database
    formulary: Formulary
    book: Rulebook
    _noted_on: date | None = None
    _digests: Mapping[str, str] = field(default_factory=dict)

    @property
    def ticks(self) -> tuple[Tick, ...]:
        """What the ticker runs."""
        return (Tick("formulary", every_s=15.0, run=self.look),)

    async def look(self) -> int:
        """Judge the next few courses; how many were outdated."""
        async with self.db.reading() as tx:
            today = tx.now.date()
        if self._noted_on != today:
            async with self.db.transaction(actor="service:treatment") as tx:
                work = SqlWork(tx, supply_working_days=self.book.supply_working_days)
                tx.audit("formulary.looked-at", object="formulary")
                self._digests = await note_changes(
                    work, formulary=self.formulary, book=self.book, now=tx.now
                )
            self._noted_on = today
        if not await self._is_anything_outdated():
            return 0
        try:
            async with self.db.transaction(actor="service:treatment") as tx:
                work = SqlWork(tx, supply_working_days=self.book.supply_working_days)
                return await recheck_outdated(
                    work, self._digests, formulary=self.formulary, book=self.book, now=tx.now
                )
        except StaleVersion:  # somebody changed one of them meanwhile: the next tick looks again
            return 0

    async def _is_anything_outdated(self) -> bool:
        async with self.db.reading() as tx:
            work = SqlWork(tx, supply_working_days=self.book.supply_working_days)
            return bool(await work.judged.outdated(self._digests, limit=1))
