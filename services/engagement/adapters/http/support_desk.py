"""What every route about support needs: the gate to the person, the proof of a signature."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.engagement.adapters.access import visible_patient
from services.engagement.adapters.db import SqlWork
from services.engagement.adapters.support_bodies import Told, support_body
from services.engagement.application.support_known import support_known
from services.engagement.domain.local_time import local_day
from services.engagement.domain.rules import Rules
from services.engagement.domain.support.profile import Profile
from services.engagement.domain.support.programme import Programme
from services.engagement.domain.support.refusals import SignatureMismatch, UnknownSupport
from services.engagement.domain.support.signing import Signed
from shared.api import support as api
from shared.runtime.auth import Keys, Unauthenticated, verify_signature
from shared.runtime.http import Call

AUDIENCE = "engagement"


@dataclass(frozen=True, slots=True)
class SupportDesk:
    """Built once with the routes. Without ``keys`` nothing can be signed."""

    rules: Rules
    keys: Keys | None

    def work(self, call: Call) -> SqlWork:
        """The call's transaction as the use cases see it."""
        return SqlWork(call.tx, self.rules)

    async def admit(self, call: Call, patient_id: UUID) -> SqlWork:
        """Let only those through who look after the person."""
        work = self.work(call)
        await visible_patient(work, call, patient_id)
        return work

    async def admit_to_programme(self, call: Call, programme_id: UUID) -> tuple[SqlWork, Programme]:
        """The programme of a person the caller looks after.

        Raises:
            UnknownSupport: there is none, as far as this caller is concerned.
        """
        work = self.work(call)
        found = await work.support.programmes.get(programme_id)
        if found is None:
            raise UnknownSupport
        await visible_patient(work, call, found.patient_id)
        return work, found

    async def signed(self, token: str | None) -> Signed | None:
        """Who signed what, as the portal's keys prove it.

        Raises:
            SignatureMismatch: it is expired, forged, or for another service.
        """
        if token is None:
            return None
        if self.keys is None:
            raise SignatureMismatch
        try:
            proof = await verify_signature(token, keys=self.keys, audience=AUDIENCE)
        except Unauthenticated as refused:
            raise SignatureMismatch from refused
        return Signed(proof.token_id, proof.staff_id, proof.hash, proof.meaning, proof.proof)

    async def today(self, work: SqlWork, call: Call, patient_id: UUID) -> date:
        """The day it is where the person lives."""
        patient = await work.patients.find(patient_id)
        zone = self.rules.place(patient).zone if patient else self.rules.hours.zone
        return local_day(call.tx.now, zone)

    async def told(self, work: SqlWork, call: Call, patient_id: UUID) -> Told:
        """Everything the page about one person's support is made from."""
        support = work.support
        return Told(
            patient_id=patient_id,
            known=await support_known(work, patient_id),
            profile=await support.profiles.get(patient_id) or Profile(patient_id=patient_id),
            around=await support.surroundings.get(patient_id),
            readings=await support.readings_of(patient_id),
            points=await support.points_of(patient_id),
            referrals=await support.referrals.of_patient(patient_id),
            rules=self.rules,
            today=await self.today(work, call, patient_id),
            now=call.tx.now,
            role=call.principal.role.value,
        )

    async def answer(self, work: SqlWork, call: Call, patient_id: UUID) -> api.SupportBody:
        """The person's support as it is now."""
        return support_body(await self.told(work, call, patient_id))
