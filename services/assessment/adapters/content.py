"""Clinical content: TOML files read, checked and turned into domain objects at start.

A bad file stops the start with the file, the key and the reason.
"""

import tomllib
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ConfigDict, TypeAdapter, ValidationError

from services.assessment.domain.content import Content
from services.assessment.domain.instrument import Instrument
from services.assessment.domain.rules import RuleSet
from services.assessment.domain.safety import SafetyRules
from services.assessment.domain.trajectory import Outcomes
from shared.runtime.service import Refused

HERE = Path(__file__).parent.parent
STRICT = ConfigDict(extra="forbid")
T = TypeVar("T")


class BadContent(Refused):
    """A content file cannot be used; the message names file, key and reason."""


@cache
def load(folder: Path = HERE, shadow_rules: Path | None = None) -> Content:
    """All content of the service; read once. ``shadow_rules`` is a folder with the files of a
    candidate version of the pathway.

    Raises:
        BadContent: naming the first file, key and reason.
    """
    paths = sorted((folder / "instruments").glob("*.toml"))
    instruments = {path.stem: read(Instrument, path) for path in paths}
    for name, instrument in instruments.items():
        if name != instrument.code:
            raise BadContent(f"{name}.toml: code: the file must be named {instrument.code}.toml")
    retired = _retired(folder / "instruments" / "retired")
    content = folder / "content"
    safety = read(SafetyRules, content / "safety.toml")
    pathway = read(RuleSet, *sorted((content / "pathway").glob("*.toml")))
    outcomes = read(Outcomes, content / "outcomes.toml")
    try:
        return Content(
            instruments=instruments,
            safety=safety,
            pathway=pathway,
            outcomes=outcomes,
            retired=retired,
            shadow=_shadow(shadow_rules),
        )
    except ValueError as problem:
        raise BadContent(str(problem)) from problem


def _retired(folder: Path) -> dict[tuple[str, str], Instrument]:
    """Versions nobody is asked any more, one ``<code>@<version>.toml`` each."""
    found = {}
    for path in sorted(folder.glob("*.toml")):
        instrument = read(Instrument, path)
        name = f"{instrument.code}@{instrument.version}.toml"
        if path.name != name:
            raise BadContent(f"{path.name}: version: the file must be named {name}")
        found[instrument.code, instrument.version] = instrument
    return found


def _shadow(folder: Path | None) -> RuleSet | None:
    if folder is None:
        return None
    paths = sorted(folder.glob("*.toml"))
    if not paths:
        raise BadContent(f"{folder.name}: there is no rule file in it")
    return read(RuleSet, *paths)


def read(kind: type[T], *paths: Path) -> T:
    """One domain object from one file, or from several that hold different keys of it.

    Raises:
        BadContent: naming file, key and reason.
    """
    names = " and ".join(path.name for path in paths)
    document: dict[str, Any] = {}
    for path in paths:
        part = _parse(path)
        if twice := document.keys() & part.keys():
            raise BadContent(f"{path.name}: {min(twice)}: given in another file already")
        document |= part
    try:
        (found,) = TypeAdapter(tuple[kind], config=STRICT).validate_python([document])  # type: ignore[valid-type]
    except ValidationError as problem:
        first = problem.errors(include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"][1:]) or "the whole file"
        raise BadContent(f"{names}: {key}: {first['msg']}") from problem
    return found


def _parse(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        raise BadContent(f"{path.name}: {problem}") from problem
