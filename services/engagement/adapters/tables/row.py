"""What every table of this service builds on."""

from sqlalchemy import Index, MetaData, text
from sqlalchemy.orm import registry
from sqlmodel import SQLModel

from shared.runtime.tables import NAMING


class Row(SQLModel, registry=registry(metadata=MetaData(naming_convention=NAMING))):
    """Every table of this service."""


def partial(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    """An index of the rows that meet ``where`` alone."""
    return Index(
        name, *columns, unique=unique, sqlite_where=text(where), postgresql_where=text(where)
    )
