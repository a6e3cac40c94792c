"""The last state of courses and flags in SQL, as the domain's own values in JSON."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import Table, select

from services.engagement.adapters.people import put_into, upserting
from services.engagement.adapters.tables import CourseRow, FlagRow, SignatureRow
from services.engagement.domain.course import Course
from services.engagement.domain.flag import Flag
from services.engagement.domain.signature import Signature
from shared.runtime.db import Transaction

_COURSE = TypeAdapter(Course)
_FLAG = TypeAdapter(Flag)
_SIGNATURE = TypeAdapter(Signature)
_courses = CourseRow.metadata.tables["course"]
_flags = FlagRow.metadata.tables["flag"]
_signatures = SignatureRow.metadata.tables["signature_request"]


class SqlCourses:
    """The last state of each course."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    async def put(self, course: Course) -> None:
        """Remember this state."""
        state = _COURSE.dump_python(course, mode="json")
        await _put(self._tx, _courses, course.course_id, course.patient_id, state)

    async def of_patient(self, patient_id: UUID) -> Sequence[Course]:
        """All courses of a person."""
        return [_COURSE.validate_python(s) for s in await _of(self._tx, _courses, patient_id)]


class SqlFlags:
    """The last state of each safety flag."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    async def put(self, flag: Flag) -> None:
        """Remember this state."""
        state = _FLAG.dump_python(flag, mode="json")
        await _put(self._tx, _flags, flag.flag_id, flag.patient_id, state)

    async def of_patient(self, patient_id: UUID) -> Sequence[Flag]:
        """All flags of a person."""
        return [_FLAG.validate_python(s) for s in await _of(self._tx, _flags, patient_id)]

    async def of_people(self, people: Collection[UUID]) -> Sequence[Flag]:
        """All flags of these people."""
        query = select(_flags.c.state).where(_flags.c.patient_id.in_(people))
        states = (await self._tx.session.execute(query.order_by(_flags.c.flag_id))).scalars()
        return [_FLAG.validate_python(state) for state in states]


class SqlSignatures:
    """The last state of each request for a signature."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    async def put(self, signature: Signature) -> None:
        """Remember this state."""
        state = _SIGNATURE.dump_python(signature, mode="json")
        await _put(self._tx, _signatures, signature.request_id, signature.patient_id, state)

    async def of_patient(self, patient_id: UUID) -> Sequence[Signature]:
        """All requests about a person."""
        found = await _of(self._tx, _signatures, patient_id)
        return [_SIGNATURE.validate_python(state) for state in found]


async def _put(
    tx: Transaction, table: Table, id_: UUID, patient_id: UUID, state: dict[str, Any]
) -> None:
    (key,) = table.primary_key.columns
    row = {key.name: id_, "patient_id": patient_id, "state": state}
    await tx.session.execute(put_into(table, upserting(tx)), row)


async def _of(tx: Transaction, table: Table, patient_id: UUID) -> Sequence[Any]:
    (key,) = table.primary_key.columns
    query = select(table.c.state).where(table.c.patient_id == patient_id).order_by(key)
    return (await tx.session.execute(query)).scalars().all()
