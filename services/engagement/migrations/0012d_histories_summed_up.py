"""Outcomes are counted from one row of each person (``steps.summaries``), and service levels from
indexes (``steps.levels``).

Before 0013, which waits for the old release's end: what only adds comes first.

Deployment: pre (triggers keep the rows true, whichever release writes).
"""

from services.engagement.migrations.steps import levels, summaries

revision = "0012d"
down_revision = "0012c"
branch_labels = None
depends_on = None


def upgrade() -> None:
    summaries.add()
    levels.add()


def downgrade() -> None:
    levels.remove()
    summaries.remove()
