"""Write or check what is made from the catalogue: ``docs``, ``samples`` or ``check``."""

import hashlib
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from shared.events import FACTS
from shared.events.envelope import Event, Fact
from shared.runtime.catalogue_docs import asyncapi, markdown
from shared.runtime.catalogue_docs.compatibility import breaks
from shared.runtime.catalogue_docs.samples import sample

ROOT = Path(__file__).parents[3]
PAGES: dict[str, Callable[[], str]] = {
    "shared/EVENTS.md": markdown.render,
    "shared/asyncapi.json": asyncapi.render,
}
SAMPLES = "tests/contract/samples"
SCHEMAS = "tests/contract/schemas"
SUMS = "SHA256SUMS"


def write_docs(root: Path = ROOT) -> list[str]:
    """Write the generated pages."""
    for name, render in PAGES.items():
        (root / name).write_text(render())
    return []


def write_samples(root: Path = ROOT) -> list[str]:
    """Write samples and schemas of new facts and of new optional fields; what was refused."""
    refused = list(_breaking(root))
    if refused:
        return refused
    for fact in FACTS:
        _schema_file(root, fact).write_text(_schema_text(fact))
        newest, following = _sample_files(root, fact)
        if newest is None or newest.read_text() != _sample_text(fact):
            _add_sample(following, _sample_text(fact))
    return []


def check(root: Path = ROOT) -> list[str]:
    """What is missing, out of date or breaks a promise."""
    stale = [
        f"{name} is out of date: run make docs"
        for name, render in PAGES.items()
        if not (root / name).exists() or (root / name).read_text() != render()
    ]
    return [*stale, *_breaking(root), *_unwritten(root), *_altered(root)]


def _breaking(root: Path) -> Iterator[str]:
    current = {fact.TYPE: fact for fact in FACTS}
    for path in sorted((root / SCHEMAS).glob("*.json")):
        fact = current.get(path.stem)
        if fact is None:
            yield f"{path.stem}: removed; somebody may still send it"
            continue
        for what in breaks(json.loads(path.read_text()), json.loads(_schema_text(fact))):
            yield f"{path.stem}: {what}; publish a new version beside it instead"


def _unwritten(root: Path) -> Iterator[str]:
    for fact in FACTS:
        schema = _schema_file(root, fact)
        if not schema.exists() or schema.read_text() != _schema_text(fact):
            yield f"{fact.TYPE}: its schema is not written down: run make samples"
        newest, _ = _sample_files(root, fact)
        if newest is None or newest.read_text() != _sample_text(fact):
            yield f"{fact.TYPE}: has no sample with every field: run make samples"


def _altered(root: Path) -> Iterator[str]:
    """Samples that are not as they were when they were added."""
    folder = root / SAMPLES
    lines = (folder / SUMS).read_text().splitlines() if (folder / SUMS).exists() else []
    listed = {name: total for total, _, name in (line.partition("  ") for line in lines)}
    present = {path.name: _sum(path.read_text()) for path in folder.glob("*.json")}
    for name in sorted(listed.keys() | present.keys()):
        if listed.get(name) != present.get(name):
            yield f"{SAMPLES}/{name}: a sample is added once and never changed or removed"


def _add_sample(path: Path, text: str) -> None:
    with path.open("x") as file:
        file.write(text)
    with (path.parent / SUMS).open("a") as sums:
        sums.write(f"{_sum(text)}  {path.name}\n")


def _sum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _schema_text(fact: type[Fact]) -> str:
    return _json(Event[fact].model_json_schema())  # type: ignore[valid-type]


def _sample_text(fact: type[Fact]) -> str:
    return _json(json.loads(sample(fact).to_bytes()))


def _schema_file(root: Path, fact: type[Fact]) -> Path:
    return root / SCHEMAS / f"{fact.TYPE}.json"


def _sample_files(root: Path, fact: type[Fact]) -> tuple[Path | None, Path]:
    """The newest sample of a fact, and the file a further one goes to."""
    folder, number = root / SAMPLES, 1
    newest, following = None, folder / f"{fact.TYPE}.json"
    while following.exists():
        number += 1
        newest, following = following, folder / f"{fact.TYPE}.{number}.json"
    return newest, following


def _json(value: Any) -> str:
    return json.dumps(value, indent=1, sort_keys=True) + "\n"


COMMANDS = {"docs": write_docs, "samples": write_samples, "check": check}


def main() -> int:
    """Run one command; the number of findings is printed and decides the exit code."""
    command = COMMANDS.get(sys.argv[1] if len(sys.argv) > 1 else "")
    if command is None:
        print(f"one of: {', '.join(COMMANDS)}", file=sys.stderr)  # noqa: T201
        return 2
    findings = command()
    for finding in findings:
        print(finding, file=sys.stderr)  # noqa: T201
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
