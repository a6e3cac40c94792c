"""From here on whoever changes a name changes its digest: the index of names is kept and asked.

What a database holds of it from another time may be out of date, so it begins empty. The running
service fills it in small batches, and opens until then whoever is not in it.

Deployment: post (the release before changes a name and leaves its digest).
"""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("UPDATE patient SET name_digest = NULL WHERE name_digest IS NOT NULL")


def downgrade() -> None:
    """It is out of date as soon as an older release works here, and nobody asks it."""
