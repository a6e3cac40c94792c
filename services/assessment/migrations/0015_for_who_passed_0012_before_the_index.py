"""0011c was put in before 0012 when some databases had passed it already. There it is made up for.

Deployment: catch-up (nothing is left to do wherever it was applied).
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    there = sa.inspect(op.get_bind())
    if "name_digest" in {column["name"] for column in there.get_columns("patient")}:
        return
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
    """What was made up for belongs to 0011c."""
