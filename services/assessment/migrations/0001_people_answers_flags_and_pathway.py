"""People, answers, flags and the pathway.

Deployment: pre (the old release keeps working on the new schema).
"""

import sqlalchemy as sa
from alembic import op

from shared.runtime.columns import Json, UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:  # noqa: PLR0915 - one statement per table and index
    op.create_table(
        "applied",
        sa.Column("aggregate", sa.String(length=96), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("aggregate", name=op.f("pk_applied")),
    )
    op.create_table(
        "attempts",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("first_at", UtcDateTime(), nullable=False),
        sa.Column("last_error", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_attempts")),
    )
    op.create_table(
        "audit",
        sa.Column(
            "seq",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("actor", sa.String(length=96), nullable=False),
        sa.Column("action", sa.String(length=128), nullable=False),
        sa.Column("object", sa.String(length=96), nullable=False),
        sa.Column("object_version", sa.Integer(), nullable=True),
        sa.Column("subject", sa.String(length=64), nullable=True),
        sa.Column("reason", sa.String(length=64), nullable=True),
        sa.Column("correlation_id", sa.String(length=64), nullable=False),
        sa.Column("prev", sa.LargeBinary(length=32), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit")),
        sa.UniqueConstraint("hash", name=op.f("uq_audit_hash")),
        sa.UniqueConstraint("prev", name=op.f("uq_audit_prev")),
    )
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.create_index("ix_audit_subject_seq", ["subject", "seq"], unique=False)

    op.create_table(
        "clock",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("offset_seconds", sa.Integer(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_clock_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clock")),
    )
    op.create_table(
        "colleague",
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("staff_id", name=op.f("pk_colleague")),
    )
    op.create_table(
        "followed_course",
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("started_on", sa.Date(), nullable=False),
        sa.Column("primary_instrument", sa.String(length=64), nullable=False),
        sa.Column("closed", sa.Boolean(), nullable=False),
        sa.Column(
            "baselines",
            Json,
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("course_id", name=op.f("pk_followed_course")),
    )
    with op.batch_alter_table("followed_course", schema=None) as batch_op:
        batch_op.create_index(
            "ix_followed_course_patient", ["patient_id", "started_on"], unique=False
        )

    op.create_table(
        "heartbeat",
        sa.Column("component", sa.String(length=64), nullable=False),
        sa.Column("instance", sa.String(length=64), nullable=False),
        sa.Column("tick_no", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("oldest_due_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("component", "instance", name=op.f("pk_heartbeat")),
    )
    op.create_table(
        "idempotency",
        sa.Column("actor", sa.String(length=96), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("route", sa.String(length=128), nullable=False),
        sa.Column("request_sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("etag", sa.String(length=32), nullable=True),
        sa.Column("response", sa.Text(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("actor", "key", name=op.f("pk_idempotency")),
    )
    with op.batch_alter_table("idempotency", schema=None) as batch_op:
        batch_op.create_index("ix_idempotency_created_at", ["created_at"], unique=False)

    op.create_table(
        "inbox",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.String(length=128), nullable=False),
        sa.Column("body_sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_inbox")),
    )
    with op.batch_alter_table("inbox", schema=None) as batch_op:
        batch_op.create_index("ix_inbox_received_at", ["received_at"], unique=False)

    op.create_table(
        "outbox",
        sa.Column(
            "seq",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.String(length=128), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("aggregate", sa.String(length=96), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("published_at", UtcDateTime(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("next_try_at", UtcDateTime(), nullable=False),
        sa.Column("last_error", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_outbox")),
        sa.UniqueConstraint("aggregate", "version", name=op.f("uq_outbox_aggregate_version")),
        sa.UniqueConstraint("id", name=op.f("uq_outbox_id")),
    )
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.create_index(
            "ix_outbox_unpublished",
            ["seq"],
            unique=False,
            sqlite_where=sa.text("published_at IS NULL"),
            postgresql_where=sa.text("published_at IS NULL"),
        )

    op.create_table(
        "parked",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=True),
        sa.Column("type", sa.String(length=128), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=False),
        sa.Column("error", sa.String(length=64), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("parked_at", UtcDateTime(), nullable=False),
        sa.Column(
            "status", sa.String(length=16), server_default=sa.text("'parked'"), nullable=False
        ),
        sa.Column("resolved_at", UtcDateTime(), nullable=True),
        sa.Column("resolved_by", sa.String(length=96), nullable=True),
        sa.Column("resolution", sa.String(length=64), nullable=True),
        sa.CheckConstraint(
            "status IN ('parked', 'replayed', 'discarded')", name=op.f("ck_parked_status")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parked")),
    )
    with op.batch_alter_table("parked", schema=None) as batch_op:
        batch_op.create_index("ix_parked_status_parked_at", ["status", "parked_at"], unique=False)
        batch_op.create_index("ix_parked_subject", ["subject"], unique=False)

    op.create_table(
        "patient",
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("team", sa.String(length=64), nullable=False),
        sa.Column("enrolled_on", sa.Date(), nullable=False),
        sa.Column("left_on", sa.Date(), nullable=True),
        sa.Column("left_reason", sa.Text(), nullable=True),
        sa.Column("given_name", sa.String(length=100), nullable=False),
        sa.Column("family_name", sa.String(length=100), nullable=False),
        sa.Column("birth_date", sa.Date(), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("language", sa.String(length=32), nullable=False),
        sa.Column("phone", sa.String(length=32), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("neutral_wording", sa.Boolean(), nullable=False),
        sa.Column("identity", sa.Text(), nullable=False),
        sa.Column("namesake", sa.Integer(), nullable=False),
        sa.Column("duplicate_reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(status = 'active') = (left_on IS NULL)", name=op.f("ck_patient_left_on")
        ),
        sa.CheckConstraint(
            "status IN ('active', 'left-care', 'deceased')", name=op.f("ck_patient_status")
        ),
        sa.CheckConstraint("version >= 1", name=op.f("ck_patient_version")),
        sa.PrimaryKeyConstraint("patient_id", name=op.f("pk_patient")),
        sa.UniqueConstraint(
            "identity",
            "birth_date",
            "namesake",
            name=op.f("uq_patient_identity_birth_date_namesake"),
        ),
    )
    with op.batch_alter_table("patient", schema=None) as batch_op:
        batch_op.create_index("ix_patient_birth_date", ["birth_date"], unique=False)
        batch_op.create_index(
            "ix_patient_team",
            ["team", "status", "family_name", "given_name", "patient_id"],
            unique=False,
        )

    op.create_table(
        "trajectory",
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("remission_on", sa.Date(), nullable=True),
        sa.Column("relapse_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("patient_id", name=op.f("pk_trajectory")),
    )
    op.create_table(
        "assessment",
        sa.Column("assessment_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("instrument", sa.String(length=64), nullable=False),
        sa.Column("instrument_version", sa.String(length=32), nullable=False),
        sa.Column("taken_at", UtcDateTime(), nullable=False),
        sa.Column("taken_on", sa.Date(), nullable=False),
        sa.Column("mode", sa.String(length=16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.Column("positive", sa.Boolean(), nullable=True),
        sa.Column(
            "answers",
            Json,
            nullable=False,
        ),
        sa.Column(
            "score",
            Json,
            nullable=False,
        ),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_by", sa.String(length=96), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint("version >= 1", name=op.f("ck_assessment_version")),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.patient_id"], name=op.f("fk_assessment_patient_id_patient")
        ),
        sa.PrimaryKeyConstraint("assessment_id", name=op.f("pk_assessment")),
        sa.UniqueConstraint(
            "patient_id",
            "instrument",
            "taken_at",
            name=op.f("uq_assessment_patient_id_instrument_taken_at"),
        ),
    )
    with op.batch_alter_table("assessment", schema=None) as batch_op:
        batch_op.create_index(
            "ix_assessment_patient", ["patient_id", "taken_at", "assessment_id"], unique=False
        )

    op.create_table(
        "care_team",
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.patient_id"], name=op.f("fk_care_team_patient_id_patient")
        ),
        sa.PrimaryKeyConstraint("patient_id", "staff_id", name=op.f("pk_care_team")),
    )
    with op.batch_alter_table("care_team", schema=None) as batch_op:
        batch_op.create_index("ix_care_team_staff", ["staff_id", "patient_id"], unique=False)

    op.create_table(
        "intake",
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "answers",
            Json,
            nullable=False,
        ),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_by", sa.String(length=96), nullable=False),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.patient_id"], name=op.f("fk_intake_patient_id_patient")
        ),
        sa.PrimaryKeyConstraint("patient_id", "version", name=op.f("pk_intake")),
    )
    op.create_table(
        "pathway_proposal",
        sa.Column("proposal_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("proposed_at", UtcDateTime(), nullable=False),
        sa.Column("ruleset_version", sa.String(length=32), nullable=False),
        sa.Column(
            "proposal",
            Json,
            nullable=False,
        ),
        sa.Column("verdict", sa.String(length=16), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column(
            "decision",
            Json,
            nullable=True,
        ),
        sa.CheckConstraint("version >= 1", name=op.f("ck_pathway_proposal_version")),
        sa.ForeignKeyConstraint(
            ["patient_id"],
            ["patient.patient_id"],
            name=op.f("fk_pathway_proposal_patient_id_patient"),
        ),
        sa.PrimaryKeyConstraint("proposal_id", name=op.f("pk_pathway_proposal")),
    )
    with op.batch_alter_table("pathway_proposal", schema=None) as batch_op:
        batch_op.create_index(
            "ix_pathway_proposal_patient",
            ["patient_id", "proposed_at", "proposal_id"],
            unique=False,
        )

    op.create_table(
        "safety_flag",
        sa.Column("flag_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("trigger_code", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("rule", sa.String(length=96), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("grade", sa.String(length=32), nullable=False),
        sa.Column("assessment_id", sa.Uuid(), nullable=True),
        sa.Column("raised_at", UtcDateTime(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("acknowledged_by", sa.Uuid(), nullable=True),
        sa.Column("acknowledged_at", UtcDateTime(), nullable=True),
        sa.Column("closed_by", sa.Uuid(), nullable=True),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("outcome", sa.String(length=64), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(status = 'closed') = (closed_by IS NOT NULL AND outcome IS NOT NULL)",
            name=op.f("ck_safety_flag_closed"),
        ),
        sa.CheckConstraint(
            "status <> 'acknowledged' OR acknowledged_by IS NOT NULL",
            name=op.f("ck_safety_flag_taken_on"),
        ),
        sa.CheckConstraint(
            "status IN ('open', 'acknowledged', 'closed')", name=op.f("ck_safety_flag_status")
        ),
        sa.CheckConstraint(
            "level BETWEEN 0 AND 3 AND version >= 1", name=op.f("ck_safety_flag_counts")
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.patient_id"], name=op.f("fk_safety_flag_patient_id_patient")
        ),
        sa.PrimaryKeyConstraint("flag_id", name=op.f("pk_safety_flag")),
    )
    with op.batch_alter_table("safety_flag", schema=None) as batch_op:
        batch_op.create_index("ix_safety_flag_patient", ["patient_id", "raised_at"], unique=False)
        batch_op.create_index(
            "ix_safety_flag_status", ["status", "due_at", "flag_id"], unique=False
        )

    op.create_table(
        "assessment_version",
        sa.Column("assessment_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "answers",
            Json,
            nullable=False,
        ),
        sa.Column(
            "score",
            Json,
            nullable=False,
        ),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_by", sa.String(length=96), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["assessment_id"],
            ["assessment.assessment_id"],
            name=op.f("fk_assessment_version_assessment_id_assessment"),
        ),
        sa.PrimaryKeyConstraint("assessment_id", "version", name=op.f("pk_assessment_version")),
    )


def downgrade() -> None:  # noqa: PLR0915 - one statement per table and index
    op.drop_table("assessment_version")
    with op.batch_alter_table("safety_flag", schema=None) as batch_op:
        batch_op.drop_index("ix_safety_flag_status")
        batch_op.drop_index("ix_safety_flag_patient")

    op.drop_table("safety_flag")
    with op.batch_alter_table("pathway_proposal", schema=None) as batch_op:
        batch_op.drop_index("ix_pathway_proposal_patient")

    op.drop_table("pathway_proposal")
    op.drop_table("intake")
    with op.batch_alter_table("care_team", schema=None) as batch_op:
        batch_op.drop_index("ix_care_team_staff")

    op.drop_table("care_team")
    with op.batch_alter_table("assessment", schema=None) as batch_op:
        batch_op.drop_index("ix_assessment_patient")

    op.drop_table("assessment")
    op.drop_table("trajectory")
    with op.batch_alter_table("patient", schema=None) as batch_op:
        batch_op.drop_index("ix_patient_team")
        batch_op.drop_index("ix_patient_birth_date")

    op.drop_table("patient")
    with op.batch_alter_table("parked", schema=None) as batch_op:
        batch_op.drop_index("ix_parked_subject")
        batch_op.drop_index("ix_parked_status_parked_at")

    op.drop_table("parked")
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_outbox_unpublished",
            sqlite_where=sa.text("published_at IS NULL"),
            postgresql_where=sa.text("published_at IS NULL"),
        )

    op.drop_table("outbox")
    with op.batch_alter_table("inbox", schema=None) as batch_op:
        batch_op.drop_index("ix_inbox_received_at")

    op.drop_table("inbox")
    with op.batch_alter_table("idempotency", schema=None) as batch_op:
        batch_op.drop_index("ix_idempotency_created_at")

    op.drop_table("idempotency")
    op.drop_table("heartbeat")
    with op.batch_alter_table("followed_course", schema=None) as batch_op:
        batch_op.drop_index("ix_followed_course_patient")

    op.drop_table("followed_course")
    op.drop_table("colleague")
    op.drop_table("clock")
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.drop_index("ix_audit_subject_seq")

    op.drop_table("audit")
    op.drop_table("attempts")
    op.drop_table("applied")
