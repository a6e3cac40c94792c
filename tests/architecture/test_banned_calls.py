"""Time and ids are arguments: ruff refuses whoever reads the clock outside of one module."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT

CALLS = {
    "now": "from datetime import UTC, datetime\n\nNOW = datetime.now(UTC)\n",
    "utcnow": "import datetime\n\nNOW = datetime.datetime.utcnow()\n",
    "today": "from datetime import date\n\nTODAY = date.today()\n",
    "time": "import time\n\nNOW = time.time()\n",
    "uuid4": "from uuid import uuid4\n\nID = uuid4()\n",
}


def ruff(source: str, name: str) -> str:
    return subprocess.run(
        [
            Path(sys.executable).parent / "ruff",
            *("check", "--config", ROOT / "pyproject.toml", "--output-format", "concise"),
            *("--stdin-filename", ROOT / name, "-"),
        ],
        input=source,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    ).stdout


@pytest.mark.parametrize("source", CALLS.values(), ids=CALLS.keys())
def test_a_call_that_reads_the_clock_is_refused(source: str) -> None:
    assert "TID251" in ruff(f'"""Planted."""\n\n{source}', "services/treatment/domain/planted.py")


@pytest.mark.parametrize("source", CALLS.values(), ids=CALLS.keys())
def test_only_the_clock_s_own_module_may(source: str) -> None:
    assert "TID251" not in ruff(f'"""Planted."""\n\n{source}', "shared/runtime/clock.py")
