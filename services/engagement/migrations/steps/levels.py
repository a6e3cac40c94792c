"""Service levels count closed reminders from indexes. None is about a column that changes when a
reminder becomes visible: see ``is_open``."""

import sqlalchemy as sa
from alembic import op

_INDEXES = {
    "ix_reminder_done": ("due_at", "{closed} AND reason IS NULL"),
    "ix_reminder_cancelled": ("due_at", "reason IS NOT NULL"),
    "ix_reminder_again": ("life", "life > 1"),
}


def add() -> None:
    """The indexes."""
    for name, (column, where) in _INDEXES.items():
        op.create_index(
            name,
            "reminder",
            [column],
            sqlite_where=sa.text(where.format(closed="is_open = 0")),
            postgresql_where=sa.text(where.format(closed="NOT is_open")),
        )


def make_up_for() -> None:
    """``add``, where it was not done."""
    there = sa.inspect(op.get_bind()).get_indexes("reminder")
    if not _INDEXES.keys() & {one["name"] for one in there}:
        add()


def remove() -> None:
    """As before."""
    for name in _INDEXES:
        op.drop_index(name, table_name="reminder")
