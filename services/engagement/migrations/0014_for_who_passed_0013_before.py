"""0012a was put in before 0013 when some databases had passed it already. There it is made up for.

Deployment: catch-up (nothing is left to do wherever it was applied).
"""

import sqlalchemy as sa
from alembic import op

from shared.runtime.columns import Json

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if "group_point" in sa.inspect(op.get_bind()).get_table_names():
        return
    op.create_table(
        "group_point",
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("state", Json, nullable=False),
        sa.PrimaryKeyConstraint("patient_id", "kind", "version", name=op.f("pk_group_point")),
    )


def downgrade() -> None:
    """What was made up for belongs to 0012a."""
