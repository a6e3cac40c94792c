"""One distribution: the wheel builds from a clean checkout and holds what the services read."""

import subprocess
import sys
import zipfile
from pathlib import Path

from tests.architecture.tree import ROOT, tracked


def test_the_wheel_holds_code_and_content(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, capture_output=True, check=True)

    (wheel,) = tmp_path.glob("mooring-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        held = set(archive.namelist())
    expected = {
        name
        for path in tracked()
        if (name := path.relative_to(ROOT).as_posix()).startswith(("services/", "shared/"))
    }
    assert expected - held == set()
    assert not {name for name in held if name.startswith("tests/")}
