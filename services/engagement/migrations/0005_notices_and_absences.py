"""Notices with their attempts, preferences and kept lists; absences with what was said.

Deployment: pre (the old release keeps working on the new schema).
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.runtime.columns import UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")


def upgrade() -> None:
    op.add_column("patient", sa.Column("reach", JSON, nullable=True))
    op.create_table(
        "notice",
        sa.Column("notice_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=True),
        sa.Column("patient_id", sa.Uuid(), nullable=True),
        sa.Column("about", JSON, nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("channels", JSON, nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=16), nullable=True),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("not_before", UtcDateTime(), nullable=False),
        sa.Column("retry_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "state IN ('planned', 'sent', 'failed', 'not-done', 'cancelled')",
            name=op.f("ck_notice_state"),
        ),
        sa.CheckConstraint(
            "(state = 'planned') = (ended_at IS NULL)", name=op.f("ck_notice_ended")
        ),
        sa.CheckConstraint(
            "(state IN ('planned', 'sent')) = (reason IS NULL)", name=op.f("ck_notice_reason")
        ),
        sa.CheckConstraint(
            "staff_id IS NOT NULL OR patient_id IS NOT NULL", name=op.f("ck_notice_reader")
        ),
        sa.PrimaryKeyConstraint("notice_id", name=op.f("pk_notice")),
    )
    _partial("ix_notice_planned", ["not_before", "retry_at"], "state = 'planned'")
    op.create_index("ix_notice_staff", "notice", ["staff_id", "made_at"])
    _partial("ix_notice_unsent", ["made_at"], "state IN ('failed', 'not-done')")
    op.create_table(
        "delivery",
        sa.Column("notice_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("answer", sa.String(length=16), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("notice_id", "number", name=op.f("pk_delivery")),
    )
    op.create_table(
        "notice_preference",
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("channels", JSON, nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("webhook_url", sa.String(length=500), nullable=True),
        sa.Column("webhook_secret", sa.String(length=100), nullable=True),
        sa.Column("pace", sa.String(length=16), nullable=False),
        sa.Column("wording", sa.String(length=16), nullable=False),
        sa.Column("quiet_begins", sa.String(length=5), nullable=True),
        sa.Column("quiet_ends", sa.String(length=5), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("staff_id", name=op.f("pk_notice_preference")),
    )
    op.create_table(
        "digest",
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("items", JSON, nullable=False),
        sa.PrimaryKeyConstraint("staff_id", "day", name=op.f("pk_digest")),
    )
    _absences()


def _absences() -> None:
    op.create_table(
        "absence",
        sa.Column("absence_id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("cover_id", sa.Uuid(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.Column("followed", sa.String(length=16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_absence_days")),
        sa.CheckConstraint("staff_id <> cover_id", name=op.f("ck_absence_cover")),
        sa.CheckConstraint(
            "followed IN ('planned', 'running', 'over')", name=op.f("ck_absence_followed")
        ),
        sa.PrimaryKeyConstraint("absence_id", name=op.f("pk_absence")),
    )
    op.create_index("ix_absence_staff", "absence", ["staff_id", "ends_on"])
    op.create_index("ix_absence_cover", "absence", ["cover_id", "ends_on"])
    op.create_index("ix_absence_followed", "absence", ["followed", "starts_on"])
    op.create_table(
        "cover",
        sa.Column("absence_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("answer", sa.String(length=16), nullable=False),
        sa.CheckConstraint(
            "answer IN ('asked', 'accepted', 'declined')", name=op.f("ck_cover_answer")
        ),
        sa.ForeignKeyConstraint(
            ["absence_id"], ["absence.absence_id"], name=op.f("fk_cover_absence_id_absence")
        ),
        sa.PrimaryKeyConstraint("absence_id", "patient_id", name=op.f("pk_cover")),
    )
    op.create_index("ix_cover_patient", "cover", ["patient_id"])


def _partial(name: str, columns: list[str], where: str) -> None:
    op.create_index(
        name, "notice", columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where)
    )


def downgrade() -> None:
    for table in ("cover", "absence", "digest", "notice_preference", "delivery", "notice"):
        op.drop_table(table)
    with op.batch_alter_table("patient") as people:
        people.drop_column("reach")
