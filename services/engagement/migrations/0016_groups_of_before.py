"""The groups of everybody who was known before 0012a are put down as they are now, once.

Without it the first word kept later (another language, a barrier that was adapted to) would stand
for the years before it as well, and an old report would change with it. What is put down counts as
known all along (version 0, from before everything): nobody kept since when it was true.

Deployment: post (what the old release writes meanwhile is in it).
"""

from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa
from alembic import op

from shared.runtime.columns import Json

revision = "0016"
down_revision = "0015c"
branch_labels = None
depends_on = None

_ALL_ALONG = "1970-01-01T00:00:00Z"
_BATCH = 500
_point = sa.table(
    "group_point",
    sa.column("patient_id", sa.Uuid()),
    sa.column("kind", sa.String(16)),
    sa.column("version", sa.Integer()),
    sa.column("state", Json),
)


def _language(state: Mapping[str, Any]) -> list[str]:
    return [state["language"]]


def _barriers(state: Mapping[str, Any]) -> list[str]:
    return [one["barrier"] for one in state.get("adaptations", ())]


_KINDS: tuple[tuple[str, str, Callable[[Mapping[str, Any]], list[str]]], ...] = (
    ("language", "surroundings", _language),
    ("barriers", "support_profile", _barriers),
)


def upgrade() -> None:
    for kind, table, groups in _KINDS:
        _put_down(kind, table, groups)


def _put_down(kind: str, table: str, groups: Callable[[Mapping[str, Any]], list[str]]) -> None:
    known = sa.table(table, sa.column("patient_id", sa.Uuid()), sa.column("state", Json))
    said = sa.exists().where(_point.c.patient_id == known.c.patient_id, _point.c.kind == kind)
    bind = op.get_bind()
    found = bind.execute(sa.select(known.c.patient_id, known.c.state).where(~said)).all()
    for start in range(0, len(found), _BATCH):
        rows = [
            {
                "patient_id": row.patient_id,
                "kind": kind,
                "version": 0,
                "state": {
                    "patient_id": str(row.patient_id),
                    "kind": kind,
                    "version": 0,
                    "known_at": _ALL_ALONG,
                    "values": groups(row.state),
                },
            }
            for row in found[start : start + _BATCH]
        ]
        bind.execute(sa.insert(_point), rows)


def downgrade() -> None:
    op.execute(sa.delete(_point).where(_point.c.version == 0))
