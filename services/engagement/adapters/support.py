"""The records of support in SQL: columns for what is looked for, the domain's value as JSON."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, TypeVar
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Select, Table, Text, cast, func, or_, select

from services.engagement.adapters.list_statements import care_team, patient
from services.engagement.adapters.names import NAME_COLUMNS, named
from services.engagement.adapters.people import put_into, upserting
from services.engagement.adapters.surroundings import SqlSurroundings
from services.engagement.adapters.tables.row import Row
from services.engagement.application.ports import (
    CarePoint,
    Case,
    CoursePoint,
    GroupPoint,
    Named,
    Reading,
)
from services.engagement.domain.local_time import in_utc
from services.engagement.domain.support.contact import Contact, in_order
from services.engagement.domain.support.directory import Activity
from services.engagement.domain.support.life_event import LifeEvent
from services.engagement.domain.support.lost import Decision
from services.engagement.domain.support.motivation import Drop
from services.engagement.domain.support.profile import Profile
from services.engagement.domain.support.programme import Programme
from services.engagement.domain.support.referral import Referral
from services.engagement.domain.support.relapse_plan import RelapsePlan
from shared.runtime.db import Transaction

T = TypeVar("T")


def _table(name: str) -> Table:
    return Row.metadata.tables[name]


@dataclass(frozen=True, slots=True)
class _Shape:
    """A table of records, and what is in it. Built once for each: a transaction asks for many."""

    table: Table
    kind: TypeAdapter[Any]
    kinds: TypeAdapter[Any]
    keys: Sequence[str]
    columns: Sequence[str]
    """Those beside ``state``."""


@cache
def _shape(name: str, kind: Any) -> _Shape:
    table = _table(name)
    return _Shape(
        table,
        TypeAdapter(kind),
        TypeAdapter(tuple[kind, ...]),
        tuple(column.name for column in table.primary_key.columns),
        tuple(column.name for column in table.columns if column.name != "state"),
    )


class SqlRecords(Generic[T]):
    """Records of one kind. Every column but ``state`` repeats a field of the value."""

    def __init__(self, tx: Transaction, table: str, kind: type[T]) -> None:
        self._tx = tx
        of: Any = kind
        self._shape = _shape(table, of)
        self._table = self._shape.table

    async def put(self, record: T) -> None:
        """Store it as it is now."""
        values = {name: getattr(record, name) for name in self._shape.columns}
        values["state"] = self._shape.kind.dump_python(record, mode="json")
        await self._tx.session.execute(put_into(self._table, upserting(self._tx)), values)

    async def get(self, record_id: UUID) -> T | None:
        """The record of this id."""
        found = await self.where(self._table.c[self._shape.keys[0]] == record_id)
        return found[0] if found else None

    async def of_patient(self, patient_id: UUID) -> Sequence[T]:
        """All of one person, by id."""
        return await self.where(self._table.c.patient_id == patient_id)

    async def of_people(self, people: Collection[UUID]) -> Sequence[T]:
        """All of these people, by id."""
        return await self.where(self._table.c.patient_id.in_(people))

    async def of_each(
        self, people: Select[Any], *conditions: ColumnElement[bool]
    ) -> Callable[[UUID], tuple[T, ...]]:
        """Who asks for one person's gets them in no order. They are made of the text when they are
        asked for: the records of everybody at once would be more than the answer about them."""
        text = func.aggregate_strings(cast(self._table.c.state, Text), ",")
        query = (
            select(self._table.c.patient_id, text)
            .where(self._table.c.patient_id.in_(people), *conditions)
            .group_by(self._table.c.patient_id)
        )
        found = {row[0]: row[1] for row in (await self._tx.session.execute(query)).all()}

        def of(person: UUID) -> tuple[T, ...]:
            return self._shape.kinds.validate_json(f"[{found[person]}]") if person in found else ()

        return of

    async def where(self, *conditions: ColumnElement[bool]) -> Sequence[T]:
        """Those that meet the conditions, by id."""
        keys = [self._table.c[name] for name in self._shape.keys]
        text = cast(self._table.c.state, Text)  # read once, as the kind it is, not as any JSON
        query = select(text).where(*conditions).order_by(*keys)
        states = (await self._tx.session.execute(query)).scalars().all()
        return [self._shape.kind.validate_json(state) for state in states]


class SqlActivities:
    """The directory of activities."""

    def __init__(self, tx: Transaction) -> None:
        self._rows = SqlRecords(tx, "activity", Activity)

    async def put(self, activities: Sequence[Activity]) -> None:
        """Store these rows; the same source id replaces what was there."""
        for activity in activities:
            await self._rows.put(activity)

    async def all(self) -> Sequence[Activity]:
        """The whole directory, by name."""
        return sorted(await self._rows.where(), key=lambda activity: activity.name)


class SqlSupport:
    """Everything about support, inside one transaction."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self.programmes = SqlRecords(tx, "programme", Programme)
        self.contacts = SqlRecords(tx, "contact", Contact)
        self.life_events = SqlRecords(tx, "life_event", LifeEvent)
        self.drops = SqlRecords(tx, "motivation_drop", Drop)
        self.plans = SqlRecords(tx, "relapse_plan", RelapsePlan)
        self.profiles = SqlRecords(tx, "support_profile", Profile)
        self.surroundings = SqlSurroundings(tx)
        self.activities = SqlActivities(tx)
        self.referrals = SqlRecords(tx, "referral", Referral)
        self.decisions = SqlRecords(tx, "outreach_decision", Decision)
        self._readings = SqlRecords(tx, "reading", Reading)
        self._points = SqlRecords(tx, "course_point", CoursePoint)
        self._care = SqlRecords(tx, "care_point", CarePoint)
        self._groups = SqlRecords(tx, "group_point", GroupPoint)

    async def add_reading(self, reading: Reading) -> None:
        """Keep a reading; the same version again changes nothing."""
        await self._readings.put(reading)

    async def readings_of(self, patient_id: UUID) -> Sequence[Reading]:
        """All versions of all readings of one person, oldest first."""
        return _by_time(await self._readings.of_patient(patient_id))

    async def readings_of_people(
        self, people: Collection[UUID], instruments: Collection[str]
    ) -> Mapping[UUID, Sequence[Reading]]:
        """The same of several people, of these instruments alone."""
        of_people = _table("reading").c.patient_id.in_(people)
        found = await self._readings.where(of_people, _answers(instruments))
        return {one: _by_time(readings) for one, readings in grouped(found).items()}

    async def add_point(self, point: CoursePoint) -> None:
        """Keep what was said about a course; the same version again changes nothing."""
        await self._points.put(point)

    async def points_of(self, patient_id: UUID) -> Sequence[CoursePoint]:
        """Everything said about a person's courses, oldest first."""
        return _by_version(await self._points.of_patient(patient_id))

    async def add_care(self, point: CarePoint) -> None:
        """Keep where somebody is in care; the same version again changes nothing."""
        await self._care.put(point)

    async def add_group(self, point: GroupPoint) -> None:
        """Keep the groups somebody belongs to; the same version again changes nothing."""
        await self._groups.put(point)

    async def programmes_of_staff(self, staff_id: UUID) -> Sequence[Programme]:
        """Open programmes this colleague facilitates or stands in for."""
        row = _table("programme").c
        theirs = or_(row.facilitator_id == staff_id, row.deputy_id == staff_id)
        return await self.programmes.where(row.status != "closed", theirs)

    async def open_programmes(
        self, teams: Collection[str], staff: Collection[UUID]
    ) -> Sequence[Programme]:
        """Open programmes of people in care whom these viewers may see."""
        people = select(patient.c.patient_id).where(
            patient.c.status == "active", visible(teams, staff)
        )
        row = _table("programme").c
        return await self.programmes.where(row.status != "closed", row.patient_id.in_(people))

    async def named(self, people: Collection[UUID]) -> Mapping[UUID, Named]:
        """Who these people are."""
        who = (patient.c.patient_id, patient.c.team, patient.c.zone, *NAME_COLUMNS)
        query = select(*who).where(patient.c.patient_id.in_(people))
        return {
            row.patient_id: Named(
                patient_id=row.patient_id,
                name=who.full,
                birth_date=who.birth.day,
                birth_year=who.birth.year,
                team=row.team,
                zone=row.zone,
            )
            for row in (await self._tx.session.execute(query)).all()
            for who in (named(row, self._tx),)
        }

    async def cases(
        self, seen: ColumnElement[bool], instruments: Collection[str]
    ) -> Iterable[Case]:
        """Everybody whose row of ``patient`` meets the condition, one after the other, with what
        the outcomes are counted from: of the readings those of these instruments."""
        who = select(patient.c.patient_id, patient.c.status, *NAME_COLUMNS).where(seen)
        people = select(patient.c.patient_id).where(seen)
        rows = (await self._tx.session.execute(who.order_by(patient.c.patient_id))).all()
        languages = await self.surroundings.languages(people)
        profiles = await self.profiles.of_each(people)
        programmes = await self.programmes.of_each(people)
        contacts = await self.contacts.of_each(people)
        readings = await self._readings.of_each(people, _answers(instruments))
        points = await self._points.of_each(people)
        care = await self._care.of_each(people)
        groups = await self._groups.of_each(people)
        return (
            Case(
                patient_id=row.patient_id,
                status=row.status,
                counts_from=named(row, self._tx).birth.counts_from,
                language=languages.get(row.patient_id, ""),
                profile=next(iter(profiles(row.patient_id)), None),
                programmes=programmes(row.patient_id),
                contacts=tuple(in_order(contacts(row.patient_id))),
                readings=readings(row.patient_id),
                points=points(row.patient_id),
                care=tuple(sorted(care(row.patient_id), key=_version)),
                groups=tuple(sorted(groups(row.patient_id), key=_version)),
            )
            for row in rows
        )


def _version(point: CarePoint | GroupPoint) -> int:
    return point.version


def _answers(instruments: Collection[str]) -> ColumnElement[bool]:
    instrument: ColumnElement[str] = _table("reading").c.state["instrument"].as_string()
    return instrument.in_(instruments)


def visible(teams: Collection[str], staff: Collection[UUID]) -> ColumnElement[bool]:
    """The condition on ``patient`` that one of these viewers may see somebody."""
    mine = select(care_team.c.patient_id).where(care_team.c.staff_id.in_(staff))
    return or_(patient.c.team.in_(teams), patient.c.patient_id.in_(mine))


def _by_time(readings: Sequence[Reading]) -> Sequence[Reading]:
    return sorted(readings, key=lambda one: (in_utc(one.taken_at), one.assessment_id, one.version))


def _by_version(points: Sequence[CoursePoint]) -> Sequence[CoursePoint]:
    return sorted(points, key=lambda one: (one.course_id, one.version))


def grouped(records: Sequence[T]) -> Mapping[UUID, list[T]]:
    """Each person's records, in the order given; nobody's is an empty list."""
    found: dict[UUID, list[T]] = defaultdict(list)
    for record in records:
        found[record.patient_id].append(record)  # type: ignore[attr-defined]
    return found
