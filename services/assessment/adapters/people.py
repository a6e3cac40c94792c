"""Patients and colleagues in SQL."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from services.assessment.adapters.name_index import index_of, may_index
from services.assessment.adapters.names import hold_enrolment, hold_name, join_enrolment, people
from services.assessment.adapters.sealing import forget_copies, seal_versions
from services.assessment.adapters.stored import (
    PATIENT as RECORD,
)
from services.assessment.adapters.stored import (
    care_team_values,
    patient_from,
    patient_values,
    version_parts,
)
from services.assessment.adapters.tables import (
    CARE_TEAM,
    COLLEAGUE,
    COLLEAGUE_TEAM,
    PATIENT,
    PATIENT_VERSION,
    ColleagueRow,
)
from services.assessment.adapters.writing import changed
from services.assessment.application.ports import Colleague
from services.assessment.domain.patient import Patient
from services.assessment.domain.refusals import Conflict
from shared.runtime.db import Transaction
from shared.runtime.person_keys import KeyMissing

# Built once, as nearly every request asks them: building a statement costs as much as running it.
_THIS = PATIENT.c.patient_id == bindparam("person")
_HELD = select(PATIENT).where(_THIS).with_for_update()
_ONE = (
    select(PATIENT, CARE_TEAM.c.staff_id.label("carer"))
    .select_from(PATIENT.outerjoin(CARE_TEAM, CARE_TEAM.c.patient_id == PATIENT.c.patient_id))
    .where(_THIS)
    .order_by(CARE_TEAM.c.place)
)
"""Once for each of the care team, or once."""
_NAMESAKES = select(func.coalesce(func.max(PATIENT.c.namesake) + 1, 0)).where(
    PATIENT.c.identity == bindparam("identity"),
    PATIENT.c.birth_date == bindparam("born"),
    PATIENT.c.patient_id != bindparam("person"),
)
_CARERS = (
    select(CARE_TEAM.c.staff_id)
    .where(CARE_TEAM.c.patient_id == bindparam("person"))
    .order_by(CARE_TEAM.c.place)
)


class SqlPatients:
    """Everyone who is or was in care."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._session = tx.session

    async def get(self, patient_id: UUID) -> Patient | None:
        rows = (await self._session.execute(_ONE, {"person": patient_id})).all()
        if not rows:
            return None
        care_team = [row.carer for row in rows if row.carer is not None]
        return patient_from(rows[0], care_team, self._tx.keys)

    async def hold(self, patient_id: UUID) -> Patient | None:
        row = (await self._session.execute(_HELD, {"person": patient_id})).first()
        if row is None:
            return None
        # Only now: what waited for the row would see the care team as it was before it waited.
        care_team = (await self._session.scalars(_CARERS, {"person": patient_id})).all()
        return patient_from(row, care_team, self._tx.keys)

    async def alike(self, *, identity: str, birth_date: date) -> tuple[UUID, ...]:
        which: ColumnElement[bool] = PATIENT.c.erased_on.is_(None)
        if await may_index(self._tx):
            await join_enrolment(self._tx)  # before its key is read: nobody replaces it until then
            index = index_of(self._tx)
            await hold_name(self._tx, index.turn(identity, birth_date))
            which = index.finds(identity, birth_date)
        else:
            await hold_enrolment(self._tx)
        return tuple(
            person
            for person, who in await people(self._tx, which)
            if (who.identity, who.birth_date) == (identity, birth_date)
        )

    async def add(self, patient: Patient, *, duplicate_reason: str | None) -> None:
        values = patient_values(patient, self._tx.keys, sealing=self._tx.sealing) | {
            "patient_id": patient.patient_id,
            "namesake": await self._next_namesake(patient),
            "name_digest": await self._digest(patient),
            "duplicate_reason": duplicate_reason,
        }
        try:
            await self._session.execute(insert(PATIENT), values)
        except IntegrityError as error:
            sentence = "Somebody with this name and birth date was enrolled just now. Look first."
            raise Conflict("possible-duplicate", sentence) from error
        await self._add_care_team(patient)
        await self._keep(patient, reason=duplicate_reason)

    async def save(self, patient: Patient, *, reason: str | None = None) -> None:
        if not (patient.contact_readable or patient.erased_on):
            raise KeyMissing(f"no key of person {patient.patient_id}")
        values = patient_values(patient, self._tx.keys, sealing=self._tx.sealing)
        values["namesake"] = await self._next_namesake(patient)
        values["name_digest"] = await self._digest(patient)
        values["left_reason"] = (
            None if patient.in_care else func.coalesce(PATIENT.c.left_reason, reason)
        )
        await changed(
            self._session,
            update(PATIENT)
            .where(
                PATIENT.c.patient_id == patient.patient_id,
                PATIENT.c.version == patient.version - 1,
            )
            .values(values),
        )
        await self._session.execute(
            delete(CARE_TEAM).where(CARE_TEAM.c.patient_id == patient.patient_id)
        )
        await self._add_care_team(patient)
        await self._keep(patient, reason=reason)

    async def erase(self, patient: Patient, *, reason: str) -> None:
        person = patient.patient_id
        while await seal_versions(self._tx, PATIENT_VERSION.c.patient_id == person):
            pass
        await self.save(patient, reason=reason)
        await forget_copies(self._tx, person, details_before=patient.version)

    async def _keep(self, patient: Patient, *, reason: str | None) -> None:
        values = {
            "patient_id": patient.patient_id,
            "version": patient.version,
            **version_parts(
                patient.patient_id,
                RECORD.dump_python(patient, mode="json"),
                self._tx.keys,
                erased=patient.erased_on is not None,
            ),
            "recorded_at": self._tx.now,
            "recorded_by": self._tx.actor,
            "reason": reason,
        }
        await self._session.execute(insert(PATIENT_VERSION), values)

    async def _add_care_team(self, patient: Patient) -> None:
        if members := care_team_values(patient):
            await self._session.execute(insert(CARE_TEAM), members)

    async def _digest(self, patient: Patient) -> bytes | None:
        """What the index of names keeps of somebody; nothing of whoever was erased."""
        if patient.erased_on is not None or not await may_index(self._tx):
            return None
        return index_of(self._tx).digest(patient.details.identity, patient.details.birth_date)

    async def _next_namesake(self, patient: Patient) -> int:
        who = {
            "identity": patient.details.identity,
            "born": patient.details.birth_date,
            "person": patient.patient_id,
        }
        return int((await self._session.execute(_NAMESAKES, who)).scalar_one())


class SqlStaff:
    """Who works here."""

    def __init__(self, tx: Transaction) -> None:
        self._session = tx.session

    async def put(self, colleague: Colleague) -> None:
        await self._session.merge(
            ColleagueRow(staff_id=colleague.staff_id, role=colleague.role, active=colleague.active)
        )
        await self._session.flush()
        await self._session.execute(
            delete(COLLEAGUE_TEAM).where(COLLEAGUE_TEAM.c.staff_id == colleague.staff_id)
        )
        if colleague.teams:
            places = [{"staff_id": colleague.staff_id, "team": t} for t in sorted(colleague.teams)]
            await self._session.execute(insert(COLLEAGUE_TEAM), places)

    async def works_in(self, team: str) -> bool:
        query = (
            select(COLLEAGUE.c.staff_id)
            .join(COLLEAGUE_TEAM, COLLEAGUE_TEAM.c.staff_id == COLLEAGUE.c.staff_id)
            .where(COLLEAGUE_TEAM.c.team == team, COLLEAGUE.c.active.is_(True))
            .limit(1)
        )
        return (await self._session.execute(query)).first() is not None

    async def active(self, staff_ids: Collection[UUID]) -> frozenset[UUID]:
        query = select(COLLEAGUE.c.staff_id).where(
            COLLEAGUE.c.staff_id.in_(staff_ids), COLLEAGUE.c.active.is_(True)
        )
        return frozenset((await self._session.scalars(query)).all())
