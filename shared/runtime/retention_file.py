"""How long each class of records is kept, as the deployer says in one file for all services.

A clinic's law decides, not we. Whoever runs the services names the file in
``MOORING_RETENTION_FILE``; every table may be left out::

    [contact]      # who somebody was: none by default, nobody is ever due
    after_care_years = 20
    source = "NHS Records Management Code of Practice, adult mental health"

    [events]       # facts told and taken in: 35 days
    days = 90
    source = "our own rule"

    [answers]      # answers kept for a repeated request: 7 days
    [notices]      # messages to staff and patients, and morning lists: without end

The clinical record and the audit trail have no time here: they are kept, and are no one's to end.
"""

import tomllib
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

LEAST_EVENT_DAYS = 35
"""Longer than the broker's 30 and a backup's interval: a lost store is refilled from them."""

Source = Annotated[str, Field(min_length=5)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    source: Source


class Contact(_Table):
    after_care_years: int = Field(ge=1, le=100)


class Events(_Table):
    days: int = Field(ge=LEAST_EVENT_DAYS, le=3650)


class Answers(_Table):
    days: int = Field(ge=1, le=LEAST_EVENT_DAYS)


class Notices(_Table):
    days: int = Field(ge=30, le=36500)


class Kept(BaseModel):
    """The file. What it leaves out is kept as the product does by itself."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    contact: Contact | None = None
    events: Events | None = None
    answers: Answers | None = None
    notices: Notices | None = None


def read_kept(path: Path | None) -> Kept:
    """The file, or what holds without one.

    Raises:
        ValueError: naming the file, the key and what does not fit.
    """
    if path is None:
        return Kept()
    try:
        return Kept.model_validate(tomllib.loads(path.read_text()))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise ValueError(f"{path.name}: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise ValueError(f"{path.name}: {key}: {first['msg']}") from error
