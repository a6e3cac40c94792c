"""Column types that behave alike on SQLite and PostgreSQL."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, Integer
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

Json = JSON().with_variant(JSONB(), "postgresql")

Sequence64 = BigInteger().with_variant(Integer(), "sqlite")
"""An autoincrementing 64-bit key; SQLite only autoincrements its plain INTEGER."""

_MICROGRAMS = Decimal(1000)


class UtcDateTime(TypeDecorator[datetime]):
    """An instant. Refuses naive values; SQLite stores UTC without offset and gets it back."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class MilligramsAsMicrograms(TypeDecorator[Decimal]):
    """A dose: ``Decimal`` milligrams in code, whole micrograms in the database.

    Raises:
        ValueError: the dose has more than three decimals of a milligram.
    """

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> int | None:
        if value is None:
            return None
        micrograms = Decimal(value) * _MICROGRAMS
        if micrograms != micrograms.to_integral_value():
            raise ValueError("a dose is stored to the microgram")
        return int(micrograms)

    def process_result_value(self, value: int | None, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value) / _MICROGRAMS
