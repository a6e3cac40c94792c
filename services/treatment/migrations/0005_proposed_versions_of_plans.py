"""Proposed and kept versions of a plan, stressors, and the standing order a plan was signed with.

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
    op.add_column("taper_plan", sa.Column("standing_days", sa.Integer(), nullable=True))
    op.add_column("taper", sa.Column("starts_on", sa.Date(), nullable=True))
    op.add_column("taper", sa.Column("standing_days", sa.Integer(), nullable=True))
    with op.batch_alter_table("taper_step") as step:
        step.drop_constraint(op.f("ck_taper_step_falls"), type_="check")
        step.create_check_constraint(
            op.f("ck_taper_step_falls"), "dose_mg < previous_mg OR ordinal = 0"
        )
    op.create_table(
        "taper_version",
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("plan_version", sa.Integer(), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("taper", Json, nullable=False),
        sa.Column("made_by", sa.String(length=96), nullable=False),
        sa.ForeignKeyConstraint(
            ["course_id"], ["course.id"], name=op.f("fk_taper_version_course_id_course")
        ),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["taper_plan.id"], name=op.f("fk_taper_version_plan_id_taper_plan")
        ),
        sa.PrimaryKeyConstraint("plan_id", "plan_version", name=op.f("pk_taper_version")),
    )
    op.create_index(op.f("ix_taper_version_course_id"), "taper_version", ["course_id"])
    op.create_table(
        "plan_change",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("from_version", sa.Integer(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=True),
        sa.Column("on", sa.Date(), nullable=True),
        sa.Column("outline", Json, nullable=True),
        sa.Column("diff", Json, nullable=False),
        sa.Column("rule", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.String(length=96), nullable=False),
        sa.Column("proposed_at", UtcDateTime(), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("decline_reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(state IN ('signed', 'declined')) = (decided_by IS NOT NULL)",
            name=op.f("ck_plan_change_decided_by"),
        ),
        sa.CheckConstraint("(days IS NULL) = (kind <> 'hold')", name=op.f("ck_plan_change_days")),
        sa.ForeignKeyConstraint(
            ["course_id"], ["course.id"], name=op.f("fk_plan_change_course_id_course")
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("fk_plan_change_patient_id_patient")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_change")),
    )
    op.create_index(op.f("ix_plan_change_course_id"), "plan_change", ["course_id"])
    op.create_table(
        "life_event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("no_step_before", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_life_event")),
    )
    op.create_index(op.f("ix_life_event_patient_id"), "life_event", ["patient_id"])


def downgrade() -> None:
    op.drop_table("life_event")
    op.drop_table("plan_change")
    op.drop_table("taper_version")
    op.execute("DELETE FROM taper_step WHERE dose_mg >= previous_mg")
    with op.batch_alter_table("taper_step") as step:
        step.drop_constraint(op.f("ck_taper_step_falls"), type_="check")
        step.create_check_constraint(op.f("ck_taper_step_falls"), "dose_mg < previous_mg")
    with op.batch_alter_table("taper") as taper:
        taper.drop_column("standing_days")
        taper.drop_column("starts_on")
    with op.batch_alter_table("taper_plan") as plan:
        plan.drop_column("standing_days")
