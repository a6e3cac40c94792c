"""The identity database: staff, sessions, wrong tries and signing keys. No clinical data."""

from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import CheckConstraint, MetaData, String, Table, Text, Uuid, false
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from shared.runtime.columns import Json, UtcDateTime
from shared.runtime.tables import NAMING, attach

metadata = MetaData(naming_convention=NAMING)


class Row(SQLModel, registry=registry(metadata=metadata)):
    """A row of the identity database. The database checks it, not this class."""


class StaffRow(Row, table=True):
    """One member of staff and how they prove who they are."""

    __tablename__ = "staff"
    __table_args__ = (
        CheckConstraint("username = lower(username)", name="username_is_lower_case"),
        CheckConstraint(
            "role IN ('prescriber', 'nurse', 'lead', 'facilitator', 'operations', 'auditor')",
            name="role",
        ),
        CheckConstraint("version >= 1", name="version"),
    )

    staff_id: UUID = Field(primary_key=True, sa_type=Uuid)
    username: str = Field(unique=True, sa_type=String(64))
    display_name: str = Field(sa_type=String(100))
    role: str = Field(sa_type=String(16))
    teams: list[str] = Field(sa_type=Json)
    active: bool
    password_hash: str = Field(sa_type=Text)
    version: int


class SessionRow(Row, table=True):
    """A signed-in browser, found by the hash of the secret in its cookie. Times are real."""

    __tablename__ = "session"

    secret_hash: str = Field(primary_key=True, sa_type=String(64))
    staff_id: UUID = Field(foreign_key="staff.staff_id", index=True, sa_type=Uuid)
    started_at: datetime = Field(sa_type=UtcDateTime)
    seen_at: datetime = Field(sa_type=UtcDateTime, index=True)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    awaits_code: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    """The password was right; until the one-time code is, it opens nothing."""
    stepped_up_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When its person last signed in again at the provider to sign; nothing once that was used."""


class SecondFactorRow(Row, table=True):
    """Somebody's authenticator app. Only the portal's role can read this table."""

    __tablename__ = "second_factor"

    staff_id: UUID = Field(primary_key=True, foreign_key="staff.staff_id", sa_type=Uuid)
    secret: str = Field(sa_type=String(64))
    confirmed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    last_step: int
    recovery: list[str] = Field(sa_type=Json)


class LockRow(Row, table=True):
    """Wrong passwords in a row on one account, and since when it is locked. Times are real."""

    __tablename__ = "account_lock"

    staff_id: UUID = Field(primary_key=True, foreign_key="staff.staff_id", sa_type=Uuid)
    failures: int
    locked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class DeviceRow(Row, table=True):
    """A browser that was let in to an account, found by the hash of its secret."""

    __tablename__ = "device"

    secret_hash: str = Field(primary_key=True, sa_type=String(64))
    staff_id: UUID = Field(foreign_key="staff.staff_id", index=True, sa_type=Uuid)
    seen_at: datetime = Field(sa_type=UtcDateTime, index=True)


class FederatedRow(Row, table=True):
    """Whose account an identity provider's subject is."""

    __tablename__ = "federated"

    issuer: str = Field(primary_key=True, sa_type=String(255))
    subject: str = Field(primary_key=True, sa_type=String(255))
    staff_id: UUID = Field(foreign_key="staff.staff_id", index=True, sa_type=Uuid)


class FlowRow(Row, table=True):
    """A sign-in that went to the identity provider and is awaited back, once."""

    __tablename__ = "sign_in_flow"

    state_hash: str = Field(primary_key=True, sa_type=String(64))
    browser_hash: str = Field(sa_type=String(64))
    nonce: str = Field(sa_type=String(64))
    verifier: str = Field(sa_type=String(128))
    back_to: str = Field(sa_type=String(512))
    began_at: datetime = Field(sa_type=UtcDateTime, index=True)
    session_hash: str | None = Field(default=None, sa_type=String(64))
    """The session whose person signs in again to sign; without one it is a sign-in."""


class ClientRow(Row, table=True):
    """A program with credentials of its own."""

    __tablename__ = "client"

    client_id: str = Field(primary_key=True, sa_type=String(64))
    staff_id: UUID = Field(unique=True, sa_type=Uuid)
    secret_hash: str = Field(sa_type=String(64))
    active: bool


class TriesRow(Row, table=True):
    """Sign-in attempts without success under one hashed name, address or both. Real time."""

    __tablename__ = "tries"

    key: str = Field(primary_key=True, sa_type=String(64))
    number: int
    last_at: datetime = Field(sa_type=UtcDateTime)


class SigningKeyRow(Row, table=True):
    """A private key tokens are signed with. Only the portal's role can read this table."""

    __tablename__ = "signing_key"

    key_id: str = Field(primary_key=True, sa_type=String(64))
    private_jwk: dict[str, Any] = Field(sa_type=Json)
    made_at: datetime = Field(sa_type=UtcDateTime)


staff = cast("Table", vars(StaffRow)["__table__"])
session = cast("Table", vars(SessionRow)["__table__"])
tries = cast("Table", vars(TriesRow)["__table__"])
second_factor = cast("Table", vars(SecondFactorRow)["__table__"])
lock = cast("Table", vars(LockRow)["__table__"])
device = cast("Table", vars(DeviceRow)["__table__"])
federated = cast("Table", vars(FederatedRow)["__table__"])
flow = cast("Table", vars(FlowRow)["__table__"])
client = cast("Table", vars(ClientRow)["__table__"])
signing_key = cast("Table", vars(SigningKeyRow)["__table__"])

attach(metadata)
