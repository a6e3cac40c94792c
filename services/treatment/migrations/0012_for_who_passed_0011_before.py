"""0010a and 0010b were put in before 0011 when some databases had passed it already. There they are
made up for.

Deployment: catch-up (nothing is left to do wherever they were applied).
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    there = sa.inspect(op.get_bind())
    if "proof" in {column["name"] for column in there.get_columns("signature")}:
        return
    op.create_index(
        "ix_signature_request_asked", "signature_request", ["status", "what", "asked_at"]
    )
    op.add_column("signature", sa.Column("proof", sa.Text(), nullable=True))


def downgrade() -> None:
    """What was made up for belongs to 0010a and 0010b."""
