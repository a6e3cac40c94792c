"""0012d was put in before 0013 when some databases had passed 0013. There it is made up for.

Deployment: catch-up (nothing is left to do wherever it was applied).
"""

from services.engagement.migrations.steps import levels, summaries

revision = "0015b"
down_revision = "0015a"
branch_labels = None
depends_on = None


def upgrade() -> None:
    summaries.make_up_for()
    levels.make_up_for()


def downgrade() -> None:
    """What was made up for belongs to 0012d."""
