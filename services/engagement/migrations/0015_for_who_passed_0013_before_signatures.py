"""0012b was put in before 0013 when some databases had passed it already. There it is made up for.

Deployment: catch-up (nothing is left to do wherever it was applied).
"""

import sqlalchemy as sa
from alembic import op

from shared.runtime.columns import UtcDateTime

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if "signature" in sa.inspect(op.get_bind()).get_table_names():
        return
    op.create_table(
        "signature",
        sa.Column("token_id", sa.String(length=64), nullable=False),
        sa.Column("object", sa.String(length=128), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("meaning", sa.String(length=64), nullable=False),
        sa.Column("signed_at", UtcDateTime, nullable=False),
        sa.Column("proof", sa.Text(), nullable=True),
        sa.Column("document", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("token_id", name=op.f("pk_signature")),
    )
    op.create_index(op.f("ix_signature_object"), "signature", ["object"])


def downgrade() -> None:
    """What was made up for belongs to 0012b."""
