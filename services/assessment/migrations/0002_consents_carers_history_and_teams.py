"""Consents, quiet hours, carers, the history of a record, and who works in which team.

Nobody has consented to anything and no team is known before the portal's facts come again:
replay them after this (until then a caller's own teams count as known).

Deployment: pre (the old release keeps working on the new schema).
"""

import sqlalchemy as sa
from alembic import op

from shared.runtime.columns import Json, UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "colleague_team",
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("team", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["staff_id"],
            ["colleague.staff_id"],
            name=op.f("fk_colleague_team_staff_id_colleague"),
        ),
        sa.PrimaryKeyConstraint("staff_id", "team", name=op.f("pk_colleague_team")),
    )
    op.create_index("ix_colleague_team_team", "colleague_team", ["team"])
    op.create_table(
        "patient_version",
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("record", Json, nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_by", sa.String(length=96), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["patient_id"],
            ["patient.patient_id"],
            name=op.f("fk_patient_version_patient_id_patient"),
        ),
        sa.PrimaryKeyConstraint("patient_id", "version", name=op.f("pk_patient_version")),
    )
    op.add_column("patient", sa.Column("postal_address", sa.String(length=500)))
    op.add_column("patient", sa.Column("quiet_hours", Json))
    op.add_column(
        "patient", sa.Column("consents", Json, nullable=False, server_default=sa.text("'{}'"))
    )
    op.add_column(
        "patient", sa.Column("carers", Json, nullable=False, server_default=sa.text("'[]'"))
    )


def downgrade() -> None:
    for column in ("carers", "consents", "quiet_hours", "postal_address"):
        op.drop_column("patient", column)
    op.drop_table("patient_version")
    op.drop_index("ix_colleague_team_team", table_name="colleague_team")
    op.drop_table("colleague_team")
