"""The indexes that 0012c replaces are gone: each that mentions the state is written to at every
change of it, and with it all the others.

Deployment: post (the release before lists and claims by them).
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017b"
branch_labels = None
depends_on = None

_OPEN = "state IN ('planned', 'visible', 'acknowledged')"
_LISTED = ["risk", "due_at", "reminder_id", "owed_at", "overdue_from", "kind", "state"]
_MINE = [*_LISTED, "item_id", "level", "team"]
_KEY = ["subject_kind", "subject_id", "subject_version", "ordinal", "kind", "level"]
_OLD = (
    ("uq_reminder_open", _KEY, _OPEN),
    ("ix_reminder_planned", ["due_at"], "state = 'planned'"),
    ("ix_reminder_team", ["team", *_LISTED], f"level = 0 AND {_OPEN}"),
    ("ix_reminder_owner", ["owner_id", "for_role", *_MINE], _OPEN),
)


def upgrade() -> None:
    for name, _, _ in _OLD:
        op.drop_index(name, table_name="reminder")


def downgrade() -> None:
    for name, columns, where in _OLD:
        op.create_index(
            name,
            "reminder",
            columns,
            unique=name.startswith("uq_"),
            sqlite_where=sa.text(where),
            postgresql_where=sa.text(where),
        )
