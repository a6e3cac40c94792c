"""Outcomes as of a past day are counted from rows that were summed up too (``steps.befores``).

Before 0013, which waits for the old release's end: what only adds comes first.

Deployment: pre (the old release knows nothing of the table, and counts from its own mark alone).
"""

from services.engagement.migrations.steps import befores

revision = "0012e"
down_revision = "0012d"
branch_labels = None
depends_on = None


def upgrade() -> None:
    befores.add()


def downgrade() -> None:
    befores.remove()
