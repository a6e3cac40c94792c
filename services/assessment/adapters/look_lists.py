"""Lists of records opened in an emergency: the record's own, and the one to be judged."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Uuid, literal, select, tuple_

from services.assessment.adapters.access import visible_rows
from services.assessment.adapters.looks import look_from
from services.assessment.adapters.names import people
from services.assessment.adapters.tables import EMERGENCY_LOOK as LOOK
from services.assessment.adapters.tables import PATIENT
from services.assessment.domain.emergency import Look
from services.assessment.domain.patient import folded
from shared.api.emergency import EmergencyLookQuery, EmergencyWish, RecordLookQuery
from shared.api.identity import Role
from shared.runtime.access import Reach
from shared.runtime.columns import UtcDateTime
from shared.runtime.db import Transaction
from shared.runtime.http import decode_cursor, encode_cursor


async def meant(tx: Transaction, wanted: EmergencyWish) -> tuple[UUID, ...]:
    """Whose record is asked for: exactly that id, or a birth date with both whole names or with
    the number. Nothing here can be browsed."""
    if wanted.patient_id is not None:
        query = select(PATIENT.c.patient_id).where(PATIENT.c.patient_id == wanted.patient_id)
        return tuple((await tx.session.scalars(query)).all())
    which, identity = [PATIENT.c.erased_on.is_(None)], None
    if wanted.number is not None:
        digits = wanted.number.replace(" ", "").lower()
        first, last = (UUID(digits + end * (32 - len(digits))) for end in "0f")
        which.append(PATIENT.c.patient_id.between(first, last))
    else:
        identity = folded(f"{wanted.given_name} {wanted.family_name}")
    found = (
        person
        for person, who in await people(tx, *which)
        if who.birth_date == wanted.birth_date and identity in (None, who.identity)
    )
    return tuple(islice(found, 2))


async def of_patient(
    tx: Transaction, patient_id: UUID, query: RecordLookQuery
) -> tuple[Sequence[Look], str | None]:
    """Who opened this record in an emergency, newest first, and the cursor of older ones."""
    return await _newest(tx, select(LOOK).where(LOOK.c.patient_id == patient_id), query)


async def page(
    tx: Transaction, reach: Reach, query: EmergencyLookQuery
) -> tuple[Sequence[tuple[Look, str]], str | None]:
    """Looks with the name of whose record it was, newest first. An auditor sees every look and
    no name; everybody else those at records of their own people."""
    rows: Select[Any] = select(LOOK).join(PATIENT, PATIENT.c.patient_id == LOOK.c.patient_id)
    is_auditor = reach.principal.role is Role.AUDITOR
    if not is_auditor:
        rows = rows.where(visible_rows(reach))
    if query.waiting:
        rows = rows.where(LOOK.c.judgement.is_(None))
    looks, onward = await _newest(tx, rows, query)
    known = {} if is_auditor else await _names_of(tx, {look.patient_id for look in looks})
    return [(look, known.get(look.patient_id, "")) for look in looks], onward


async def _newest(
    tx: Transaction, rows: Select[Any], query: RecordLookQuery
) -> tuple[Sequence[Look], str | None]:
    key = (LOOK.c.opened_at, LOOK.c.grant_id)
    if after := decode_cursor(query.cursor, datetime, UUID):
        place = tuple_(literal(after[0], UtcDateTime), literal(after[1], Uuid))
        rows = rows.where(tuple_(*key) < place)
    rows = rows.order_by(*(column.desc() for column in key)).limit(query.limit + 1)
    found = [look_from(row) for row in await tx.session.execute(rows)]
    looks = found[: query.limit]
    last = looks[-1] if len(found) > query.limit else None
    return looks, encode_cursor(last.opened_at.isoformat(), str(last.grant_id)) if last else None


async def _names_of(tx: Transaction, these: Collection[UUID]) -> Mapping[UUID, str]:
    found = await people(tx, PATIENT.c.patient_id.in_(these))
    return {person: f"{who.given_name} {who.family_name}" for person, who in found}
