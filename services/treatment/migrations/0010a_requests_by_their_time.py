"""Open requests are found by what they ask for and when they were made.

Before 0011, which waits for the old release's end: what only adds comes first.

Deployment: pre (an index alone).
"""

from alembic import op

revision = "0010a"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_signature_request_asked", "signature_request", ["status", "what", "asked_at"]
    )


def downgrade() -> None:
    op.drop_index("ix_signature_request_asked", "signature_request")
