"""Signatures about support are kept with their proof, to be verified without the portal.

Before 0013, which waits for the old release's end: what only adds comes first.

Deployment: pre (only adds; the old release leaves it empty).
"""

import sqlalchemy as sa
from alembic import op

from shared.runtime.columns import UtcDateTime

revision = "0012b"
down_revision = "0012a"
branch_labels = None
depends_on = None


def upgrade() -> None:
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
    op.drop_table("signature")
