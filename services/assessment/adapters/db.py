"""One transaction of assessment: the use cases' ``Work`` over SQL."""

from uuid import UUID

from services.assessment.adapters.looks import SqlLooks
from services.assessment.adapters.people import SqlPatients, SqlStaff
from services.assessment.adapters.records import (
    SqlAssessments,
    SqlCourses,
    SqlFlags,
    SqlIntakes,
    SqlInvitations,
    SqlProposals,
)
from services.assessment.adapters.tables import SIGNATURE
from services.assessment.domain.refusals import RuleViolation
from services.assessment.domain.signing import Signed
from shared.events.assessment import PatientDetailsChanged
from shared.events.envelope import Fact
from shared.runtime import signatures
from shared.runtime.db import Transaction
from shared.runtime.sealed_details import sealed


class SqlWork:
    """One transaction of this service."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self.actor = tx.actor
        self.patients = SqlPatients(tx)
        self.staff = SqlStaff(tx)
        self.looks = SqlLooks(tx)
        self.assessments = SqlAssessments(tx)
        self.flags = SqlFlags(tx)
        self.intakes = SqlIntakes(tx)
        self.invitations = SqlInvitations(tx)
        self.proposals = SqlProposals(tx)
        self.courses = SqlCourses(tx)

    def new_id(self) -> UUID:
        return self._tx.new_id()

    async def keep_signature(self, signed: Signed, *, of: str, subject: UUID) -> None:
        """Keep a signature with its proof.

        Raises:
            RuleViolation: it has signed something before.
        """
        try:
            await signatures.keep(self._tx, SIGNATURE, signed, of=of, subject=subject)
        except signatures.SignatureUsed as used:
            sentence = "This signature was used before: sign again."
            raise RuleViolation("signature-mismatch", sentence, field="signature") from used

    def publish(self, fact: Fact, *, subject: UUID, aggregate: str, version: int) -> None:
        """Tell the others, and the audit trail, in this transaction; who somebody is, sealed."""
        if isinstance(fact, PatientDetailsChanged) and (keys := self._tx.sealing) is not None:
            fact = PatientDetailsChanged(details=sealed(fact.details, keys))
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
