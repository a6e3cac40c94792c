"""Whose names and contact data have been kept as long as this installation keeps them.

The deployer's file says how long (``shared/runtime/retention_file.py``); without it nobody is due.
"""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import Exists, Select, exists, func, select

from services.assessment.adapters.tables import FLAG, PATIENT
from services.assessment.domain.safety import FlagStatus
from shared.api.assessment import KeptClass
from shared.runtime.db import Transaction
from shared.runtime.retention import periods
from shared.runtime.retention_file import Kept

AT_ONCE = 200
"""People erased by one request: about a second of one database."""


@dataclass(frozen=True, slots=True)
class Due:
    """Whose time is over."""

    patient_id: UUID
    left_on: date
    due_on: date


def classes(kept: Kept) -> tuple[KeptClass, ...]:
    """Every class of records, and how long it is kept here."""
    told = periods(kept)
    return (
        KeptClass(
            record="contact",
            years=kept.contact.after_care_years if kept.contact else None,
            source=kept.contact.source if kept.contact else None,
        ),
        KeptClass(record="clinical"),
        KeptClass(record="audit"),
        KeptClass(
            record="notices",
            days=kept.notices.days if kept.notices else None,
            source=kept.notices.source if kept.notices else None,
        ),
        KeptClass(
            record="events",
            days=told.events.days,
            source=kept.events.source if kept.events else None,
        ),
        KeptClass(
            record="answers",
            days=told.answers.days,
            source=kept.answers.source if kept.answers else None,
        ),
    )


async def counted(tx: Transaction, *, years: int, today: date) -> tuple[int, int]:
    """How many are due, and how many of these wait because a safety flag is open."""
    both = _left_before(same_day(today, -years))
    count = select(func.count()).select_from(both.subquery())
    waiting = select(func.count()).select_from(both.where(_flagged()).subquery())
    whole = (await tx.session.execute(count)).scalar_one()
    kept = (await tx.session.execute(waiting)).scalar_one()
    return whole - kept, kept


async def due(tx: Transaction, *, years: int, today: date) -> tuple[Due, ...]:
    """Who is due, those who left first at the head; as many as are erased at once."""
    query = (
        _left_before(same_day(today, -years))
        .where(~_flagged())
        .order_by(PATIENT.c.left_on, PATIENT.c.patient_id)
        .limit(AT_ONCE)
    )
    return tuple(
        Due(row.patient_id, row.left_on, same_day(row.left_on, years))
        for row in await tx.session.execute(query)
    )


def same_day(day: date, years: int) -> date:
    """The same day of another year; 29 February becomes 1 March where there is none."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


def _left_before(last: date) -> Select[tuple[UUID, date]]:
    return select(PATIENT.c.patient_id, PATIENT.c.left_on).where(
        PATIENT.c.left_on <= last, PATIENT.c.erased_on.is_(None)
    )


def _flagged() -> Exists:
    return exists().where(
        FLAG.c.patient_id == PATIENT.c.patient_id, FLAG.c.status != FlagStatus.CLOSED.value
    )
