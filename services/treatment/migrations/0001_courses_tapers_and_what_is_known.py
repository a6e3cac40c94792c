"""Courses, tapers, and what is known of people.

Deployment: pre (the old release keeps working on the new schema).
"""

import sqlalchemy as sa
from alembic import op

from shared.runtime.columns import Json, MilligramsAsMicrograms, UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TAKING = (
    "phase IN ('acute', 'continuation', 'maintenance', 'responded', 'step-back', "
    "'suspended', 'taper-active', 'taper-hold', 'taper-planned', 'titration')"
)
PHASES = (
    "phase IN ('draft', 'withdrawn', 'titration', 'acute', 'responded', "
    "'continuation', 'maintenance', 'taper-planned', 'taper-active', 'taper-hold', "
    "'step-back', 'suspended', 'stopped-watch', 'closed')"
)


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
        "flag",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flag")),
    )
    with op.batch_alter_table("flag", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_flag_patient_id"), ["patient_id"], unique=False)

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
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=True),
        sa.Column("team", sa.String(length=64), nullable=True),
        sa.Column("enrolled_on", sa.Date(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("birth_date", sa.Date(), nullable=True),
        sa.Column("time_zone", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patient")),
    )
    with op.batch_alter_table("patient", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_patient_team"), ["team"], unique=False)

    op.create_table(
        "reading",
        sa.Column("assessment_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("instrument", sa.String(length=64), nullable=False),
        sa.Column("taken_on", sa.Date(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("assessment_id", name=op.f("pk_reading")),
    )
    with op.batch_alter_table("reading", schema=None) as batch_op:
        batch_op.create_index(
            "ix_reading_patient_id", ["patient_id", "instrument", "taken_on"], unique=False
        )

    op.create_table(
        "signature",
        sa.Column("token_id", sa.String(length=64), nullable=False),
        sa.Column("object", sa.String(length=128), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("meaning", sa.String(length=64), nullable=False),
        sa.Column("signed_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("token_id", name=op.f("pk_signature")),
    )
    with op.batch_alter_table("signature", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_signature_object"), ["object"], unique=False)

    op.create_table(
        "care_team",
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("fk_care_team_patient_id_patient")
        ),
        sa.PrimaryKeyConstraint("patient_id", "staff_id", name=op.f("pk_care_team")),
    )
    with op.batch_alter_table("care_team", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_care_team_staff_id"), ["staff_id"], unique=False)

    op.create_table(
        "course",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("phase", sa.String(length=32), nullable=False),
        sa.Column("drug", sa.String(length=64), nullable=False),
        sa.Column("indication", sa.String(length=64), nullable=False),
        sa.Column("instrument", sa.String(length=64), nullable=False),
        sa.Column("prescriber_id", sa.Uuid(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("started_on", sa.Date(), nullable=True),
        sa.Column("suicide_concern", sa.Boolean(), nullable=False),
        sa.Column("dose_mg", MilligramsAsMicrograms(), nullable=False),
        sa.Column("dose_text", sa.Text(), nullable=False),
        sa.Column("titration", Json, nullable=False),
        sa.Column("marks", Json, nullable=False),
        sa.Column("pauses", Json, nullable=False),
        sa.Column("reviews_made", sa.Integer(), nullable=False),
        sa.Column("resumes_to", sa.String(length=32), nullable=True),
        sa.Column("plan_id", sa.Uuid(), nullable=True),
        sa.Column("ending", sa.String(length=32), nullable=True),
        sa.Column("harm", sa.String(length=64), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            PHASES,
            name=op.f("ck_course_phase"),
        ),
        sa.CheckConstraint("dose_mg >= 0", name=op.f("ck_course_dose")),
        sa.CheckConstraint("version >= 1", name=op.f("ck_course_version")),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("fk_course_patient_id_patient")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_course")),
    )
    with op.batch_alter_table("course", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_course_patient_id"), ["patient_id"], unique=False)
        batch_op.create_index(
            "uq_course_taking",
            ["patient_id"],
            unique=True,
            sqlite_where=sa.text(TAKING),
            postgresql_where=sa.text(TAKING),
        )

    op.create_table(
        "health_profile",
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("conditions", Json, nullable=False),
        sa.Column("medicines", Json, nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("fk_health_profile_patient_id_patient")
        ),
        sa.PrimaryKeyConstraint("patient_id", "version", name=op.f("pk_health_profile")),
    )
    op.create_table(
        "check_in",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("plan_version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("said", Json, nullable=False),
        sa.Column("proposal", Json, nullable=False),
        sa.Column("assessment_ids", Json, nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["course_id"], ["course.id"], name=op.f("fk_check_in_course_id_course")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_check_in")),
    )
    with op.batch_alter_table("check_in", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_check_in_course_id"), ["course_id"], unique=False)

    op.create_table(
        "journal",
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("dose_mg", MilligramsAsMicrograms(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("known", Json, nullable=False),
        sa.Column("recorded_by", sa.String(length=96), nullable=False),
        sa.ForeignKeyConstraint(
            ["course_id"], ["course.id"], name=op.f("fk_journal_course_id_course")
        ),
        sa.PrimaryKeyConstraint("course_id", "version", name=op.f("pk_journal")),
    )
    with op.batch_alter_table("journal", schema=None) as batch_op:
        batch_op.create_index("ix_journal_patient_id", ["patient_id", "at"], unique=False)

    op.create_table(
        "review",
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("for_role", sa.String(length=32), nullable=False),
        sa.Column("rule", sa.String(length=32), nullable=False),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["course_id"], ["course.id"], name=op.f("fk_review_course_id_course")
        ),
        sa.PrimaryKeyConstraint("course_id", "ordinal", name=op.f("pk_review")),
    )
    with op.batch_alter_table("review", schema=None) as batch_op:
        batch_op.create_index(
            "ix_review_owed",
            ["due_on"],
            unique=False,
            sqlite_where=sa.text("done_at IS NULL"),
            postgresql_where=sa.text("done_at IS NULL"),
        )

    op.create_table(
        "taper_plan",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("plan_version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("outline", Json, nullable=False),
        sa.Column("readiness", Json, nullable=True),
        sa.Column("early_reason", sa.Text(), nullable=True),
        sa.Column("drafted_by", sa.Uuid(), nullable=False),
        sa.Column("drafted_at", UtcDateTime(), nullable=False),
        sa.Column("rulebook", sa.String(length=128), nullable=False),
        sa.Column("signed_by", sa.Uuid(), nullable=True),
        sa.Column("signed_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "(state = 'draft') = (signed_by IS NULL)", name=op.f("ck_taper_plan_signed_by")
        ),
        sa.ForeignKeyConstraint(
            ["course_id"], ["course.id"], name=op.f("fk_taper_plan_course_id_course")
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name=op.f("fk_taper_plan_patient_id_patient")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_taper_plan")),
    )
    with op.batch_alter_table("taper_plan", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_taper_plan_course_id"), ["course_id"], unique=False)

    op.create_table(
        "taper",
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("plan_version", sa.Integer(), nullable=False),
        sa.Column("policy", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("planned", Json, nullable=False),
        sa.Column("hold_until", sa.Date(), nullable=True),
        sa.Column("held_days", sa.Integer(), nullable=False),
        sa.Column("holds", sa.Integer(), nullable=False),
        sa.Column("proposal", Json, nullable=True),
        sa.Column("proposed_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["course_id"], ["course.id"], name=op.f("fk_taper_course_id_course")
        ),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["taper_plan.id"], name=op.f("fk_taper_plan_id_taper_plan")
        ),
        sa.PrimaryKeyConstraint("plan_id", name=op.f("pk_taper")),
    )
    with op.batch_alter_table("taper", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_taper_course_id"), ["course_id"], unique=False)

    op.create_table(
        "taper_look",
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["taper.plan_id"], name=op.f("fk_taper_look_plan_id_taper")
        ),
        sa.PrimaryKeyConstraint("plan_id", "ordinal", name=op.f("pk_taper_look")),
    )
    with op.batch_alter_table("taper_look", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_taper_look_due_on"), ["due_on"], unique=False)

    op.create_table(
        "taper_step",
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("supply_on", sa.Date(), nullable=False),
        sa.Column("change_on", sa.Date(), nullable=False),
        sa.Column("previous_mg", MilligramsAsMicrograms(), nullable=False),
        sa.Column("previous_text", sa.Text(), nullable=False),
        sa.Column("dose_mg", MilligramsAsMicrograms(), nullable=False),
        sa.Column("dose_text", sa.Text(), nullable=False),
        sa.Column("supply_text", sa.Text(), nullable=False),
        sa.Column("check_in_early_on", sa.Date(), nullable=True),
        sa.Column("check_in_gate_on", sa.Date(), nullable=True),
        sa.Column("supply_confirmed_at", UtcDateTime(), nullable=True),
        sa.Column("taken_on", sa.Date(), nullable=True),
        sa.Column("taken_at", UtcDateTime(), nullable=True),
        sa.Column("early_check_in_at", UtcDateTime(), nullable=True),
        sa.Column("gate_check_in_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("dose_mg < previous_mg", name=op.f("ck_taper_step_falls")),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["taper.plan_id"], name=op.f("fk_taper_step_plan_id_taper")
        ),
        sa.PrimaryKeyConstraint("plan_id", "ordinal", name=op.f("pk_taper_step")),
    )
    with op.batch_alter_table("taper_step", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_taper_step_change_on"), ["change_on"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_taper_step_check_in_early_on"), ["check_in_early_on"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_taper_step_check_in_gate_on"), ["check_in_gate_on"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_taper_step_supply_on"), ["supply_on"], unique=False)


def downgrade() -> None:  # noqa: PLR0915 - the same, backwards
    with op.batch_alter_table("taper_step", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_taper_step_supply_on"))
        batch_op.drop_index(batch_op.f("ix_taper_step_check_in_gate_on"))
        batch_op.drop_index(batch_op.f("ix_taper_step_check_in_early_on"))
        batch_op.drop_index(batch_op.f("ix_taper_step_change_on"))

    op.drop_table("taper_step")
    with op.batch_alter_table("taper_look", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_taper_look_due_on"))

    op.drop_table("taper_look")
    with op.batch_alter_table("taper", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_taper_course_id"))

    op.drop_table("taper")
    with op.batch_alter_table("taper_plan", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_taper_plan_course_id"))

    op.drop_table("taper_plan")
    with op.batch_alter_table("review", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_review_owed",
            sqlite_where=sa.text("done_at IS NULL"),
            postgresql_where=sa.text("done_at IS NULL"),
        )

    op.drop_table("review")
    with op.batch_alter_table("journal", schema=None) as batch_op:
        batch_op.drop_index("ix_journal_patient_id")

    op.drop_table("journal")
    with op.batch_alter_table("check_in", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_check_in_course_id"))

    op.drop_table("check_in")
    op.drop_table("health_profile")
    with op.batch_alter_table("course", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_course_taking",
            sqlite_where=sa.text(TAKING),
            postgresql_where=sa.text(TAKING),
        )
        batch_op.drop_index(batch_op.f("ix_course_patient_id"))

    op.drop_table("course")
    with op.batch_alter_table("care_team", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_care_team_staff_id"))

    op.drop_table("care_team")
    with op.batch_alter_table("signature", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_signature_object"))

    op.drop_table("signature")
    with op.batch_alter_table("reading", schema=None) as batch_op:
        batch_op.drop_index("ix_reading_patient_id")

    op.drop_table("reading")
    with op.batch_alter_table("patient", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_patient_team"))

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
    with op.batch_alter_table("flag", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_flag_patient_id"))

    op.drop_table("flag")
    op.drop_table("clock")
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.drop_index("ix_audit_subject_seq")

    op.drop_table("audit")
    op.drop_table("attempts")
    op.drop_table("applied")
