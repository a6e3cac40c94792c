"""0011a was put in before 0012 when some databases had passed it already. There it is made up for.

Deployment: catch-up (nothing is left to do wherever it was applied).
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_WHERE = "answered_by IS NOT NULL AND answered_by <> 'erased'"


def upgrade() -> None:
    there = sa.inspect(op.get_bind())
    if "answerer" in {column["name"] for column in there.get_columns("assessment")}:
        return
    op.add_column("assessment", sa.Column("answerer", sa.LargeBinary()))
    op.create_index(
        "ix_assessment_answered_in_the_clear",
        "assessment",
        ["assessment_id"],
        sqlite_where=sa.text(_WHERE),
        postgresql_where=sa.text(_WHERE),
    )


def downgrade() -> None:
    """What was made up for belongs to 0011a."""
