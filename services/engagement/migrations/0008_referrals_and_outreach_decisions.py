"""Referrals to activities, and decisions about people who cannot be reached.

Deployment: pre (the old release keeps working on the new schema).
"""

import sqlalchemy as sa
from alembic import op

from shared.runtime.columns import Json

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "referral",
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("state", Json, nullable=False),
        sa.PrimaryKeyConstraint("referral_id", name=op.f("pk_referral")),
    )
    op.create_index("ix_referral_patient", "referral", ["patient_id"], unique=False)
    op.create_table(
        "outreach_decision",
        sa.Column("decision_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("state", Json, nullable=False),
        sa.PrimaryKeyConstraint("decision_id", name=op.f("pk_outreach_decision")),
    )
    op.create_index(
        "ix_outreach_decision_patient", "outreach_decision", ["patient_id"], unique=False
    )


def downgrade() -> None:
    op.drop_table("outreach_decision")
    op.drop_table("referral")
