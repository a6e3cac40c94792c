"""Where a person was in care on a past day: each word about it is one row.

What was said before is not kept; the first word after says since when somebody is in care.

Deployment: pre (the old release keeps working on the new schema).
"""

import sqlalchemy as sa
from alembic import op

from shared.runtime.columns import Json

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "care_point",
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("state", Json, nullable=False),
        sa.PrimaryKeyConstraint("patient_id", "version", name=op.f("pk_care_point")),
    )


def downgrade() -> None:
    op.drop_table("care_point")
