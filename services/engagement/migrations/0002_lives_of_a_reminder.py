"""What is closed stays closed: what is owed again is a new row, the next life of its key.

Deployment: stop the old release first (it would reopen closed rows).
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

KEY = ["subject_kind", "subject_id", "subject_version", "ordinal", "kind", "level"]
OPEN = sa.text("state IN ('planned', 'visible', 'acknowledged')")
BEFORE = "level >= 0 AND ordinal >= 0 AND version >= 1"


def upgrade() -> None:
    with op.batch_alter_table("reminder") as table:
        table.add_column(sa.Column("life", sa.Integer(), nullable=False, server_default="1"))
        table.drop_constraint("uq_reminder_key", type_="unique")
        table.create_unique_constraint("uq_reminder_key", [*KEY, "life"])
        table.drop_constraint(op.f("ck_reminder_counts"), type_="check")
        table.create_check_constraint(op.f("ck_reminder_counts"), f"{BEFORE} AND life >= 1")
    with op.batch_alter_table("reminder") as table:
        table.alter_column("life", server_default=None)
    op.create_index(
        "uq_reminder_open", "reminder", KEY, unique=True, sqlite_where=OPEN, postgresql_where=OPEN
    )


def downgrade() -> None:
    op.execute("DELETE FROM reminder WHERE life > 1")
    op.drop_index("uq_reminder_open", table_name="reminder")
    with op.batch_alter_table("reminder") as table:
        table.drop_constraint(op.f("ck_reminder_counts"), type_="check")
        table.create_check_constraint(op.f("ck_reminder_counts"), BEFORE)
        table.drop_constraint("uq_reminder_key", type_="unique")
        table.create_unique_constraint("uq_reminder_key", KEY)
        table.drop_column("life")
