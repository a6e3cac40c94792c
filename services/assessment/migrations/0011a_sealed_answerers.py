"""Room for the sealed name of whoever answered in somebody's place.

Before 0012, which waits for the old release's end: what only adds comes first, so that one upgrade
brings both.

Deployment: pre (only adds; the old release reads and writes the plain column).
"""

import sqlalchemy as sa
from alembic import op

revision = "0011a"
down_revision = "0011"
branch_labels = None
depends_on = None

_WHERE = "answered_by IS NOT NULL AND answered_by <> 'erased'"


def upgrade() -> None:
    op.add_column("assessment", sa.Column("answerer", sa.LargeBinary()))
    op.create_index(
        "ix_assessment_answered_in_the_clear",
        "assessment",
        ["assessment_id"],
        sqlite_where=sa.text(_WHERE),
        postgresql_where=sa.text(_WHERE),
    )


def downgrade() -> None:
    op.drop_index("ix_assessment_answered_in_the_clear", "assessment")
    op.drop_column("assessment", "answerer")
