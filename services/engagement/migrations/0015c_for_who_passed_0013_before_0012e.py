"""0012e was put in before 0013 when some databases had passed 0013. There it is made up for.

Deployment: catch-up (nothing is left to do wherever it was applied).
"""

from services.engagement.migrations.steps import befores

revision = "0015c"
down_revision = "0015b"
branch_labels = None
depends_on = None


def upgrade() -> None:
    befores.make_up_for()


def downgrade() -> None:
    """What was made up for belongs to 0012e."""
