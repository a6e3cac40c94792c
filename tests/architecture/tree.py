"""The tracked source of this repository, as the architecture tests look at it."""

import ast
import subprocess
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
SERVICES = ("assessment", "treatment", "engagement", "portal")


@cache
def tracked() -> tuple[Path, ...]:
    """Every tracked file that is there."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    paths = (ROOT / name for name in listed.split("\0") if name)
    return tuple(path for path in paths if path.is_file())


def modules(*under: str) -> Iterator[tuple[str, ast.Module]]:
    """The Python files below these folders, parsed, by their path."""
    for path in tracked():
        name = path.relative_to(ROOT).as_posix()
        if path.suffix == ".py" and name.startswith(under):
            yield name, ast.parse(path.read_text())


def imports(module: ast.Module) -> set[str]:
    """Every dotted name a module imports, whole modules and names alike."""
    found: set[str] = set()
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def toml(pattern: str) -> Iterator[dict[str, Any]]:
    """The content files that match."""
    for path in sorted(ROOT.glob(pattern)):
        yield tomllib.loads(path.read_text())
