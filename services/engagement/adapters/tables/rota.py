"""Who is on call for which team, and when."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, String
from sqlmodel import Field

from services.engagement.adapters.tables.row import Row, partial
from shared.runtime.columns import UtcDateTime


class ShiftRow(Row, table=True):
    """One colleague on call for one team. The unique index is a second guard against two at once;
    the first is that a team's rota is changed by one transaction at a time."""

    __tablename__: ClassVar[str] = "on_call_shift"
    __table_args__ = (
        CheckConstraint("until_at >= from_at", name="times"),
        CheckConstraint("followed IN ('planned', 'running', 'over')", name="followed"),
        Index("ix_on_call_shift_team", "team", "until_at"),
        Index("ix_on_call_shift_followed", "followed", "from_at"),
        partial("uq_on_call_shift_start", "team", "from_at", where="NOT withdrawn", unique=True),
    )

    shift_id: UUID = Field(primary_key=True)
    team: str = Field(sa_type=String(64))
    staff_id: UUID
    from_at: datetime = Field(sa_type=UtcDateTime)
    until_at: datetime = Field(sa_type=UtcDateTime)
    made_by: UUID
    made_at: datetime = Field(sa_type=UtcDateTime)
    withdrawn: bool
    followed: str = Field(sa_type=String(16))
    version: int
