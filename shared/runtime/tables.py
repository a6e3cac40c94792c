"""The tables the runtime keeps in every service's database.

Each service has a database of its own, so ``attach`` copies these definitions into the
service's metadata and its migrations create them beside its clinical tables.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)

from shared.runtime.columns import Sequence64, UtcDateTime

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

FLOOR_TABLE = "schema_floor"
"""Where the oldest schema a program must know is remembered (``schema``)."""

runtime = MetaData(naming_convention=NAMING)

outbox = Table(
    "outbox",
    runtime,
    Column("seq", Sequence64, primary_key=True, autoincrement=True),
    Column("id", Uuid, nullable=False, unique=True),
    Column("type", String(128), nullable=False),
    Column("subject", String(64), nullable=False),
    Column("aggregate", String(96), nullable=False),
    Column("version", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("published_at", UtcDateTime),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("next_try_at", UtcDateTime, nullable=False),
    Column("last_error", String(64)),
    UniqueConstraint("aggregate", "version"),
    Index(
        "ix_outbox_unpublished",
        "seq",
        sqlite_where=text("published_at IS NULL"),
        postgresql_where=text("published_at IS NULL"),
    ),
)
"""Facts waiting to be published, written in the transaction that made them true.

Read by claiming unpublished rows, never by a cursor: sequence numbers commit out of order.
``created_at`` may be a demo's time; ``next_try_at`` is always real time.
"""

inbox = Table(
    "inbox",
    runtime,
    Column("event_id", Uuid, primary_key=True),
    Column("type", String(128), nullable=False),
    Column("body_sha256", LargeBinary(32), nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    Index("ix_inbox_received_at", "received_at"),
)
"""Events whose effect is in this database; the mark commits with the effect."""

applied = Table(
    "applied",
    runtime,
    Column("aggregate", String(96), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("epoch", BigInteger, nullable=False, server_default=text("0")),
    Column("type", String(128)),
    Column("subject", String(64)),
    Column("at", UtcDateTime),
)
"""The highest epoch and version of each foreign aggregate applied here; a lower one is dropped.

``type``, ``subject`` and ``at`` are those of the event that brought it; see ``epochs``."""

epoch = Table(
    "epoch",
    runtime,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("number", BigInteger, nullable=False),
    Column("restored_to", UtcDateTime, nullable=False),
    CheckConstraint("id = 1", name="one_row"),
)
"""The real second at which this database was last restored, and to which moment; no row: never."""

known_epoch = Table(
    "known_epoch",
    runtime,
    Column("owner", String(32), primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("restored_to", UtcDateTime, nullable=False),
)
"""The newest epoch heard of from each owner of facts."""

attempts = Table(
    "attempts",
    runtime,
    Column("event_id", Uuid, primary_key=True),
    Column("tries", Integer, nullable=False),
    Column("first_at", UtcDateTime, nullable=False),
    Column("last_error", String(64), nullable=False),
)
"""Failed tries, counted here because the broker forgets them when it is killed."""

parked = Table(
    "parked",
    runtime,
    Column("id", Uuid, primary_key=True),
    Column("event_id", Uuid),
    Column("type", String(128), nullable=False),
    Column("subject", String(64)),
    Column("body", LargeBinary, nullable=False),
    Column("reason", String(64), nullable=False),
    Column("error", String(64), nullable=False),
    Column("tries", Integer, nullable=False),
    Column("parked_at", UtcDateTime, nullable=False),
    Column("status", String(16), nullable=False, server_default=text("'parked'")),
    Column("resolved_at", UtcDateTime),
    Column("resolved_by", String(96)),
    Column("resolution", String(64)),
    CheckConstraint("status IN ('parked', 'replayed', 'discarded')", name="status"),
    Index("ix_parked_status_parked_at", "status", "parked_at"),
    Index("ix_parked_subject", "subject"),
)
"""Events this service could not apply, kept with the reason until a person resolves them."""

audit = Table(
    "audit",
    runtime,
    Column("seq", Sequence64, primary_key=True, autoincrement=False),
    Column("at", UtcDateTime, nullable=False),
    Column("actor", String(96), nullable=False),
    Column("action", String(128), nullable=False),
    Column("object", String(96), nullable=False),
    Column("object_version", Integer),
    Column("subject", String(64)),
    Column("reason", String(64)),
    Column("correlation_id", String(64), nullable=False),
    Column("prev", LargeBinary(32), nullable=False, unique=True),
    Column("hash", LargeBinary(32), nullable=False, unique=True),
    Index("ix_audit_subject_seq", "subject", "seq"),
)
"""Who or which rule did what to what, when; each row seals the one before it."""

idempotency = Table(
    "idempotency",
    runtime,
    Column("actor", String(96), primary_key=True),
    Column("key", String(64), primary_key=True),
    Column("route", String(128), nullable=False),
    Column("request_sha256", LargeBinary(32), nullable=False),
    Column("status", Integer),
    Column("etag", String(32)),
    Column("response", Text),
    Column("created_at", UtcDateTime, nullable=False),
    Index("ix_idempotency_created_at", "created_at"),
)
"""The answer given to each Idempotency-Key, committed with the effect."""

standing = Table(
    "standing",
    runtime,
    Column("id", Uuid, primary_key=True),
    Column("staff_id", Uuid, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("about", String(64), nullable=False),
    Column("from_at", UtcDateTime, nullable=False),
    Column("until_at", UtcDateTime, nullable=False),
    CheckConstraint("kind IN ('covering', 'on-call', 'break-glass')", name="kind"),
    Index("ix_standing_staff_id_until_at", "staff_id", "until_at"),
)
"""What somebody may reach for a while beside their own caseload. ``about`` is the colleague they
stand in for, the team they are on call for, or the person whose record they opened."""

clock = Table(
    "clock",
    runtime,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("offset_seconds", Integer, nullable=False),
    CheckConstraint("id = 1", name="one_row"),
)
"""The demo clock's distance from real time; no row means none."""

heartbeat = Table(
    "heartbeat",
    runtime,
    Column("component", String(64), primary_key=True),
    Column("instance", String(64), primary_key=True),
    Column("tick_no", Integer, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("oldest_due_at", UtcDateTime),
)
"""The last sign of life of each ticking component, for the watcher and the portal's banner."""


def attach(metadata: MetaData) -> None:
    """Add the runtime's tables to a service's metadata, so its migrations hold them."""
    for table in runtime.sorted_tables:
        table.to_metadata(metadata)
