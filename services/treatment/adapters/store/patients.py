"""What is learned from other services, and what people answered."""

from collections.abc import Collection
from collections.abc import Set as AbstractSet
from dataclasses import asdict
from datetime import date
from uuid import UUID

from sqlalchemy import bindparam, delete, func, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.treatment.adapters.names import columns_of, named_in
from services.treatment.adapters.store.documents import MEDICINES
from services.treatment.adapters.store.upsert import upsert
from services.treatment.adapters.tables import (
    CareTeamRow,
    FlagRow,
    HealthProfileRow,
    PatientRow,
    ReadingRow,
)
from services.treatment.application.refusals import StaleVersion
from services.treatment.domain.person import Details, HealthProfile, Patient, PlaceInCare
from services.treatment.domain.response import Reading
from shared.runtime.db import Transaction
from shared.runtime.tables import parked

_reading = ReadingRow.__table__.c  # type: ignore[attr-defined]
_profile = HealthProfileRow.__table__.c  # type: ignore[attr-defined]
_care_team = CareTeamRow.__table__.c  # type: ignore[attr-defined]
_patient = PatientRow.__table__  # type: ignore[attr-defined]

# Built once, as nearly every page asks them: building a statement costs as much as running it.
_ONE = (
    select(_patient, _care_team.staff_id.label("carer"))
    .select_from(_patient.outerjoin(CareTeamRow.__table__, _care_team.patient_id == _patient.c.id))  # type: ignore[attr-defined]
    .where(_patient.c.id == bindparam("whose"))
)
"""Once for each who looks after them, or once."""
_WAITING = (
    select(parked.c.id)
    .where(parked.c.subject == bindparam("whose"), parked.c.status == "parked")
    .limit(1)
)
_TOTALS = (
    select(_reading.taken_on, _reading.total)
    .where(
        _reading.patient_id == bindparam("whose"),
        _reading.instrument == bindparam("answered"),
        _reading.total.is_not(None),
    )
    .order_by(_reading.taken_on, _reading.assessment_id)
)
_LATEST = (
    select(HealthProfileRow)
    .where(_profile.patient_id == bindparam("whose"))
    .order_by(_profile.version.desc())
    .limit(1)
)


class SqlPatients:
    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._session = tx.session

    async def get(self, patient_id: UUID) -> Patient | None:
        rows = (await self._session.execute(_ONE, {"whose": patient_id})).all()
        if not rows:
            return None
        row = rows[0]
        who = named_in(row.id, row.name, row.birth_date, row.who, self._tx)
        return Patient(
            id=row.id,
            status=row.status,
            team=row.team,
            enrolled_on=row.enrolled_on,
            time_zone=row.time_zone,
            name=who.name,
            birth_date=who.birth.counts_from,
            care_team=tuple(sorted(each.carer for each in rows if each.carer is not None)),
        )

    async def place(self, patient_id: UUID, place: PlaceInCare) -> None:
        values = asdict(place) | {"id": patient_id}
        care_team = values.pop("care_team")
        await upsert(self._session, PatientRow, values)
        await self._session.execute(
            delete(CareTeamRow).where(CareTeamRow.patient_id == patient_id)  # type: ignore[arg-type]
        )
        if care_team:
            members = [{"patient_id": patient_id, "staff_id": staff_id} for staff_id in care_team]
            await self._session.execute(insert(CareTeamRow), members)

    async def describe(self, patient_id: UUID, details: Details, *, erased: bool = False) -> None:
        who = columns_of(patient_id, details, erased=erased, sealing=self._tx.sealing)
        values = {"id": patient_id, "time_zone": details.time_zone, **who}
        await upsert(self._session, PatientRow, values)

    async def is_information_missing(self, patient_id: UUID) -> bool:
        waiting = await self._session.execute(_WAITING, {"whose": str(patient_id)})
        return waiting.first() is not None


class SqlReadings:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def put(
        self, *, assessment_id: UUID, patient_id: UUID, instrument: str, on: date, total: int | None
    ) -> None:
        await upsert(
            self._session,
            ReadingRow,
            {
                "assessment_id": assessment_id,
                "patient_id": patient_id,
                "instrument": instrument,
                "taken_on": on,
                "total": total,
            },
        )

    async def of(self, patient_id: UUID, *, instrument: str) -> tuple[Reading, ...]:
        which = {"whose": patient_id, "answered": instrument}
        found = (await self._session.execute(_TOTALS, which)).all()
        return tuple(Reading(on=taken_on, total=total) for taken_on, total in found)

    async def owners(self, assessment_ids: Collection[UUID]) -> AbstractSet[UUID]:
        row = ReadingRow.__table__.c  # type: ignore[attr-defined]
        query = select(row.patient_id).where(row.assessment_id.in_(assessment_ids))
        return set(await self._session.scalars(query)) if assessment_ids else set()


class SqlFlags:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def put(self, *, flag_id: UUID, patient_id: UUID, level: int, is_open: bool) -> None:
        await upsert(
            self._session,
            FlagRow,
            {"id": flag_id, "patient_id": patient_id, "level": level, "is_open": is_open},
        )

    async def gravest_open(self, patient_id: UUID) -> int | None:
        row = FlagRow.__table__.c  # type: ignore[attr-defined]
        gravest = select(func.min(row.level)).where(
            row.patient_id == patient_id, row.is_open.is_(True)
        )
        level: int | None = (await self._session.execute(gravest)).scalar_one()
        return level

    async def owners(self, flag_ids: Collection[UUID]) -> AbstractSet[UUID]:
        row = FlagRow.__table__.c  # type: ignore[attr-defined]
        query = select(row.patient_id).where(row.id.in_(flag_ids))
        return set(await self._session.scalars(query)) if flag_ids else set()


class SqlProfiles:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def latest(self, patient_id: UUID) -> HealthProfile | None:
        found = (await self._session.execute(_LATEST, {"whose": patient_id})).scalars().first()
        if found is None:
            return None
        return HealthProfile(
            patient_id=found.patient_id,
            version=found.version,
            asked_at=found.asked_at,
            asked_by=found.asked_by,
            conditions=frozenset(found.conditions),
            medicines=MEDICINES.load(found.medicines),
            note=found.note,
        )

    async def add(self, profile: HealthProfile) -> None:
        values = {
            "patient_id": profile.patient_id,
            "version": profile.version,
            "asked_at": profile.asked_at,
            "asked_by": profile.asked_by,
            "conditions": sorted(profile.conditions),
            "medicines": MEDICINES.dump(profile.medicines),
            "note": profile.note,
        }
        try:
            await self._session.execute(insert(HealthProfileRow), [values])
        except IntegrityError as taken:
            raise StaleVersion from taken
