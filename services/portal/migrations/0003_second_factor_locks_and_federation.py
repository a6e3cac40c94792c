"""Second factors, locks, known browsers, identity providers, programs with credentials.

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
    op.add_column(
        "session",
        sa.Column("awaits_code", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    _for_staff("second_factor", *_second_factor())
    _for_staff(
        "account_lock",
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("locked_at", UtcDateTime(), nullable=True),
    )
    op.create_table(
        "device",
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.staff_id"], name=op.f("fk_device_staff_id_staff")
        ),
        sa.PrimaryKeyConstraint("secret_hash", name=op.f("pk_device")),
    )
    op.create_index(op.f("ix_device_staff_id"), "device", ["staff_id"])
    op.create_index(op.f("ix_device_seen_at"), "device", ["seen_at"])
    op.create_table(
        "federated",
        sa.Column("issuer", sa.String(length=255), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.staff_id"], name=op.f("fk_federated_staff_id_staff")
        ),
        sa.PrimaryKeyConstraint("issuer", "subject", name=op.f("pk_federated")),
    )
    op.create_index(op.f("ix_federated_staff_id"), "federated", ["staff_id"])
    op.create_table(
        "sign_in_flow",
        sa.Column("state_hash", sa.String(length=64), nullable=False),
        sa.Column("browser_hash", sa.String(length=64), nullable=False),
        sa.Column("nonce", sa.String(length=64), nullable=False),
        sa.Column("verifier", sa.String(length=128), nullable=False),
        sa.Column("back_to", sa.String(length=512), nullable=False),
        sa.Column("began_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("state_hash", name=op.f("pk_sign_in_flow")),
    )
    op.create_index(op.f("ix_sign_in_flow_began_at"), "sign_in_flow", ["began_at"])
    op.create_table(
        "client",
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("client_id", name=op.f("pk_client")),
        sa.UniqueConstraint("staff_id", name=op.f("uq_client_staff_id")),
    )


def _second_factor() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("secret", sa.String(length=64), nullable=False),
        sa.Column("confirmed_at", UtcDateTime(), nullable=True),
        sa.Column("last_step", sa.Integer(), nullable=False),
        sa.Column("recovery", Json, nullable=False),
    )


def _for_staff(name: str, *columns: sa.Column[object]) -> None:
    op.create_table(
        name,
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        *columns,
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.staff_id"], name=op.f(f"fk_{name}_staff_id_staff")
        ),
        sa.PrimaryKeyConstraint("staff_id", name=op.f(f"pk_{name}")),
    )


def downgrade() -> None:
    for name in ("client", "sign_in_flow", "federated", "device", "account_lock", "second_factor"):
        op.drop_table(name)
    op.drop_column("session", "awaits_code")
