"""Programmes of support, contacts, and what is kept beside them.

Deployment: pre (the old release keeps working on the new schema).
"""

import sqlalchemy as sa
from alembic import op

from shared.runtime.columns import Json, UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "activity",
        sa.Column("activity_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("state", Json, nullable=False),
        sa.PrimaryKeyConstraint("activity_id", name=op.f("pk_activity")),
    )
    op.create_table(
        "contact",
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("programme_id", sa.Uuid(), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("mode", sa.String(length=32), nullable=False),
        sa.Column("outcome", sa.String(length=32), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("state", Json, nullable=False),
        sa.CheckConstraint("minutes >= 0 AND minutes <= 240", name=op.f("ck_contact_minutes")),
        sa.CheckConstraint(
            "outcome = 'took-place' OR minutes = 0", name=op.f("ck_contact_minutes_of_what")
        ),
        sa.PrimaryKeyConstraint("contact_id", name=op.f("pk_contact")),
    )
    op.create_index("ix_contact_patient", "contact", ["patient_id", "at"], unique=False)
    op.create_table(
        "course_point",
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("state", Json, nullable=False),
        sa.PrimaryKeyConstraint("course_id", "version", name=op.f("pk_course_point")),
    )
    op.create_index("ix_course_point_patient", "course_point", ["patient_id"], unique=False)
    op.create_table(
        "life_event",
        sa.Column("life_event_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("state", Json, nullable=False),
        sa.PrimaryKeyConstraint("life_event_id", name=op.f("pk_life_event")),
    )
    op.create_index("ix_life_event_patient", "life_event", ["patient_id"], unique=False)
    op.create_table(
        "motivation_drop",
        sa.Column("reading_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("state", Json, nullable=False),
        sa.PrimaryKeyConstraint("reading_id", name=op.f("pk_motivation_drop")),
    )
    op.create_index("ix_motivation_drop_patient", "motivation_drop", ["patient_id"], unique=False)
    op.create_table(
        "programme",
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("facilitator_id", sa.Uuid(), nullable=True),
        sa.Column("deputy_id", sa.Uuid(), nullable=True),
        sa.Column("gap_since", sa.Date(), nullable=True),
        sa.Column("state", Json, nullable=False),
        sa.CheckConstraint(
            "status IN ('active', 'closing-requested', 'closed')", name=op.f("ck_programme_status")
        ),
        sa.CheckConstraint(
            "status = 'closed' OR facilitator_id IS NOT NULL OR gap_since IS NOT NULL",
            name=op.f("ck_programme_facilitator_or_gap"),
        ),
        sa.PrimaryKeyConstraint("programme_id", name=op.f("pk_programme")),
    )
    op.create_index("ix_programme_patient", "programme", ["patient_id"], unique=False)
    op.create_index("ix_programme_facilitator", "programme", ["facilitator_id"], unique=False)
    op.create_index("ix_programme_deputy", "programme", ["deputy_id"], unique=False)
    op.create_table(
        "reading",
        sa.Column("assessment_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("state", Json, nullable=False),
        sa.PrimaryKeyConstraint("assessment_id", "version", name=op.f("pk_reading")),
    )
    op.create_index("ix_reading_patient", "reading", ["patient_id"], unique=False)
    op.create_table(
        "relapse_plan",
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("state", Json, nullable=False),
        sa.PrimaryKeyConstraint("plan_id", name=op.f("pk_relapse_plan")),
    )
    op.create_index("uq_relapse_plan_patient", "relapse_plan", ["patient_id"], unique=True)
    op.create_table(
        "support_profile",
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("state", Json, nullable=False),
        sa.PrimaryKeyConstraint("patient_id", name=op.f("pk_support_profile")),
    )
    op.create_table(
        "surroundings",
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("state", Json, nullable=False),
        sa.PrimaryKeyConstraint("patient_id", name=op.f("pk_surroundings")),
    )


def downgrade() -> None:
    for table in (
        "activity",
        "contact",
        "course_point",
        "life_event",
        "motivation_drop",
        "programme",
        "reading",
        "relapse_plan",
        "support_profile",
        "surroundings",
    ):
        op.drop_table(table)
