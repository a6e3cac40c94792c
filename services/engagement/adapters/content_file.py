"""Reading one content file. A bad one stops the start with its name, the key and the reason."""

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.runtime.service import Refused

Text = Annotated[str, Field(min_length=1)]
T = TypeVar("T", bound=BaseModel)


class BadContent(Refused):
    """A content file cannot be used; the sentence names file, key and reason."""


class Section(BaseModel):
    """A part of a content file; an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Sourced(Section):
    """A part whose figures come from somewhere. ``PD`` is provisional, ``R`` is recalled."""

    source: Text
    grade: Literal["V1", "V2", "D", "PD", "R-h", "R-m", "R-l", "V1 + PD", "V2 + PD"]


def read(path: Path, model: type[T]) -> T:
    """The file as this model.

    Raises:
        BadContent: it cannot be read or does not fit.
    """
    try:
        raw: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        return model.model_validate(raw)
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise BadContent(f"{path}: {error}") from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "file"
        raise BadContent(f"{path}: {where}: {first['msg']}") from error
