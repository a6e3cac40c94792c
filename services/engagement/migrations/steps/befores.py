"""What was known of each person before their summary: the report of outcomes as of a past day."""

import sqlalchemy as sa
from alembic import op

from shared.runtime.columns import Json, UtcDateTime


def add() -> None:
    """The table. The engine fills it as it sums people up."""
    op.create_table(
        "history_before",
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("known_until", UtcDateTime(), nullable=False),
        sa.Column("state", Json, nullable=False),
        sa.PrimaryKeyConstraint("patient_id", "known_until", name=op.f("pk_history_before")),
    )


def make_up_for() -> None:
    """``add``, where it was not done."""
    if "history_before" not in sa.inspect(op.get_bind()).get_table_names():
        add()


def remove() -> None:
    """As before."""
    op.drop_table("history_before")
