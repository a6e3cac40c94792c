"""`make doctor` and `make up` name what is wrong on the host, and what to do about it."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.faults.containers import ROOT, compose, rows

SECRETS = ROOT / "deploy/secrets"
pytestmark = pytest.mark.timeout(120)


def doctor(**environment: str) -> tuple[int, str]:
    """Its exit code and what it printed."""
    command = ["env", *(f"{name}={value}" for name, value in environment.items())]
    done = subprocess.run(
        [*command, "deploy/scripts/doctor.sh"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


@contextmanager
def altered(path: Path, *, text: str | None, mode: int = 0o444) -> Iterator[None]:
    """A secret that says something else for a moment, or is away."""
    before, was = path.read_bytes(), path.stat().st_mode
    path.unlink()
    if text is not None:
        path.write_text(text)
        path.chmod(mode)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        path.write_bytes(before)
        path.chmod(was)


@pytest.mark.parametrize(
    ("text", "mode", "said"),
    [
        (None, 0o444, "missing secrets: nats_cluster"),
        ("", 0o444, "missing secrets: nats_cluster"),
        ("mshort", 0o444, "weak passwords: nats_cluster"),
        ("123456789012345678901234567890", 0o444, "weak passwords: nats_cluster"),
        (
            "m12345678901234567890123456789",
            0o446,
            "secrets others may change or list: nats_cluster",
        ),
    ],
)
def test_a_secret_is_missing_weak_or_open(text: str | None, mode: int, said: str) -> None:
    with altered(SECRETS / "nats_cluster", text=text, mode=mode):
        code, printed = doctor()
    assert code == 1
    assert f"{said}\n" in printed


@pytest.mark.parametrize(("days", "is_named"), [(13, True), (16, False)])
def test_a_certificate_that_ends_soon(tmp_path: Path, *, days: int, is_named: bool) -> None:
    made = ("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")
    files = ("-nodes", "-keyout", str(tmp_path / "key"), "-out", str(tmp_path / "crt"))
    said = ("-subj", "/CN=trial", "-days", str(days))
    subprocess.run([*made, *files, *said], check=True, capture_output=True)
    with altered(SECRETS / "nginx.crt", text=(tmp_path / "crt").read_text()):
        code, printed = doctor()
    assert ("ending within 14 days: nginx.crt" in printed) is is_named
    assert code == 1 or not is_named


@pytest.mark.parametrize("setting", ["fsync", "synchronous_commit", "full_page_writes"])
def test_a_database_that_answers_before_it_writes(setting: str) -> None:
    rows("postgres", f"ALTER SYSTEM SET {setting} = off")
    try:
        rows("postgres", "SELECT pg_reload_conf()")
        code, printed = doctor()
    finally:
        rows("postgres", f"ALTER SYSTEM RESET {setting}")
        rows("postgres", "SELECT pg_reload_conf()")
    assert code == 1
    assert f"NOT   the database runs with {setting} = off\n" in printed


def test_a_disk_with_little_room() -> None:
    code, printed = doctor(MOORING_FREE_PERCENT="100")
    assert code == 1
    assert "make room" in printed


def test_a_port_that_is_taken_stops_the_start_with_its_number(tmp_path: Path) -> None:
    """In an installation of its own that never gets as far as a container."""
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
    port = compose("port", "nginx", "8443").strip().rpartition(":")[2]
    command = ["env", "COMPOSE_PROJECT_NAME=mooring-trial", f"MOORING_PORT={port}", "make", "up"]
    done = subprocess.run(command, cwd=clone, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert f"port {port} is taken: stop what listens there" in done.stderr
