"""How long this installation keeps who somebody was, after care has ended.

A clinic's law decides, not we: without a file nobody is ever due. Whoever runs the service names
one in ``MOORING_RETENTION_FILE``::

    [contact]
    after_care_years = 20
    source = "NHS Records Management Code of Practice, adult mental health"

The clinical record and the audit trail are kept without end. Events that were told are kept for 35
days and answers to repeated requests for 7, whatever this file says (``shared/runtime``).
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated
from uuid import UUID

from pydantic import Field
from sqlalchemy import Exists, Select, exists, func, select

from services.assessment.adapters.content import read
from services.assessment.adapters.tables import FLAG, PATIENT
from services.assessment.domain.safety import FlagStatus
from shared.api.body import Body
from shared.runtime.db import Transaction

AT_ONCE = 200
"""People erased by one request: about a second of one database."""


class Kept(Body):
    """One class of records."""

    after_care_years: Annotated[int, Field(ge=1, le=100)]
    source: Annotated[str, Field(min_length=5)]


class RetentionFile(Body):
    """The shape of the file."""

    contact: Kept


@dataclass(frozen=True, slots=True)
class Due:
    """Whose time is over."""

    patient_id: UUID
    left_on: date
    due_on: date


def after_care_years(path: Path | None) -> int | None:
    """How many years; None without a file.

    Raises:
        BadContent: naming the file and what does not fit.
    """
    return None if path is None else read(RetentionFile, path).contact.after_care_years


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
