"""Who is on call for which team, and when.

Deployment: pre (the old release keeps working on the new schema).
"""

import sqlalchemy as sa
from alembic import op

from shared.runtime.columns import UtcDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "on_call_shift",
        sa.Column("shift_id", sa.Uuid(), nullable=False),
        sa.Column("team", sa.String(length=64), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("from_at", UtcDateTime(), nullable=False),
        sa.Column("until_at", UtcDateTime(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.Column("followed", sa.String(length=16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("until_at >= from_at", name=op.f("ck_on_call_shift_times")),
        sa.CheckConstraint(
            "followed IN ('planned', 'running', 'over')", name=op.f("ck_on_call_shift_followed")
        ),
        sa.PrimaryKeyConstraint("shift_id", name=op.f("pk_on_call_shift")),
    )
    op.create_index("ix_on_call_shift_team", "on_call_shift", ["team", "until_at"])
    op.create_index("ix_on_call_shift_followed", "on_call_shift", ["followed", "from_at"])
    op.create_index(
        "uq_on_call_shift_start",
        "on_call_shift",
        ["team", "from_at"],
        unique=True,
        sqlite_where=sa.text("NOT withdrawn"),
        postgresql_where=sa.text("NOT withdrawn"),
    )


def downgrade() -> None:
    op.drop_table("on_call_shift")
