"""Becoming visible writes to no index of the reminders (``steps.is_open``).

Before 0013, which waits for the old release's end: what only adds comes first.

Deployment: pre (the columns follow from the state by themselves, whichever release writes it).
"""

from services.engagement.migrations.steps import is_open

revision = "0012c"
down_revision = "0012b"
branch_labels = None
depends_on = None


def upgrade() -> None:
    is_open.add()


def downgrade() -> None:
    is_open.remove()
