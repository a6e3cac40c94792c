"""Names and birth dates may be sealed from here on. Nothing changes in the schema: that this was
applied says that no release works here any more which could not read them.

Deployment: post (the release before reads the plain columns).
"""

revision = "0013"
down_revision = "0012e"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Only the revision moves on."""


def downgrade() -> None:
    """Only the revision moves back."""
