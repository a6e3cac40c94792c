"""Names and birth dates may be sealed from here on: the plain columns may be empty.

What is there already is sealed by the running service, in small batches. Going down again needs
names in the clear: it fails, rather than lose one, once the first has been sealed.

Deployment: post (the release before reads the plain columns).
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011c"
branch_labels = None
depends_on = None

_NAMES: dict[str, sa.types.TypeEngine[Any]] = {
    "given_name": sa.String(100),
    "family_name": sa.String(100),
    "birth_date": sa.Date(),
    "identity": sa.Text(),
}


def upgrade() -> None:
    op.drop_index("ix_patient_team", "patient")
    op.drop_index("ix_patient_birth_date", "patient")
    _names(may_be_empty=True)
    op.create_index("ix_patient_team", "patient", ["team", "status", "patient_id"])


def downgrade() -> None:
    op.drop_index("ix_patient_team", "patient")
    _names(may_be_empty=False)
    op.create_index("ix_patient_birth_date", "patient", ["birth_date"])
    op.create_index(
        "ix_patient_team",
        "patient",
        ["team", "status", "family_name", "given_name", "patient_id"],
    )


def _names(*, may_be_empty: bool) -> None:
    with op.batch_alter_table("patient") as patient:
        for name, kind in _NAMES.items():
            patient.alter_column(name, existing_type=kind, nullable=may_be_empty)
