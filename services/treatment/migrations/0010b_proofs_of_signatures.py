"""What was signed can be verified later, without the portal: the signed token and its public key.

Before 0011, which waits for the old release's end: what only adds comes first.

Deployment: pre (only adds; the old release leaves it empty).
"""

import sqlalchemy as sa
from alembic import op

revision = "0010b"
down_revision = "0010a"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("signature", sa.Column("proof", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("signature", "proof")
