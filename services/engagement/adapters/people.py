"""Patients and staff in SQL."""

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Table,
    and_,
    bindparam,
    delete,
    func,
    insert,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from services.engagement.adapters.list_statements import care_team, patient
from services.engagement.adapters.names import NAME_COLUMNS, columns_of, named
from services.engagement.adapters.rows import reminder
from services.engagement.adapters.tables import StaffRow
from services.engagement.application.ports import Identity
from services.engagement.domain.names import begins_so
from services.engagement.domain.team import CareStatus, Colleague, Patient
from shared.runtime.db import Transaction
from shared.runtime.sealed_details import Birth

staff = StaffRow.metadata.tables["staff"]

# Built once: building a statement costs as much as running it.
_FOUND = select(patient).where(patient.c.patient_id == bindparam("whose"))
_HELD = _FOUND.with_for_update()
_AROUND = (
    select(care_team.c.staff_id)
    .where(care_team.c.patient_id == bindparam("whose"))
    .order_by(care_team.c.position)
)
_EVERYBODY = select(staff)


class SqlPatients:
    """Who is in care, and where. ``clinic_zone`` is assumed until a person's zone is known."""

    def __init__(self, tx: Transaction, clinic_zone: str) -> None:
        self._tx = tx
        self._session = tx.session
        self._insert = upserting(tx)
        self._clinic_zone = clinic_zone
        self._held: dict[UUID, Patient] = {}
        """Whom nobody else can change until we commit, as long as we do not."""

    async def hold(self, patient_id: UUID) -> Patient:
        """The person, with nobody else deciding about their reminders until we commit."""
        if (held := self._held.get(patient_id)) is not None:
            return held
        known = await self._find(patient_id, lock=True)
        if known is not None:
            self._held[patient_id] = known
            return known
        stub = self._insert(patient).values(
            patient_id=patient_id, status=CareStatus.ACTIVE.value, team="", zone=self._clinic_zone
        )
        await self._session.execute(stub.on_conflict_do_nothing())
        return await self.hold(patient_id)

    async def find(self, patient_id: UUID) -> Patient | None:
        """The person as known now."""
        return self._held.get(patient_id) or await self._find(patient_id, lock=False)

    async def place(
        self,
        patient_id: UUID,
        *,
        status: CareStatus,
        team: str,
        care_team: tuple[UUID, ...],
        messages_stopped: bool,
    ) -> None:
        """Where the person is in care."""
        await self._set(
            patient_id, status=status.value, team=team, messages_stopped=messages_stopped
        )
        elsewhere = and_(reminder.c.patient_id == patient_id, reminder.c.team != team)
        await self._session.execute(update(reminder).where(elsewhere).values(team=team))
        await self._replace_care_team(patient_id, care_team)

    async def identify(self, patient_id: UUID, identity: Identity) -> None:
        """Who the person is, or was."""
        who = columns_of(patient_id, identity, erased=identity.erased, sealing=self._tx.sealing)
        await self._set(patient_id, zone=identity.zone, **{**who, "reach": who["reach"] or null()})

    async def after(self, patient_id: UUID | None, *, limit: int) -> Sequence[UUID]:
        """The next people by id, from the first one when None."""
        query = select(patient.c.patient_id).order_by(patient.c.patient_id).limit(limit)
        if patient_id is not None:
            query = query.where(patient.c.patient_id > patient_id)
        return (await self._session.execute(query)).scalars().all()

    async def count(self) -> int:
        """How many people there are."""
        query = select(func.count()).select_from(patient)
        return int((await self._session.execute(query)).scalar_one())

    async def names(self, people: Sequence[UUID]) -> Mapping[UUID, tuple[str, Birth]]:
        """Name and birth of those who are known."""
        query = select(patient.c.patient_id, *NAME_COLUMNS).where(
            patient.c.patient_id.in_(people), is_named()
        )
        found = [
            (row.patient_id, named(row, self._tx)) for row in await self._session.execute(query)
        ]
        return {person: (who.full or "", who.birth) for person, who in found}

    async def named(self, name: str, *, staff_id: UUID, teams: Collection[str]) -> frozenset[UUID]:
        """The people of these teams, or in this colleague's care, one of whose names begins so."""
        in_care = select(care_team.c.patient_id).where(care_team.c.staff_id == staff_id)
        query = select(patient.c.patient_id, *NAME_COLUMNS).where(
            is_named(),
            or_(patient.c.team.in_(teams), patient.c.patient_id.in_(in_care)),
        )
        return frozenset(
            row.patient_id
            for row in await self._session.execute(query)
            if begins_so(name, *(part or "" for part in named(row, self._tx)[:2]))
        )

    async def around(self, staff_id: UUID) -> Sequence[UUID]:
        """Whose care team they are in, and whose open reminders are theirs."""
        in_team = select(care_team.c.patient_id).where(care_team.c.staff_id == staff_id)
        owned = select(reminder.c.patient_id).where(
            reminder.c.owner_id == staff_id, reminder.c.is_open
        )
        return (await self._session.execute(in_team.union(owned))).scalars().all()

    async def _find(self, patient_id: UUID, *, lock: bool) -> Patient | None:
        whose = {"whose": patient_id}
        row = (await self._session.execute(_HELD if lock else _FOUND, whose)).first()
        if row is None:
            return None
        people = await self._session.execute(_AROUND, whose)
        return Patient(
            patient_id=patient_id,
            status=CareStatus(row.status),
            team=row.team,
            care_team=tuple(people.scalars()),
            zone=row.zone,
            messages_stopped=row.messages_stopped,
        )

    async def _set(self, patient_id: UUID, **values: object) -> None:
        self._held.pop(patient_id, None)
        change = update(patient).where(patient.c.patient_id == patient_id)
        await self._session.execute(change.values(**values))

    async def _replace_care_team(self, patient_id: UUID, people: tuple[UUID, ...]) -> None:
        self._held.pop(patient_id, None)
        gone = delete(care_team).where(care_team.c.patient_id == patient_id)
        await self._session.execute(gone)
        rows = [
            {"patient_id": patient_id, "staff_id": staff_id, "position": position}
            for position, staff_id in enumerate(dict.fromkeys(people))
        ]
        if rows:
            await self._session.execute(insert(care_team), rows)


class SqlStaff:
    """Everybody who works here."""

    def __init__(self, tx: Transaction) -> None:
        self._session = tx.session
        self._insert = upserting(tx)

    async def put(self, colleague: Colleague) -> None:
        """Remember this colleague."""
        new: Any = self._insert(staff).values(
            staff_id=colleague.staff_id,
            role=colleague.role,
            teams=sorted(colleague.teams),
            active=colleague.active,
        )
        await self._session.execute(
            new.on_conflict_do_update(
                index_elements=["staff_id"],
                set_={name: new.excluded[name] for name in ("role", "teams", "active")},
            )
        )

    async def all(self) -> Mapping[UUID, Colleague]:
        """Everybody, by id."""
        return {
            row.staff_id: Colleague(
                staff_id=row.staff_id,
                role=row.role,
                teams=frozenset(row.teams),
                active=row.active,
            )
            for row in await self._session.execute(_EVERYBODY)
        }


def is_named() -> ColumnElement[bool]:
    """People of whom it is known who they are."""
    return or_(patient.c.given_name.is_not(None), patient.c.who.is_not(None))


def upserting(tx: Transaction) -> Any:
    """The insert of this database that knows ``ON CONFLICT``."""
    name = tx.session.get_bind().dialect.name
    return sqlite.insert if name == "sqlite" else postgresql.insert


@cache
def put_into(table: Table, inserting: Any) -> Any:
    """Insert a whole row, or put it in place of the one with its key; built once for each table."""
    new = inserting(table)
    keys = [column.name for column in table.primary_key.columns]
    changed = {one.name: new.excluded[one.name] for one in table.columns if one.name not in keys}
    return new.on_conflict_do_update(index_elements=keys, set_=changed)
