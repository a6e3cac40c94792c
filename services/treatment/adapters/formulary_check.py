"""What the formulary knows only from memory or decides for itself."""

from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import BaseModel

from services.treatment.adapters.content_file import Sourced

PROVISIONAL = frozenset({"PD", "R-h", "R-m", "R-l"})


@dataclass(frozen=True, slots=True)
class Provisional:
    """One sourced table or row that still waits for a person's signature."""

    file: str
    key: str
    grade: str
    source: str


def provisional(file: str, content: BaseModel) -> Iterator[Provisional]:
    """Everything graded R or PD in one file, in the file's order."""
    return _found(file, "", content)


def _found(file: str, key: str, value: object) -> Iterator[Provisional]:
    if isinstance(value, tuple):
        for place, row in enumerate(value):
            yield from _found(file, f"{key}.{place}", row)
    elif isinstance(value, dict):
        for name, row in value.items():
            yield from _found(file, f"{key}.{name}", row)
    elif isinstance(value, BaseModel):
        if isinstance(value, Sourced) and value.grade in PROVISIONAL:
            yield Provisional(file, key.strip(".") or "(whole file)", value.grade, value.source)
        for name in type(value).model_fields:
            yield from _found(file, f"{key}.{name}", getattr(value, name))
