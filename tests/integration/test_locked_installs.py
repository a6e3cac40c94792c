"""pip installs from the lock files exactly the packages they name: one of another content, or one
they do not name, is not installed. Without a network: the packages lie in a folder."""

import hashlib
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest


def wheel(folder: Path, name: str, *, says: str) -> Path:
    """A package with one module."""
    path = folder / f"{name}-1.0-py3-none-any.whl"
    info = f"{name}-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{name}.py", f"SAYS = {says!r}\n")
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return path


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def install(folder: Path, lock: str) -> subprocess.CompletedProcess[str]:
    """As the recipe of the images does."""
    (folder / "lock.txt").write_text(lock)
    command = f"{sys.executable} -m pip install --quiet --disable-pip-version-check --no-index"
    return subprocess.run(
        [
            *command.split(),
            *("--find-links", str(folder), "--require-hashes"),
            *("-r", str(folder / "lock.txt"), "--target", str(folder / "installed")),
        ],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin", "HOME": str(folder), "PIP_CONFIG_FILE": "/dev/null"},
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    wheel(tmp_path, "seabird", says="as locked")
    return tmp_path


def test_what_was_locked_is_installed(folder: Path) -> None:
    locked = sha256(folder / "seabird-1.0-py3-none-any.whl")

    done = install(folder, f"seabird==1.0 --hash=sha256:{locked}\n")

    assert done.returncode == 0, done.stderr
    assert "as locked" in (folder / "installed/seabird.py").read_text()


def test_a_package_that_was_swapped_is_not(folder: Path) -> None:
    locked = sha256(folder / "seabird-1.0-py3-none-any.whl")
    wheel(folder, "seabird", says="something else")

    done = install(folder, f"seabird==1.0 --hash=sha256:{locked}\n")

    assert done.returncode != 0
    assert "DO NOT MATCH THE HASHES" in done.stderr
    assert not (folder / "installed").exists()


@pytest.mark.parametrize("line", ["seabird==1.0", "seabird"])
def test_a_package_without_a_hash_is_not(folder: Path, line: str) -> None:
    done = install(folder, f"{line}\n")

    assert done.returncode != 0
    assert "--require-hashes" in done.stderr
    assert not (folder / "installed").exists()


def test_what_a_locked_package_asks_for_beside_the_lock_is_not(folder: Path) -> None:
    path = folder / "seabird-1.0-py3-none-any.whl"
    wheel(folder, "tern", says="not in the lock")
    with zipfile.ZipFile(path) as archive:
        kept = {name: archive.read(name) for name in archive.namelist()}
    kept["seabird-1.0.dist-info/METADATA"] += b"Requires-Dist: tern\n"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in kept.items():
            archive.writestr(name, content)

    done = install(folder, f"seabird==1.0 --hash=sha256:{sha256(path)}\n")

    assert done.returncode != 0
    assert "tern" in done.stderr
    assert not (folder / "installed").exists()
