"""Signing by a fresh sign-in at the provider: whose session awaits it, and when it was given.

Deployment: pre (the old release keeps working on the new schema).
"""

import sqlalchemy as sa
from alembic import op

from shared.runtime.columns import UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("session", sa.Column("stepped_up_at", UtcDateTime(), nullable=True))
    op.add_column("sign_in_flow", sa.Column("session_hash", sa.String(length=64), nullable=True))


def downgrade() -> None:
    op.drop_column("sign_in_flow", "session_hash")
    op.drop_column("session", "stepped_up_at")
