"""One drug replaced by another, the formulation and rules a course was set up with.

Deployment: pre (the old release keeps working on the new schema).
"""

import sqlalchemy as sa
from alembic import op

from shared.runtime.columns import Json

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

PHASES = (
    "phase IN ('draft', 'withdrawn', 'titration', 'acute', 'responded', "
    "'continuation', 'maintenance', 'taper-planned', 'taper-active', 'taper-hold', "
    "'step-back', 'suspended', {more}'stopped-watch', 'closed')"
)
SUCCESSOR = "phase != 'switching-out' OR successor_id IS NOT NULL"


def upgrade() -> None:
    with op.batch_alter_table("course", schema=None) as batch_op:
        batch_op.add_column(sa.Column("jurisdiction", sa.String(length=8), nullable=True))
        batch_op.add_column(sa.Column("family", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("dose_since", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("replaces", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("successor_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("leaving", Json, nullable=False, server_default="[]"))
        batch_op.create_foreign_key(
            batch_op.f("fk_course_replaces_course"), "course", ["replaces"], ["id"]
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_course_successor_id_course"), "course", ["successor_id"], ["id"]
        )
        batch_op.drop_constraint(batch_op.f("ck_course_phase"), type_="check")
        batch_op.create_check_constraint(
            batch_op.f("ck_course_phase"),
            PHASES.format(more="'switching-out', 'switched', "),
        )
        batch_op.create_check_constraint(batch_op.f("ck_course_successor"), SUCCESSOR)


def downgrade() -> None:
    with op.batch_alter_table("course", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_course_successor"), type_="check")
        batch_op.drop_constraint(batch_op.f("ck_course_phase"), type_="check")
        batch_op.create_check_constraint(batch_op.f("ck_course_phase"), PHASES.format(more=""))
        batch_op.drop_constraint(batch_op.f("fk_course_successor_id_course"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("fk_course_replaces_course"), type_="foreignkey")
        for name in (
            "leaving",
            "successor_id",
            "replaces",
            "dose_since",
            "family",
            "jurisdiction",
        ):
            batch_op.drop_column(name)
