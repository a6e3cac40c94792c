"""Epochs: what a restore leaves behind, and when each foreign aggregate was taken in.

Deployment: pre (the old release keeps working on the new schema).
"""

import sqlalchemy as sa
from alembic import op

from shared.runtime.columns import UtcDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "applied",
        sa.Column("epoch", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
    )
    op.add_column("applied", sa.Column("type", sa.String(length=128), nullable=True))
    op.add_column("applied", sa.Column("subject", sa.String(length=64), nullable=True))
    op.add_column("applied", sa.Column("at", UtcDateTime(), nullable=True))
    op.create_table(
        "epoch",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("restored_to", UtcDateTime(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_epoch_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_epoch")),
    )
    op.create_table(
        "known_epoch",
        sa.Column("owner", sa.String(length=32), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("restored_to", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("owner", name=op.f("pk_known_epoch")),
    )


def downgrade() -> None:
    op.drop_table("known_epoch")
    op.drop_table("epoch")
    for name in ("at", "subject", "type", "epoch"):
        op.drop_column("applied", name)
