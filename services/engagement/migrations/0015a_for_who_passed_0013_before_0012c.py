"""0012c was put in before 0013 when some databases had passed 0013. There it is made up for.

Deployment: catch-up (nothing is left to do wherever it was applied).
"""

from services.engagement.migrations.steps import is_open

revision = "0015a"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    is_open.make_up_for()


def downgrade() -> None:
    """What was made up for belongs to 0012c."""
