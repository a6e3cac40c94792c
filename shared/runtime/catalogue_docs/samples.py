"""One invented event per fact, every field filled. Samples are added, never changed."""

import types
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Literal, Union, get_args, get_origin
from uuid import UUID

from pydantic import AwareDatetime, BaseModel

from shared.events.envelope import AnyEvent, Fact

WHEN = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
SOMEONE = UUID("00000000-0000-4000-8000-000000000001")

_PLAIN: dict[Any, object] = {
    str: "example",
    bool: True,
    int: 1,
    Decimal: Decimal("12.5"),
    UUID: SOMEONE,
    date: WHEN.date(),
    datetime: WHEN,
    AwareDatetime: WHEN,
}


def sample(fact: type[Fact]) -> AnyEvent:
    """The fact in its envelope, as a service would publish it."""
    thing = next(iter(fact.model_fields))
    return AnyEvent(
        id=SOMEONE,
        source=f"/mooring/{fact.owner()}",
        type=fact.TYPE,
        subject=str(SOMEONE),
        time=WHEN,
        dataschema=f"urn:mooring:{fact.TYPE}",
        recordedby=f"staff:{SOMEONE}",
        aggregate=f"{thing.replace('_', '-')}:{SOMEONE}",
        version=1,
        correlationid=str(SOMEONE),
        causationid=str(SOMEONE),
        data=_filled(fact),
    )


def _filled(model: type[BaseModel]) -> BaseModel:
    return model(**{name: _value(f.annotation) for name, f in model.model_fields.items()})


def _value(kind: Any) -> object:
    if kind in _PLAIN:
        return _PLAIN[kind]
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Literal:
        return arguments[0]
    if origin is tuple:
        return (_value(arguments[0]),)
    if origin in {Union, types.UnionType}:
        return _value(next(a for a in arguments if a is not types.NoneType))
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return _filled(kind)
    raise TypeError(f"no sample value for {kind}: add one beside the others")
