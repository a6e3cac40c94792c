"""One transaction of engagement: the use cases' ``Work`` over SQL."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import func, insert, select

from services.engagement.adapters.absences import SqlAbsences
from services.engagement.adapters.facts import SqlCourses, SqlFlags, SqlSignatures
from services.engagement.adapters.notices import SqlNotices
from services.engagement.adapters.on_record import on_record
from services.engagement.adapters.people import SqlPatients, SqlStaff
from services.engagement.adapters.reminders import SqlReminders
from services.engagement.adapters.rota import SqlRota
from services.engagement.adapters.support import SqlSupport
from services.engagement.adapters.tables import SIGNATURE, AttemptRow
from services.engagement.application.ports import Attempt, OnRecord
from services.engagement.domain.rules import Rules
from services.engagement.domain.support.refusals import SignatureMismatch
from services.engagement.domain.support.signing import Signed
from shared.events.envelope import Fact
from shared.runtime import signatures
from shared.runtime.db import Transaction

_ATTEMPT = AttemptRow.metadata.tables["outcome"]


class SqlAttempts:
    """What people did about reminders."""

    def __init__(self, tx: Transaction) -> None:
        self._session = tx.session

    async def add(self, attempt: Attempt) -> None:
        """Keep one."""
        values = {name: getattr(attempt, name) for name in AttemptRow.model_fields}
        await self._session.execute(insert(_ATTEMPT), values)

    async def deferrals(self, reminder_id: UUID) -> int:
        """How often a person has put this reminder off to a time they chose."""
        query = select(func.count()).where(
            _ATTEMPT.c.reminder_id == reminder_id, _ATTEMPT.c.until.is_not(None)
        )
        return (await self._session.execute(query)).scalar_one()

    async def of(self, items: Collection[UUID]) -> Sequence[Attempt]:
        """Everything done about these reminders, oldest first."""
        query = select(_ATTEMPT).where(_ATTEMPT.c.reminder_id.in_(list(items)))
        rows = await self._session.execute(query.order_by(_ATTEMPT.c.at, _ATTEMPT.c.attempt_id))
        return [Attempt(**row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's own name


class SqlWork:
    """One transaction of this service."""

    def __init__(self, tx: Transaction, rules: Rules) -> None:
        self._tx = tx
        self.reminders = SqlReminders(tx, rules.kinds)
        self.patients = SqlPatients(tx, rules.hours.zone.key)
        self.courses = SqlCourses(tx)
        self.flags = SqlFlags(tx)
        self.signatures = SqlSignatures(tx)
        self.staff = SqlStaff(tx)
        self.attempts = SqlAttempts(tx)
        self.support = SqlSupport(tx)
        self.notices = SqlNotices(tx, rules.kinds)
        self.absences = SqlAbsences(tx)
        self.rota = SqlRota(tx)

    async def on_record(self, patient_id: UUID) -> OnRecord:
        """Everything about a person that what is owed follows from, read at once."""
        return await on_record(self._tx, patient_id)

    def new_id(self) -> UUID:
        """An identifier for something new."""
        return self._tx.new_id()

    async def keep_signature(
        self, signed: Signed, *, of: str, subject: UUID, document: str
    ) -> None:
        """Keep a signature with its proof and what was signed.

        Raises:
            SignatureMismatch: it has signed something before.
        """
        try:
            await signatures.keep(
                self._tx, SIGNATURE, signed, of=of, subject=subject, document=document
            )
        except signatures.SignatureUsed as used:
            raise SignatureMismatch from used

    def publish(self, fact: Fact, *, subject: UUID, aggregate: str, version: int) -> None:
        """Tell the others, and the audit trail, in this transaction."""
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
        """Tell the audit trail alone."""
        self._tx.audit(action, object=object, subject=subject, version=version, reason=reason)
