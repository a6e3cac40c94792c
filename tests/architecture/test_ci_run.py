"""What CI's script takes away afterwards: what it made, and nobody's installation."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MAKE = """#!/bin/sh
[ "$1" != up ] || { echo up >>made; touch .env; mkdir -p deploy/secrets; }
"""
DOCKER = """#!/bin/sh
echo "$*" >>docker.said
case "$1 $2" in
  "volume ls") cat volumes ;;
  "compose down") ! [ -e stuck ] ;;
esac
"""
NPM = "#!/bin/sh\nexit 1\n"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The script alone, and in place of what it calls programs that only note it."""
    (tmp_path / ".ci").mkdir()
    (tmp_path / "deploy").mkdir()
    (tmp_path / "bin").mkdir()
    (tmp_path / "volumes").touch()
    shutil.copy(ROOT / ".ci/run", tmp_path / ".ci/run")
    for name, text in {"make": MAKE, "docker": DOCKER, "npm": NPM}.items():
        (tmp_path / "bin" / name).write_text(text)
        (tmp_path / "bin" / name).chmod(0o755)
    return tmp_path


def run(checkout: Path) -> int:
    """Run it, with those programs before the machine's own."""
    env = os.environ | {"PATH": f"{checkout / 'bin'}:{os.environ['PATH']}"}
    return subprocess.run([checkout / ".ci/run"], env=env, check=False).returncode


def times_up(checkout: Path) -> int:
    """How often the containers were started."""
    made = checkout / "made"
    return len(made.read_text().splitlines()) if made.exists() else 0


def test_a_second_run_tries_the_containers_as_the_first_did(checkout: Path) -> None:
    for times in (1, 2):
        assert run(checkout) == 0
        assert times_up(checkout) == times
        assert not (checkout / ".env").exists()
        assert not (checkout / "deploy/secrets").exists()


@pytest.mark.parametrize("known_by", [".env", "deploy/secrets", "volumes"])
def test_an_installation_is_left_as_it_is(checkout: Path, known_by: str) -> None:
    (checkout / known_by).write_text("mooring_postgres\n")

    assert run(checkout) == 0
    assert times_up(checkout) == 0
    assert (checkout / known_by).read_text() == "mooring_postgres\n"
    assert "compose down" not in (checkout / "docker.said").read_text()


def test_settings_stay_with_containers_that_do_not_go(checkout: Path) -> None:
    (checkout / "stuck").touch()

    assert run(checkout) == 1
    assert (checkout / ".env").exists()
