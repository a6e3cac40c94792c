"""What every route needs: the content, who may see whom, and proof of a signature."""

from dataclasses import dataclass, field
from datetime import datetime, time
from uuid import UUID

from services.treatment.adapters.db import SqlWork
from services.treatment.application.ports import Formulary, Signed
from services.treatment.application.refusals import NotYetKnown, Unknown
from services.treatment.domain.course import Course
from services.treatment.domain.person import Known, known
from services.treatment.domain.rulebook import Rulebook
from services.treatment.domain.signing import SignatureMismatch
from shared.api.identity import Role
from shared.runtime import clock
from shared.runtime.auth import Keys, Unauthenticated, verify_signature
from shared.runtime.http import Call

PRESCRIBER = frozenset({Role.PRESCRIBER})
PLANNERS = frozenset({Role.PRESCRIBER, Role.NURSE})
CLINICAL = frozenset({Role.PRESCRIBER, Role.NURSE, Role.LEAD})


@dataclass(slots=True)
class Newcomers:
    """People asked about before any fact of them came: for a few seconds they may be on their way.

    After that an id nobody has heard of is an id that does not exist.
    """

    patience_s: float = 5.0
    _asked_at: dict[UUID, float] = field(default_factory=dict)

    def may_be_coming(self, patient_id: UUID, *, now_s: float) -> bool:
        """Whether the first question about this person was asked just now."""
        self._asked_at = {
            asked: at for asked, at in self._asked_at.items() if now_s - at < 60 * self.patience_s
        }
        return now_s - self._asked_at.setdefault(patient_id, now_s) < self.patience_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Built once in ``main``. ``clinic_time`` is when a day's work becomes due."""

    book: Rulebook
    formulary: Formulary
    keys: Keys
    clinic_time: time
    newcomers: Newcomers = field(default_factory=Newcomers)

    def work(self, call: Call) -> SqlWork:
        """The call's transaction as the use cases see it."""
        return SqlWork(call.tx, supply_working_days=self.book.supply_working_days)

    async def visible_patient(
        self, call: Call, patient_id: UUID, *, read: str | None = None
    ) -> Known:
        """The one gate to a person's data: only who looks after them gets through.

        ``read`` names what is looked at, for the audit trail; a change leaves its own entry.

        Raises:
            OutsideRelation: no relation that the access table opens this to; audited.
            NotYetKnown: no fact about them is here yet, and none may be for a moment.
            Unknown: nobody has heard of them.
        """
        patient = await self.work(call).patients.get(patient_id)
        complete = known(patient) if patient else None
        if complete is None:
            if patient or self.newcomers.may_be_coming(patient_id, now_s=clock.monotonic()):
                raise NotYetKnown
            raise Unknown
        call.admit(patient_id, team=complete.team, care_team=complete.care_team)
        if read is not None:
            call.tx.audit(
                f"{read}.read",
                object=f"patient:{patient_id}",
                subject=patient_id,
                reason=call.emergency,
            )
        return complete

    async def visible_course(
        self, call: Call, course_id: UUID, *, read: str | None = None
    ) -> tuple[Course, Known]:
        """A course of a person the caller may see.

        Raises:
            Unknown: there is none, as far as this caller is concerned.
        """
        course = await self.work(call).courses.get(course_id)
        if course is None:
            raise Unknown
        return course, await self.visible_patient(call, course.patient_id, read=read)

    async def signed(self, token: str, *, now: datetime) -> Signed:
        """The proof that a person signed, checked against the portal's keys.

        Raises:
            SignatureMismatch: it is expired, forged, or for another service.
        """
        try:
            proof = await verify_signature(token, keys=self.keys, audience="treatment")
        except Unauthenticated as refused:
            raise SignatureMismatch(
                "The signature is not valid any more: sign again.", field="signature"
            ) from refused
        return Signed(
            token_id=proof.token_id,
            staff_id=proof.staff_id,
            hash=proof.hash,
            meaning=proof.meaning,
            signed_at=now,
            proof=proof.proof,
        )
