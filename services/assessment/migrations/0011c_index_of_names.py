"""Room for a keyed digest of name and birth date, by which a duplicate is found.

Before 0012, which waits for the old release's end: what only adds comes first.

Deployment: pre (only adds; it is written and read after 0016, when every release keeps it).
"""

import sqlalchemy as sa
from alembic import op

revision = "0011c"
down_revision = "0011b"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("patient", sa.Column("name_digest", sa.LargeBinary()))
    where = sa.text("erased_on IS NULL")
    op.create_index(
        "ix_patient_name_digest",
        "patient",
        ["name_digest"],
        sqlite_where=where,
        postgresql_where=where,
    )


def downgrade() -> None:
    op.drop_index("ix_patient_name_digest", "patient")
    op.drop_column("patient", "name_digest")
