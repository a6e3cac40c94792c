"""A person's history summed up, for the report of outcomes, and the triggers that keep it true.

Whatever is recorded about a person takes the mark off their summary, in the same transaction. A
trigger does it, because then it holds for a release that knows nothing of summaries and works
beside this one, and for rows that are mended by hand. Everybody begins without a mark: the engine
sums them up within a minute of the start, and until then they are counted from their records.
"""

from collections.abc import Iterator
from itertools import product

import sqlalchemy as sa
from alembic import op

from shared.runtime.columns import Json, UtcDateTime

SUMMED_UP = (
    "care_point",
    "contact",
    "course_point",
    "group_point",
    "programme",
    "reading",
    "support_profile",
    "surroundings",
)
_WHOSE = {"INSERT": "= NEW.patient_id", "DELETE": "= OLD.patient_id"}
_WHOSE["UPDATE"] = "IN (OLD.patient_id, NEW.patient_id)"
_BEGIN = """
    INSERT INTO history_summary (patient_id) SELECT NEW.patient_id
    WHERE NOT EXISTS (SELECT 1 FROM history_summary WHERE patient_id = NEW.patient_id);
"""


def add() -> None:
    """The table, a row for everybody, and the triggers. What is left of them is put aside."""
    op.create_table(
        "history_summary",
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("rules", sa.String(length=64), nullable=True),
        sa.Column("known_at", UtcDateTime(), nullable=True),
        sa.Column("state", Json, nullable=True),
        sa.PrimaryKeyConstraint("patient_id", name=op.f("pk_history_summary")),
    )
    op.create_index("ix_history_summary_rules", "history_summary", ["rules"])
    sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in (*_dropped(sqlite=sqlite), *(_on_sqlite() if sqlite else _on_postgresql())):
        op.get_bind().exec_driver_sql(statement)
    op.execute("INSERT INTO history_summary (patient_id) SELECT patient_id FROM patient")


def make_up_for() -> None:
    """``add``, where it was not done."""
    if "history_summary" not in sa.inspect(op.get_bind()).get_table_names():
        add()


def remove() -> None:
    """As before."""
    for statement in _dropped(sqlite=op.get_bind().dialect.name == "sqlite"):
        op.get_bind().exec_driver_sql(statement)
    op.drop_table("history_summary")


def _on_sqlite() -> Iterator[str]:
    yield f"CREATE TRIGGER history_summary_begins AFTER INSERT ON patient BEGIN {_BEGIN} END"
    for table, act in product(SUMMED_UP, _WHOSE):
        yield f"CREATE TRIGGER {_name(table, act)} AFTER {act} ON {table} BEGIN {_forget(act)} END"


def _on_postgresql() -> Iterator[str]:
    """A function for each act: in one for all, NEW or OLD would be unknown at times."""
    yield _function("begins", _BEGIN)
    yield _trigger("history_summary_begins", "INSERT", "patient", "begins")
    for act in _WHOSE:
        yield _function(act.lower(), _forget(act))
    for table, act in product(SUMMED_UP, _WHOSE):
        yield _trigger(_name(table, act), act, table, act.lower())


def _dropped(*, sqlite: bool) -> Iterator[str]:
    """What there is of them; all goes with the functions on PostgreSQL."""
    if sqlite:
        yield "DROP TRIGGER IF EXISTS history_summary_begins"
        yield from (
            f"DROP TRIGGER IF EXISTS {_name(table, act)}"
            for table, act in product(SUMMED_UP, _WHOSE)
        )
        return
    for name in ("begins", *(act.lower() for act in _WHOSE)):
        yield f"DROP FUNCTION IF EXISTS history_summary_{name}() CASCADE"


def _name(table: str, act: str) -> str:
    return f"history_summary_{table}_{act.lower()}"


def _forget(act: str) -> str:
    return f"UPDATE history_summary SET rules = NULL WHERE patient_id {_WHOSE[act]};"  # noqa: S608 - constants


def _function(name: str, does: str) -> str:
    return (
        f"CREATE FUNCTION history_summary_{name}() RETURNS trigger LANGUAGE plpgsql"
        f" AS $$ BEGIN {does} RETURN NULL; END $$"
    )


def _trigger(name: str, act: str, table: str, function: str) -> str:
    return (
        f"CREATE TRIGGER {name} AFTER {act} ON {table}"
        f" FOR EACH ROW EXECUTE FUNCTION history_summary_{function}()"
    )
