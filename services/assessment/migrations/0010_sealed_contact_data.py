"""Contact data sealed with a key per person, and people who were erased.

What is there already is sealed by the running service, in small batches.

Deployment: pre (the old release keeps working on the new schema; what it writes is sealed later).
"""

import sqlalchemy as sa
from alembic import op

from shared.runtime.columns import UtcDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("patient") as patient:
        patient.add_column(sa.Column("contact", sa.LargeBinary()))
        patient.add_column(sa.Column("erased_on", sa.Date()))
        patient.add_column(sa.Column("key_destroyed_at", UtcDateTime()))
    with op.batch_alter_table("patient_version") as version:
        version.add_column(sa.Column("personal", sa.LargeBinary()))
    _index(
        "ix_patient_unsealed", "patient", ["patient_id"], "contact IS NULL AND erased_on IS NULL"
    )
    _index(
        "ix_patient_to_forget",
        "patient",
        ["patient_id"],
        "erased_on IS NOT NULL AND key_destroyed_at IS NULL",
    )
    _index(
        "ix_patient_version_unsealed",
        "patient_version",
        ["patient_id", "version"],
        "personal IS NULL",
    )


def downgrade() -> None:
    op.drop_index("ix_patient_version_unsealed", "patient_version")
    op.drop_index("ix_patient_to_forget", "patient")
    op.drop_index("ix_patient_unsealed", "patient")
    with op.batch_alter_table("patient_version") as version:
        version.drop_column("personal")
    with op.batch_alter_table("patient") as patient:
        patient.drop_column("key_destroyed_at")
        patient.drop_column("erased_on")
        patient.drop_column("contact")


def _index(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(
        name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where)
    )
