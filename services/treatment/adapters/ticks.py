"""What treatment looks at by itself: whether the formulary is still what courses were judged by,
and once a day who is not getting better in time."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from services.treatment.adapters.db import SqlWork
from services.treatment.application.ports import Formulary
from services.treatment.application.recheck_formulary import (
    AT_ONCE,
    note_changes,
    recheck_outdated,
)
from services.treatment.application.refusals import StaleVersion
from services.treatment.application.sign_twice import (
    lapse_first_signatures,
    lapsed_first_signatures,
)
from services.treatment.application.watch_courses import long_enough, watch_courses
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
    _watched_on: date | None = None
    _waiting: list[UUID] = field(default_factory=list)

    @property
    def ticks(self) -> tuple[Tick, ...]:
        """What the ticker runs."""
        return (
            Tick("formulary", every_s=15.0, run=self.look),
            Tick("review-list", every_s=15.0, run=self.watch),
            Tick("first-signatures", every_s=15.0, run=self.lapse),
        )

    async def watch(self) -> int:
        """Ask the review list about the next few people of today; how many."""
        async with self.db.reading() as tx:
            today = tx.now.date()
            if self._watched_on != today:
                work = SqlWork(tx, supply_working_days=self.book.supply_working_days)
                self._waiting = list(await long_enough(work, book=self.book, now=tx.now))
                self._watched_on = today
        people, self._waiting = self._waiting[:AT_ONCE], self._waiting[AT_ONCE:]
        if not people:
            return 0
        try:
            async with self.db.transaction(actor="rule:E-01") as tx:
                work = SqlWork(tx, supply_working_days=self.book.supply_working_days)
                await watch_courses(work, people, book=self.book, now=tx.now)
        except StaleVersion:  # somebody changed one of them meanwhile: they are asked again
            self._waiting += people
        return len(people)

    async def lapse(self) -> int:
        """First signatures that nobody followed for a day count no more; how many."""
        async with self.db.reading() as tx:
            work = SqlWork(tx, supply_working_days=self.book.supply_working_days)
            if not await lapsed_first_signatures(work, now=tx.now):
                return 0
        try:
            async with self.db.transaction(actor="rule:four-eyes") as tx:
                work = SqlWork(tx, supply_working_days=self.book.supply_working_days)
                return await lapse_first_signatures(work, now=tx.now)
        except StaleVersion:  # somebody changed one of them meanwhile: the next tick looks again
            return 0

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
