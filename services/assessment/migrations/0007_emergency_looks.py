"""Records opened in an emergency, and what a second person said about it.

Deployment: pre (the old release keeps working on the new schema).
"""

import sqlalchemy as sa
from alembic import op

from shared.runtime.columns import UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "emergency_look",
        sa.Column("grant_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.Column("reviewed_at", UtcDateTime(), nullable=True),
        sa.Column("reviewed_by", sa.Uuid(), nullable=True),
        sa.Column("judgement", sa.String(length=16), nullable=True),
        sa.Column("review_words", sa.Text(), nullable=True),
        sa.CheckConstraint("until > opened_at", name=op.f("ck_emergency_look_until")),
        sa.CheckConstraint(
            "judgement IS NULL OR reviewed_by <> staff_id", name=op.f("ck_emergency_look_four_eyes")
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"],
            ["patient.patient_id"],
            name=op.f("fk_emergency_look_patient_id_patient"),
        ),
        sa.PrimaryKeyConstraint("grant_id", name=op.f("pk_emergency_look")),
    )
    op.create_index(
        "ix_emergency_look_patient", "emergency_look", ["patient_id", "opened_at"], unique=False
    )
    op.create_index(
        "ix_emergency_look_opened_at", "emergency_look", ["opened_at", "grant_id"], unique=False
    )


def downgrade() -> None:
    op.drop_table("emergency_look")
