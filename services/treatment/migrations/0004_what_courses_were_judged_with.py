"""With which formulary each running course was last judged.

Deployment: pre (the old release keeps working on the new schema).
"""

import sqlalchemy as sa
from alembic import op

from shared.runtime.columns import Json, UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "formulary_seen",
        sa.Column("drug", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("changes", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("drug", name=op.f("pk_formulary_seen")),
    )
    op.create_table(
        "judged",
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("found", Json, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["course_id"], ["course.id"], name=op.f("fk_judged_course_id_course")
        ),
        sa.PrimaryKeyConstraint("course_id", name=op.f("pk_judged")),
    )


def downgrade() -> None:
    op.drop_table("judged")
    op.drop_table("formulary_seen")
