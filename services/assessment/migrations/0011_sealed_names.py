"""Room for names and birth dates sealed with a key per person.

Deployment: pre (only adds; names are sealed after 0012, when nobody is left who cannot read them).
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("patient") as patient:
        patient.add_column(sa.Column("who", sa.LargeBinary()))
    where = sa.text("who IS NULL AND erased_on IS NULL")
    op.create_index(
        "ix_patient_named_in_the_clear",
        "patient",
        ["patient_id"],
        sqlite_where=where,
        postgresql_where=where,
    )


def downgrade() -> None:
    op.drop_index("ix_patient_named_in_the_clear", "patient")
    with op.batch_alter_table("patient") as patient:
        patient.drop_column("who")
