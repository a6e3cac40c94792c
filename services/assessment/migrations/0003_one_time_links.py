"""One-time links, and who answered in a person's place.

Deployment: pre (the old release keeps working on the new schema).
"""

import sqlalchemy as sa
from alembic import op

from shared.runtime.columns import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "invitation",
        sa.Column("invitation_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("instrument", sa.String(length=64), nullable=False),
        sa.Column("instrument_version", sa.String(length=32), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("secret_sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("assessment_id", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "status IN ('open', 'used', 'revoked')", name=op.f("ck_invitation_status")
        ),
        sa.CheckConstraint(
            "(status = 'open') = (ended_at IS NULL)", name=op.f("ck_invitation_ended")
        ),
        sa.CheckConstraint(
            "(status = 'used') = (assessment_id IS NOT NULL)", name=op.f("ck_invitation_used")
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.patient_id"], name=op.f("fk_invitation_patient_id_patient")
        ),
        sa.PrimaryKeyConstraint("invitation_id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("secret_sha256", name=op.f("uq_invitation_secret_sha256")),
    )
    op.create_index(
        "ix_invitation_patient", "invitation", ["patient_id", "created_at", "invitation_id"]
    )
    op.add_column("assessment", sa.Column("answered_by", sa.String(length=100)))


def downgrade() -> None:
    op.drop_column("assessment", "answered_by")
    op.drop_index("ix_invitation_patient", table_name="invitation")
    op.drop_table("invitation")
