"""Patients over HTTP."""

from typing import Any
from uuid import UUID

from services.assessment.adapters import listing
from services.assessment.adapters.access import (
    CARERS,
    ERASERS,
    looked_at,
    visible_patient,
)
from services.assessment.adapters.bodies import carer_from, details_values, patient_body
from services.assessment.adapters.db import SqlWork
from services.assessment.adapters.erasing import of_person, proposed, wished
from services.assessment.application.amend_patient import amend_patient
from services.assessment.application.enrol_patient import enrol_patient
from services.assessment.application.erase_person import erasable, erase_person
from services.assessment.application.keep_carers import add_carer, change_carer, end_carer
from services.assessment.application.leave_care import leave_care
from services.assessment.application.return_to_care import restart_messages, return_to_care
from services.assessment.application.set_care_team import set_care_team
from services.assessment.domain.patient import Details, Patient, PatientStatus, folded
from services.assessment.domain.refusals import RuleViolation
from shared.api import assessment as bodies
from shared.api.body import Page
from shared.api.identity import CLINICIANS
from shared.runtime.http import Api, Call, Mode
from shared.runtime.person_keys import KeyMissing

MAY_BE_EMPTY = frozenset({"phone", "email", "postal_address", "quiet_hours"})


def add(api: Api) -> None:
    """The routes of patients."""
    _add_reading(api)
    _add_changing(api)
    _add_returning(api)
    _add_carers(api)
    _add_erasing(api)


def _add_reading(api: Api) -> None:
    @api.get("/api/v1/patients", roles=CLINICIANS, raises=(422,))
    async def list_patients(call: Call, query: bodies.PatientQuery) -> Page[bodies.PatientSummary]:
        """People the caller may see, by name."""
        call.tx.audit("patients.listed", object=f"status:{query.status}")
        return await listing.patients_page(call.tx, call.reach, query)

    @api.post("/api/v1/patients/search", roles=CLINICIANS, mode=Mode.READS, raises=(422,))
    async def search_patients(call: Call, body: bodies.PatientSearch) -> bodies.PatientsFound:
        """People by name or birth date, asked in a body so that neither is in an address."""
        if not (folded(body.name or "") or body.birth_date or body.number):
            raise RuleViolation(
                "empty-search", "Give a name, a birth date or a number.", field="name"
            )
        call.tx.audit("patients.searched", object="patients")
        return await listing.search_patients(call.tx, call.reach, body)

    @api.get("/api/v1/recent-patients")
    async def list_recent_patients(call: Call) -> bodies.PatientsFound:
        """Whose record the caller opened last."""
        call.tx.audit("recent-patients.listed", object="patients")
        return await listing.recent_patients(call.tx, call.reach)

    @api.get("/api/v1/patient-counts", roles=CLINICIANS)
    async def count_patients(call: Call) -> bodies.PatientCounts:
        """How many people the lists of people would show."""
        return await listing.patient_counts(call.tx, call.reach)

    @api.get("/api/v1/patients/{patient_id}", roles=CLINICIANS, raises=(404,))
    async def read_patient(call: Call, patient_id: UUID) -> bodies.PatientBody:
        """One person's record."""
        patient = await looked_at(call, patient_id, "patient")
        return await _answer(call, patient)

    @api.get("/api/v1/patients/{patient_id}/history", roles=CLINICIANS, raises=(404, 422))
    async def read_history(
        call: Call, patient_id: UUID, query: bodies.HistoryQuery
    ) -> bodies.PatientHistory:
        """Who changed what of the record, and why."""
        await looked_at(call, patient_id, "patient-history")
        return await listing.patient_history(call.tx, patient_id, query)


def _add_changing(api: Api) -> None:
    @api.post("/api/v1/patients", roles=CARERS, status=201, raises=(409, 422))
    async def enrol(call: Call, body: bodies.NewPatient) -> bodies.PatientBody:
        """Enrol a person; a possible duplicate needs a reason."""
        patient = await enrol_patient(
            SqlWork(call.tx),
            patient_id=call.tx.new_id(),
            details=Details(**details_values(body.model_dump())),
            team=body.team,
            care_team=body.care_team,
            callers_teams=call.principal.teams,
            duplicate_reason=body.duplicate_reason,
            now=call.tx.now,
        )
        return await _answer(call, patient)

    @api.patch("/api/v1/patients/{patient_id}", roles=CARERS, raises=(404, 409, 412, 422, 428))
    async def amend(
        call: Call, patient_id: UUID, body: bodies.PatientChanges
    ) -> bodies.PatientBody:
        """Change who a person is or how to reach them."""
        if not (await visible_patient(call, patient_id)).contact_readable:
            raise KeyMissing(f"no key of person {patient_id}")
        patient = await amend_patient(
            SqlWork(call.tx),
            patient_id=patient_id,
            changes=details_values(_sent(body)),
            reason=body.reason,
            expected=call.if_match,
            now=call.tx.now,
        )
        return await _answer(call, patient)

    @api.put(
        "/api/v1/patients/{patient_id}/care-team",
        roles=CARERS,
        raises=(404, 409, 412, 422, 428),
        if_match=True,
    )
    async def replace_care_team(
        call: Call, patient_id: UUID, body: bodies.CareTeam
    ) -> bodies.PatientBody:
        """Say who looks after a person."""
        await visible_patient(call, patient_id)
        patient = await set_care_team(
            SqlWork(call.tx),
            patient_id=patient_id,
            team=body.team,
            care_team=body.care_team,
            callers_teams=call.principal.teams,
            reason=body.reason,
            expected=call.if_match,
        )
        return await _answer(call, patient)

    @api.post(
        "/api/v1/patients/{patient_id}/leave-care",
        roles=CARERS,
        raises=(404, 409, 412, 422, 428),
        if_match=True,
    )
    async def end_care(call: Call, patient_id: UUID, body: bodies.LeaveCare) -> bodies.PatientBody:
        """Record that a person left care or has died."""
        await visible_patient(call, patient_id)
        patient = await leave_care(
            SqlWork(call.tx),
            patient_id=patient_id,
            status=PatientStatus(body.status),
            on=body.on,
            reason=body.reason,
            expected=call.if_match,
            now=call.tx.now,
        )
        return await _answer(call, patient)


def _add_returning(api: Api) -> None:
    guarded: dict[str, Any] = {
        "roles": CARERS,
        "raises": (404, 409, 412, 422, 428),
        "if_match": True,
    }

    @api.post("/api/v1/patients/{patient_id}/return-to-care", **guarded)
    async def undo_end(
        call: Call, patient_id: UUID, body: bodies.ReturnToCare
    ) -> bodies.PatientBody:
        """Undo an end of care that was a mistake or is over."""
        await visible_patient(call, patient_id)
        patient = await return_to_care(
            SqlWork(call.tx), patient_id=patient_id, reason=body.reason, expected=call.if_match
        )
        return await _answer(call, patient)

    @api.post("/api/v1/patients/{patient_id}/restart-messages", **guarded)
    async def write_again(
        call: Call, patient_id: UUID, body: bodies.RestartMessages
    ) -> bodies.PatientBody:
        """Say that the person may be written to again."""
        await visible_patient(call, patient_id)
        patient = await restart_messages(
            SqlWork(call.tx), patient_id=patient_id, reason=body.reason, expected=call.if_match
        )
        return await _answer(call, patient)


def _add_carers(api: Api) -> None:
    guarded: dict[str, Any] = {
        "roles": CARERS,
        "raises": (404, 409, 412, 422, 428),
        "if_match": True,
    }

    @api.post("/api/v1/patients/{patient_id}/carers", status=201, **guarded)
    async def add(call: Call, patient_id: UUID, body: bodies.NewCarer) -> bodies.PatientBody:
        """Add a carer, with what they may be told."""
        await visible_patient(call, patient_id)
        carer = carer_from(body, call.tx.new_id())
        patient = await add_carer(
            SqlWork(call.tx), patient_id=patient_id, carer=carer, expected=call.if_match
        )
        return await _answer(call, patient)

    @api.put("/api/v1/patients/{patient_id}/carers/{carer_id}", **guarded)
    async def change(
        call: Call, patient_id: UUID, carer_id: UUID, body: bodies.NewCarer
    ) -> bodies.PatientBody:
        """Replace what is known of a carer and what they may be told."""
        await visible_patient(call, patient_id)
        patient = await change_carer(
            SqlWork(call.tx),
            patient_id=patient_id,
            carer=carer_from(body, carer_id),
            expected=call.if_match,
        )
        return await _answer(call, patient)

    @api.post("/api/v1/patients/{patient_id}/carers/{carer_id}/end", **guarded)
    async def end(
        call: Call, patient_id: UUID, carer_id: UUID, body: bodies.EndCarer
    ) -> bodies.PatientBody:
        """Take a carer off the record."""
        await visible_patient(call, patient_id)
        patient = await end_carer(
            SqlWork(call.tx),
            patient_id=patient_id,
            carer_id=carer_id,
            reason=body.reason,
            expected=call.if_match,
        )
        return await _answer(call, patient)


def _add_erasing(api: Api) -> None:
    @api.post(
        "/api/v1/patients/{patient_id}/erase",
        roles=ERASERS,
        raises=(403, 404, 409, 412, 422, 428),
        if_match=True,
    )
    async def erase(call: Call, patient_id: UUID, body: bodies.ErasePerson) -> bodies.PatientBody:
        """Forget who this was: proposed by one person, done by a second."""
        patient = await visible_patient(call, patient_id)
        work, today = SqlWork(call.tx), call.tx.now.date()
        asked: dict[str, Any] = {"patient_id": patient_id, "expected": call.if_match, "on": today}
        await erasable(work, **asked)
        wish = await wished(call.tx, of_person(patient_id), reason=body.reason)
        if wish is None:
            patient = await erase_person(work, reason=body.reason, **asked)
        answer = await _answer(call, patient)
        return answer if wish is None else answer.model_copy(update={"proposed_erasure": wish})


def _sent(body: bodies.PatientChanges) -> dict[str, Any]:
    """The fields that were sent. Only ways to be reached and quiet hours may be emptied.

    Raises:
        RuleViolation: another field was emptied, or nothing was sent.
    """
    sent = body.model_dump(include=body.model_fields_set - {"reason"})
    if not sent:
        raise RuleViolation("nothing-to-change", "Send at least one field to change.")
    for name, value in sent.items():
        if value is None and name not in MAY_BE_EMPTY:
            raise RuleViolation("required", "This cannot be empty.", field=name)
    return sent


async def _answer(call: Call, patient: Patient) -> bodies.PatientBody:
    count = await listing.open_flag_count(call.tx, patient.patient_id)
    can_be_erased = not patient.in_care and patient.erased_on is None
    return patient_body(
        patient,
        open_flags=count,
        role=call.principal.role,
        read_only=call.is_emergency,
        proposed_erasure=await proposed(call.tx, of_person(patient.patient_id))
        if can_be_erased
        else None,
    )
