"""To which groups somebody belonged on a past day: each word about it is one row.

What was said before is not kept; the first word after stands for it. Before 0013, which waits for
the old release's end: what only adds comes first, so that one upgrade brings both.

Deployment: pre (the old release keeps working on the new schema).
"""

import sqlalchemy as sa
from alembic import op

from shared.runtime.columns import Json

revision = "0012a"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "group_point",
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("state", Json, nullable=False),
        sa.PrimaryKeyConstraint("patient_id", "kind", "version", name=op.f("pk_group_point")),
    )


def downgrade() -> None:
    op.drop_table("group_point")
