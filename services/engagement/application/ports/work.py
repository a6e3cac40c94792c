"""One transaction, as the use cases see it."""

from typing import Protocol
from uuid import UUID

from services.engagement.application.ports.absences import Absences
from services.engagement.application.ports.facts import Courses, Flags, Signatures
from services.engagement.application.ports.notices import Notices
from services.engagement.application.ports.on_record import OnRecord
from services.engagement.application.ports.people import Patients, Staff
from services.engagement.application.ports.reminders import Attempts, Reminders
from services.engagement.application.ports.rota import Rota
from services.engagement.application.ports.support import Support
from services.engagement.domain.support.signing import Signed
from shared.events.envelope import Fact


class Work(Protocol):
    """One transaction of this service."""

    @property
    def reminders(self) -> Reminders: ...
    @property
    def patients(self) -> Patients: ...
    @property
    def courses(self) -> Courses: ...
    @property
    def flags(self) -> Flags: ...
    @property
    def signatures(self) -> Signatures: ...
    @property
    def staff(self) -> Staff: ...
    @property
    def attempts(self) -> Attempts: ...
    @property
    def support(self) -> Support: ...
    @property
    def notices(self) -> Notices: ...
    @property
    def absences(self) -> Absences: ...
    @property
    def rota(self) -> Rota: ...

    async def on_record(self, patient_id: UUID) -> OnRecord:
        """Everything about a person that what is owed follows from, read at once."""
        ...

    def new_id(self) -> UUID:
        """An identifier for something new."""
        ...

    async def keep_signature(
        self, signed: Signed, *, of: str, subject: UUID, document: str
    ) -> None:
        """Keep a signature with its proof and what was signed.

        Raises:
            SignatureMismatch: it has signed something before.
        """
        ...

    def publish(self, fact: Fact, *, subject: UUID, aggregate: str, version: int) -> None:
        """Tell the others, and the audit trail, in this transaction."""
        ...

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
        ...
