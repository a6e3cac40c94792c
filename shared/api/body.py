"""What every request and response body has in common."""

from decimal import Decimal
from typing import Annotated, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer


class Body(BaseModel):
    """A request or response body: frozen, and an unknown field is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"


DoseMg = Annotated[
    Decimal,
    Field(ge=0, le=10_000, max_digits=9, decimal_places=3, allow_inf_nan=False),
    PlainSerializer(_plain, return_type=str, when_used="json"),
]
"""Milligrams a day as an exact decimal; a string such as ``"12.5"`` on the wire."""

Code = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{0,63}$")]
"""A stable code from a content file: lower case, digits, dots and dashes."""

Count = Annotated[int, Field(ge=0, le=2**31 - 1)]
"""A number of things, or the place of one; as much as both databases' integer columns hold."""

BirthYear = Annotated[
    int | None,
    Field(
        description="The year somebody was born in whose day of birth was erased: all that is known"
        " of it, and never to be shown as a day. Null where the day is known, or not even the year."
    ),
]
"""Beside a birth date, which is null then wherever it may be."""

Version = Annotated[int, Field(ge=1, le=2**31 - 1)]
"""Which version of a record was seen; the first is 1."""

T = TypeVar("T")


class Page(Body, Generic[T]):
    """One page of a list. ``next`` is the cursor of the following page, or null at the end."""

    items: tuple[T, ...]
    next: str | None = None
