"""The first of two signatures, kept with the request for the second.

Deployment: pre (the old release keeps working on the new schema).
"""

import sqlalchemy as sa
from alembic import op

from shared.runtime.columns import Json

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("signature_request", sa.Column("first_by", sa.Uuid(), nullable=True))
    op.add_column("signature_request", sa.Column("first_hash", sa.String(length=64), nullable=True))
    op.add_column("signature_request", sa.Column("first_reasons", Json, nullable=True))


def downgrade() -> None:
    for name in ("first_reasons", "first_hash", "first_by"):
        op.drop_column("signature_request", name)
