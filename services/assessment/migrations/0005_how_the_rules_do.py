"""What each decision said about each rule, and what shadow rules would have proposed.

Deployment: pre (the old release keeps working on the new schema).
"""

import sqlalchemy as sa
from alembic import op

from shared.runtime.columns import Json, UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "shadow_comparison",
        sa.Column("proposal_id", sa.Uuid(), nullable=False),
        sa.Column("active_version", sa.String(length=32), nullable=False),
        sa.Column("shadow_version", sa.String(length=32), nullable=False),
        sa.Column("agrees", sa.Boolean(), nullable=False),
        sa.Column("active_arms", sa.Text(), nullable=False),
        sa.Column("shadow_arms", sa.Text(), nullable=False),
        sa.Column("differences", Json, nullable=False),
        sa.Column("compared_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["proposal_id"],
            ["pathway_proposal.proposal_id"],
            name=op.f("fk_shadow_comparison_proposal_id_pathway_proposal"),
        ),
        sa.PrimaryKeyConstraint("proposal_id", name=op.f("pk_shadow_comparison")),
    )
    op.create_index(
        "ix_shadow_comparison_version", "shadow_comparison", ["shadow_version", "compared_at"]
    )
    op.create_table(
        "rule_verdict",
        sa.Column("proposal_id", sa.Uuid(), nullable=False),
        sa.Column("rule", sa.String(length=32), nullable=False),
        sa.Column("part", sa.String(length=8), nullable=False),
        sa.Column("rule_version", sa.Integer(), nullable=False),
        sa.Column("overridden", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=True),
        sa.Column("decided_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("part IN ('offer', 'guard')", name=op.f("ck_rule_verdict_part")),
        sa.ForeignKeyConstraint(
            ["proposal_id"],
            ["pathway_proposal.proposal_id"],
            name=op.f("fk_rule_verdict_proposal_id_pathway_proposal"),
        ),
        sa.PrimaryKeyConstraint("proposal_id", "rule", "part", name=op.f("pk_rule_verdict")),
    )
    op.create_index("ix_rule_verdict_decided_at", "rule_verdict", ["decided_at", "rule"])


def downgrade() -> None:
    op.drop_index("ix_rule_verdict_decided_at", table_name="rule_verdict")
    op.drop_table("rule_verdict")
    op.drop_index("ix_shadow_comparison_version", table_name="shadow_comparison")
    op.drop_table("shadow_comparison")
