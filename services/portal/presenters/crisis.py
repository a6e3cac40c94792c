"""Where somebody in danger finds help: content by jurisdiction, read at start."""

import tomllib
from pathlib import Path

from pydantic import Field, ValidationError

from shared.api.body import Body
from shared.runtime.service import Refused

_FILE = Path(__file__).parent.parent / "content" / "crisis.toml"


class Line(Body):
    """A number to call. ``hours`` says when somebody answers."""

    name: str = Field(min_length=1)
    number: str = Field(pattern=r"^[0-9+ ]+$")
    hours: str = Field(min_length=1)

    @property
    def dial(self) -> str:
        """The number as a telephone takes it."""
        return f"tel:{self.number.replace(' ', '')}"


class Crisis(Body):
    """What every page without an account shows."""

    emergency: str = Field(pattern=r"^[0-9]+$")
    emergency_words: str = Field(min_length=1)
    lines: tuple[Line, ...] = Field(min_length=1)
    source: str = Field(min_length=1)
    grade: str = Field(min_length=1)


def load(jurisdiction: str, path: Path = _FILE) -> Crisis:
    """The numbers of one jurisdiction.

    Raises:
        Refused: naming file, key and reason.
    """
    try:
        return Crisis.model_validate(tomllib.loads(path.read_text("utf-8"))[jurisdiction])
    except KeyError as problem:
        raise Refused(f"{path.name}: {jurisdiction}: nothing is said about it") from problem
    except ValidationError as problem:
        first = problem.errors(include_url=False)[0]
        key = ".".join(str(part) for part in (jurisdiction, *first["loc"]))
        raise Refused(f"{path.name}: {key}: {first['msg']}") from problem
