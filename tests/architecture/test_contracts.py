"""The import contracts hold, and each of them bites: a planted violation breaks the build."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT, tracked

PLANTED = {
    "a new file beside the layers": (
        "services/treatment/utils.py",
        "",
        "__main__ > main > adapters > application > domain",
    ),
    "a domain that knows its use cases": (
        "services/treatment/domain/planted.py",
        "from services.treatment import application",
        "__main__ > main > adapters > application > domain",
    ),
    "a use case that knows its adapters": (
        "services/engagement/application/planted.py",
        "from services.engagement import adapters",
        "__main__ > main > adapters > application > domain",
    ),
    "a presenter that knows a page": (
        "services/portal/presenters/planted.py",
        "from services.portal import pages",
        "__main__ > main > pages > presenters, clients, identity",
    ),
    "a new file in the portal": (
        "services/portal/helpers.py",
        "",
        "__main__ > main > pages > presenters, clients, identity",
    ),
    "a service that imports another": (
        "services/portal/pages/planted.py",
        "from services.engagement import domain",
        "A service never imports another",
    ),
    "a fact that knows the runtime": (
        "shared/events/planted.py",
        "from shared.runtime import clock",
        "services > runtime > events, api",
    ),
    "a runtime that knows a service": (
        "shared/runtime/planted.py",
        "from services.treatment import domain",
        "services > runtime > events, api",
    ),
    "a domain with a library": (
        "services/assessment/domain/planted.py",
        "import pydantic",
        "The domain is standard library only",
    ),
    "a use case with a driver": (
        "services/assessment/application/planted.py",
        "from sqlmodel import select",
        "A use case names no driver",
    ),
    "a main that speaks NATS": (
        "services/treatment/adapters/planted.py",
        "import nats",
        "Only the bus speaks NATS",
    ),
}


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tracked Python files and the contracts, in a folder to plant things in."""
    folder = tmp_path_factory.mktemp("house")
    for path in tracked():
        name = path.relative_to(ROOT)
        if name.parts[0] in {"services", "shared"} and name.suffix == ".py":
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, folder / name)
    shutil.copy(ROOT / ".importlinter", folder)
    return folder


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [Path(sys.executable).parent / "lint-imports"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_the_house_keeps_its_contracts(copy: Path) -> None:
    result = lint(copy)

    assert result.returncode == 0, result.stdout
    assert "0 broken" in result.stdout


@pytest.mark.parametrize(("name", "source", "contract"), PLANTED.values(), ids=PLANTED.keys())
def test_a_planted_violation_breaks(copy: Path, name: str, source: str, contract: str) -> None:
    planted = copy / name
    planted.write_text(source + "\n")
    try:
        result = lint(copy)
    finally:
        planted.unlink()

    assert result.returncode == 1
    assert f"{contract} BROKEN" in result.stdout


def test_every_contract_was_seen_to_break() -> None:
    contracts = [
        line.removeprefix("name = ")
        for line in (ROOT / ".importlinter").read_text().splitlines()
        if line.startswith("name = ")
    ]

    assert {contract for _, _, contract in PLANTED.values()} == set(contracts)
