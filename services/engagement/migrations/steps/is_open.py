"""What lists and the claim ask of a reminder's state gets columns of its own, which stay as they
are when it becomes visible: PostgreSQL then writes to no index, if the row's page has some room."""

import sqlalchemy as sa
from alembic import op

_FOLLOW = {
    "is_open": "state IN ('planned', 'visible', 'acknowledged')",
    "is_in_hand": "state = 'acknowledged'",
}
_LISTED = ("risk", "due_at", "reminder_id", "owed_at", "overdue_from", "kind", "is_in_hand")
_KEY = ("subject_kind", "subject_id", "subject_version", "ordinal", "kind", "level")
_INDEXES = {
    "uq_reminder_one_open": (_KEY, "{open}"),
    "ix_reminder_due": (("due_at",), "{open}"),
    "ix_reminder_of_team": (("team", *_LISTED), "level = 0 AND {open}"),
    "ix_reminder_of_owner": (
        ("owner_id", "for_role", *_LISTED, "item_id", "level", "team"),
        "{open}",
    ),
}
_FILLED = 80
"""Percent of a page that new rows may fill."""


def add() -> None:
    """The columns and their indexes, beside those of before."""
    if _is_postgres():
        op.execute(f"ALTER TABLE reminder SET (fillfactor = {_FILLED})")
    for name, sql in _FOLLOW.items():
        op.add_column("reminder", sa.Column(name, sa.Boolean(), _computed(sql), nullable=False))
    for name, (columns, where) in _INDEXES.items():
        op.create_index(
            name,
            "reminder",
            columns,
            unique=name.startswith("uq_"),
            sqlite_where=sa.text(where.format(open="is_open = 1")),
            postgresql_where=sa.text(where.format(open="is_open")),
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
    for name in reversed(_FOLLOW):
        op.drop_column("reminder", name)
    if _is_postgres():
        op.execute("ALTER TABLE reminder RESET (fillfactor)")


def _computed(sql: str) -> sa.Computed:
    """Kept in the row on PostgreSQL; SQLite cannot add such a column later, and reckons it."""
    return sa.Computed(sql, persisted=_is_postgres())


def _is_postgres() -> bool:
    return op.get_context().dialect.name == "postgresql"
