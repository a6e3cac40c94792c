"""Room for names, birth dates, mail addresses and carers sealed with a key per person.

Deployment: pre (only adds; names are sealed after 0013, when nobody is left who cannot read them).
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("patient") as patient:
        patient.add_column(sa.Column("who", sa.LargeBinary()))
    with op.batch_alter_table("surroundings") as surroundings:
        surroundings.add_column(sa.Column("near", sa.LargeBinary()))
    where = sa.text("who IS NULL AND given_name IS NOT NULL")
    op.create_index(
        "ix_patient_named_in_the_clear",
        "patient",
        ["patient_id"],
        sqlite_where=where,
        postgresql_where=where,
    )


def downgrade() -> None:
    op.drop_index("ix_patient_named_in_the_clear", "patient")
    with op.batch_alter_table("surroundings") as surroundings:
        surroundings.drop_column("near")
    with op.batch_alter_table("patient") as patient:
        patient.drop_column("who")
