"""`make doctor` and `make up` name what is wrong on the host, and what to do about it."""

import contextlib
import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from shared.runtime import clock
from tests.faults.containers import ROOT, compose, docker, rows

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


@pytest.mark.parametrize(
    ("secret", "todo"),
    [
        ("backup_key", "bring it back from the vault: a new one opens or proves no backup"),
        ("backup_signing.key", "bring it back from the vault: a new one opens or proves no backup"),
        ("backup_signing.pub", "rm -f deploy/secrets/backup_signing.pub && "),
        ("ca.crt", "bring it back from the vault: a new authority"),
        ("ca.key", "bring it back from the vault: a new authority"),
        ("db_postgres", "bring it back from the vault, or make rotate-secrets"),
        ("db_treatment_owner", "bring it back from the vault, or make rotate-secrets"),
        ("nats_cluster", "make rotate-secrets"),
        ("demo_password", "bring it back from the vault"),
        ("url_portal", "rm -f deploy/secrets/url_portal && deploy/scripts/secrets.sh"),
        ("portal.key", "rm -f deploy/secrets/portal.crt && deploy/scripts/secrets.sh"),
    ],
)
def test_a_missing_secret_is_named_with_what_brings_it_back(secret: str, todo: str) -> None:
    with altered(SECRETS / secret, text=None):
        code, printed = doctor()
    assert code == 1
    assert f"NOT   missing secrets: {secret}\n        {todo}" in printed


@pytest.mark.parametrize("secret", ["backup_key", "db_backup", "ca.crt", "nats_portal"])
def test_the_start_draws_nothing_anew_that_is_known_here(secret: str) -> None:
    with altered(SECRETS / secret, text=None):
        done = subprocess.run(["make", "up"], cwd=ROOT, capture_output=True, text=True, check=False)
        assert not (SECRETS / secret).exists()
    assert done.returncode != 0
    assert f"  {secret}: " in done.stderr


def test_a_broker_that_does_not_run_is_named_at_once() -> None:
    compose("stop", "nats-2")
    try:
        began = clock.monotonic()
        code, printed = doctor()
        took = clock.monotonic() - began
    finally:
        compose("up", "--detach", "--wait", "--no-deps", "nats-2")
    assert code == 1
    assert "NOT   brokers that do not run: nats-2\n" in printed
    assert took < 45


OVERSTEPPED = """
import asyncio, nats, ssl

async def tried():
    ours = ssl.create_default_context(cafile="/run/secrets/ca.crt")
    password = open("/run/secrets/mooring_nats_password").read()
    client = await nats.connect(
        "tls://nats-2:4222", user="engagement", password=password, tls=ours
    )
    await client.publish("care.treatment.plan.signed.v1", b"{}")
    await client.flush()
    await client.close()

asyncio.run(tried())
"""


def test_what_nobody_of_ours_asks_a_broker_for() -> None:
    """By somebody who has a service's password, so that no service is told of it."""
    _code, before = doctor()
    compose("exec", "-T", "engagement", "python", "-c", OVERSTEPPED)
    try:
        code, printed = doctor()
    finally:  # with its log
        compose("up", "--detach", "--wait", "--no-deps", "--force-recreate", "nats-2")
    assert "what nobody of ours asks for" not in before
    assert code == 1
    assert (
        "NOT   the brokers refused 1 times in the last day what nobody of ours asks for" in printed
    )


def test_a_broker_that_acknowledges_before_it_has_written() -> None:
    """It is not well, so nothing starts that needs it; and the doctor says why."""
    settings = "/var/lib/mooring/nats-server.conf"
    assert _is_well("nats-2")
    compose("exec", "-T", "nats-2", "sed", "-i", "/sync_interval/d", settings)
    compose("restart", "nats-2")
    try:
        _wait_until_it_answers("nats-2")
        is_well = _is_well("nats-2")
        code, printed = doctor()
    finally:  # its job writes the settings again
        compose("up", "--detach", "--wait", "--force-recreate", "nats-2")
    assert not is_well
    assert code == 1
    assert "NOT   nats-2 is away or does not write before it answers\n" in printed
    assert _is_well("nats-2")


def _wait_until_it_answers(broker: str) -> None:
    deadline = clock.monotonic() + 30
    asked = ("wget", "-qO-", "http://127.0.0.1:8222/healthz?js-enabled-only=true")
    while clock.monotonic() < deadline:
        with contextlib.suppress(subprocess.CalledProcessError):
            compose("exec", "-T", broker, *asked)
            return
        time.sleep(0.5)
    raise AssertionError(f"{broker} does not answer")


def _is_well(service: str) -> bool:
    """What its healthcheck finds now."""
    (container,) = compose("ps", "--quiet", service).split()
    how, *command = json.loads(
        docker("inspect", "-f", "{{json .Config.Healthcheck.Test}}", container)
    )
    assert how == "CMD-SHELL"
    done = subprocess.run(["docker", "exec", container, "sh", "-c", *command], check=False)
    return done.returncode == 0


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
