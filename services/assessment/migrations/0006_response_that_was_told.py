"""The response that was told last, so that a change of it is told once.

Deployment: pre (the old release keeps working on the new schema).
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "trajectory",
        sa.Column(
            "response", sa.String(length=32), nullable=False, server_default=sa.text("'unknown'")
        ),
    )


def downgrade() -> None:
    op.drop_column("trajectory", "response")
