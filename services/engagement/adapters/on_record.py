"""All records of one person in one statement: each look costs the same, and most find nothing."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import (
    Select,
    String,
    Text,
    Uuid,
    bindparam,
    cast,
    literal_column,
    select,
    union_all,
)

from services.engagement.adapters.tables.row import Row
from services.engagement.application.ports import OnRecord, Surroundings
from services.engagement.domain.course import Course
from services.engagement.domain.flag import Flag
from services.engagement.domain.signature import Signature
from services.engagement.domain.support.contact import Contact
from services.engagement.domain.support.life_event import LifeEvent
from services.engagement.domain.support.lost import Decision
from services.engagement.domain.support.motivation import Drop
from services.engagement.domain.support.programme import Programme
from services.engagement.domain.support.relapse_plan import RelapsePlan
from shared.runtime.db import Transaction

_KINDS: Mapping[str, tuple[str, Any]] = {
    "programmes": ("programme", Programme),
    "contacts": ("contact", Contact),
    "life_events": ("life_event", LifeEvent),
    "drops": ("motivation_drop", Drop),
    "plans": ("relapse_plan", RelapsePlan),
    "decisions": ("outreach_decision", Decision),
    "surroundings": ("surroundings", Surroundings),
    "flags": ("flag", Flag),
    "courses": ("course", Course),
    "signatures": ("signature_request", Signature),
}
"""Fields of ``OnRecord``, each with its table and what its rows are."""
_READERS = {name: TypeAdapter(kind) for name, (_, kind) in _KINDS.items()}


def _records(name: str) -> Select[str, str, str]:
    table = Row.metadata.tables[_KINDS[name][0]]
    (key,) = table.primary_key.columns
    return select(
        literal_column(f"'{name}'", String).label("kind"),
        cast(key, Text).label("key"),
        cast(table.c.state, Text).label("state"),
    ).where(table.c.patient_id == bindparam("whose", type_=Uuid()))


_ALL = union_all(*map(_records, _KINDS)).order_by("kind", "key")


async def on_record(tx: Transaction, patient_id: UUID) -> OnRecord:
    """Everything about this person."""
    found: dict[str, list[Any]] = {name: [] for name in _KINDS}
    for kind, _, state in await tx.session.execute(_ALL, {"whose": patient_id}):
        found[kind].append(_READERS[kind].validate_json(state))
    return OnRecord(**found)
