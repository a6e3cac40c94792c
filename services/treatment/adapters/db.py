"""The port to a transaction, over SQL."""

from datetime import datetime
from uuid import UUID

from services.treatment.adapters.store.calendars import SqlCalendarLinks, SqlDiary
from services.treatment.adapters.store.changes import SqlLifeEvents, SqlPlanChanges
from services.treatment.adapters.store.courses import SqlCourses
from services.treatment.adapters.store.judged import SqlJudged
from services.treatment.adapters.store.patients import (
    SqlFlags,
    SqlPatients,
    SqlProfiles,
    SqlReadings,
)
from services.treatment.adapters.store.plans import SqlPlans
from services.treatment.adapters.store.records import SqlRecords
from services.treatment.adapters.store.requests import SqlRequests
from shared.events.envelope import Fact
from shared.runtime.db import Transaction


class SqlWork:
    """One transaction as the use cases see it."""

    def __init__(self, tx: Transaction, *, supply_working_days: int) -> None:
        self._tx = tx
        self.patients = SqlPatients(tx)
        self.readings = SqlReadings(tx.session)
        self.flags = SqlFlags(tx.session)
        self.profiles = SqlProfiles(tx.session)
        self.courses = SqlCourses(tx.session, supply_working_days=supply_working_days)
        self.plans = SqlPlans(tx.session)
        self.judged = SqlJudged(tx.session)
        self.life_events = SqlLifeEvents(tx.session)
        self.changes = SqlPlanChanges(tx.session)
        self.requests = SqlRequests(tx.session)
        self.diary = SqlDiary(tx.session)
        self.calendar_links = SqlCalendarLinks(tx.session)
        self.records = SqlRecords(tx)

    @property
    def now(self) -> datetime:
        """The one instant everything in this transaction happens at."""
        return self._tx.now

    def new_id(self) -> UUID:
        return self._tx.new_id()

    def publish(self, fact: Fact, *, subject: UUID, aggregate: str, version: int) -> None:
        self._tx.publish(fact, subject=subject, aggregate=aggregate, version=version)

    def audit(
        self,
        action: str,
        *,
        object: str,  # noqa: A002 - the audit trail's own word
        subject: UUID | None = None,
        version: int | None = None,
        reason: str | None = None,
    ) -> None:
        self._tx.audit(action, object=object, subject=subject, version=version, reason=reason)
