"""Notices, how people want to be reached, and lists as they were."""

from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, String
from sqlmodel import Field

from services.engagement.adapters.tables.row import Row, partial
from shared.runtime.columns import Json, UtcDateTime


class NoticeRow(Row, table=True):
    """One message to one reader. It ends sent, failed, not done or cancelled."""

    __tablename__: ClassVar[str] = "notice"
    __table_args__ = (
        CheckConstraint(
            "state IN ('planned', 'sent', 'failed', 'not-done', 'cancelled')", name="state"
        ),
        CheckConstraint("(state = 'planned') = (ended_at IS NULL)", name="ended"),
        CheckConstraint(
            "(state IN ('planned', 'sent')) = (reason IS NULL)",
            name="reason",
        ),
        CheckConstraint("staff_id IS NOT NULL OR patient_id IS NOT NULL", name="reader"),
        partial("ix_notice_planned", "not_before", "retry_at", where="state = 'planned'"),
        Index("ix_notice_staff", "staff_id", "made_at"),
        partial("ix_notice_unsent", "made_at", where="state IN ('failed', 'not-done')"),
    )

    notice_id: UUID = Field(primary_key=True)
    purpose: str = Field(sa_type=String(16))
    staff_id: UUID | None
    patient_id: UUID | None
    about: list[str] = Field(sa_column=Column(Json, nullable=False))
    count: int
    channels: list[str] = Field(sa_column=Column(Json, nullable=False))
    tries: int
    state: str = Field(sa_type=String(16))
    reason: str | None = Field(sa_type=String(16))
    made_at: datetime = Field(sa_type=UtcDateTime)
    not_before: datetime = Field(sa_type=UtcDateTime)
    retry_at: datetime = Field(sa_type=UtcDateTime)
    ended_at: datetime | None = Field(sa_type=UtcDateTime)


class TryRow(Row, table=True):
    """One attempt to send; only ever added to."""

    __tablename__: ClassVar[str] = "delivery"

    notice_id: UUID = Field(primary_key=True)
    number: int = Field(primary_key=True)
    channel: str = Field(sa_type=String(16))
    at: datetime = Field(sa_type=UtcDateTime)
    answer: str = Field(sa_type=String(16))
    code: str = Field(sa_type=String(32))


class PreferenceRow(Row, table=True):
    """What a colleague wants to be told outside the portal, and how."""

    __tablename__: ClassVar[str] = "notice_preference"

    staff_id: UUID = Field(primary_key=True)
    channels: list[str] = Field(sa_column=Column(Json, nullable=False))
    email: str | None = Field(sa_type=String(254))
    webhook_url: str | None = Field(sa_type=String(500))
    webhook_secret: str | None = Field(sa_type=String(100))
    pace: str = Field(sa_type=String(16))
    wording: str = Field(sa_type=String(16))
    quiet_begins: str | None = Field(sa_type=String(5))
    quiet_ends: str | None = Field(sa_type=String(5))
    version: int


class DigestRow(Row, table=True):
    """One colleague's list as it was on one morning; never changed."""

    __tablename__: ClassVar[str] = "digest"

    staff_id: UUID = Field(primary_key=True)
    day: date = Field(primary_key=True)
    made_at: datetime = Field(sa_type=UtcDateTime)
    items: list[dict[str, Any]] = Field(sa_column=Column(Json, nullable=False))
