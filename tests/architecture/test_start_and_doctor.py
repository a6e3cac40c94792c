"""What the start and the doctor say of missing secrets and brokers, where an engine stands in."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from shared.runtime.bus.connection import OLDEST_SERVER

ROOT = Path(__file__).parents[2]
NAMES = sorted(yaml.safe_load((ROOT / "docker-compose.yml").read_text())["secrets"])
USERS = [name.removeprefix("nats_") for name in NAMES if name.startswith("nats_")]
VOLUMES = {"postgres", "backups", "person-keys"}
BROKERS = ("nats-1", "nats-2", "nats-3")
SET_UP = "make rotate-secrets"
VAULT = "bring it back from the vault"


@dataclass(frozen=True)
class Copy:
    """A copy of the scripts, with its secrets, and an engine that answers what a test says."""

    folder: Path

    @property
    def secrets(self) -> Path:
        """The folder of secrets."""
        return self.folder / "deploy/secrets"

    def draw(self) -> None:
        """Draw what is missing, as somebody does who types it."""
        command = ["bash", str(self.folder / "deploy/scripts/secrets.sh")]
        subprocess.run(command, check=True, capture_output=True)

    def contents(self) -> dict[str, bytes]:
        """Every secret with what it says."""
        return {path.name: path.read_bytes() for path in self.secrets.glob("*")}

    def run(
        self,
        script: str,
        *,
        volumes: set[str] | frozenset[str] = frozenset(VOLUMES),
        brokers: tuple[str, ...] = BROKERS,
        running: tuple[str, ...] = BROKERS,
        version: str = "2.15.0",
        demo: bool = True,
        strange: str = "",
    ) -> tuple[int, str]:
        """A script's exit code and everything that it said; ``strange`` is a user whom the running
        brokers do not know."""
        tools = self.folder / "tools"
        tools.mkdir(exist_ok=True)
        lists = {
            "config": "".join(f"    file: {self.secrets}/{name}\n" for name in NAMES),
            "brokers": "".join(f"{name}\n" for name in brokers),
            "running": "".join(f"{name}\n" for name in running),
            "users": "".join(f'"{user}"\n' for user in USERS if running and user != strange),
            "json": '{\n  "name": "mooring",\n}\n',
            "varz": f'{{\n  "version": "{version}",\n}}\n',
        }
        for name, text in lists.items():
            (tools / name).write_text(text)
        for name in VOLUMES:
            (tools / f"volume-{name}").write_text(f"mooring_{name}\n" if name in volumes else "")
        (tools / "docker").write_text(f"#!/bin/bash\ncd {tools}\n{ENGINE}")
        (tools / "docker").chmod(0o755)
        (self.folder / ".env").write_text(f"MOORING_DEMO={str(demo).lower()}\nMOORING_PORT=1\n")
        done = subprocess.run(
            ["bash", str(self.folder / "deploy/scripts" / script)],
            env={"PATH": f"{tools}:{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr


ENGINE = r"""
case "$*" in
  *"compose version"*) echo 2.30.0 ;;
  *DockerRootDir*) echo / ;;
  "volume ls"*) all=$* && name=${all##*_} && cat "volume-${name%\$}" 2>/dev/null || true ;;
  "compose config --format json") cat json ;;
  "compose config --services") cat brokers ;;
  "compose config") cat config ;;
  "compose ps --services"*) cat running ;;
  *"exec -T backup"*) exit 1 ;;
  *"exec -T nats-1 grep"*) grep -qF "$7" users ;;
  *"{{.Image}}"*) printf '%s\n' mooring-portal:0.1.0 mooring-treatment:0.1.0 ;;
  *psql*) read -r asked && [ "$asked" = "SHOW server_version" ] && echo "17.5 (x)" || echo on ;;
  *jsz*) echo '"sync_always": true' ;;
  *varz*) cat varz ;;
  *Health*) echo healthy ;;
  *build*) exit 1 ;;
esac
"""


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    """Nothing is drawn yet."""
    shutil.copytree(ROOT / "deploy/scripts", tmp_path / "deploy/scripts")
    connection = tmp_path / "shared/runtime/bus/connection.py"
    connection.parent.mkdir(parents=True)
    shutil.copy(ROOT / "shared/runtime/bus/connection.py", connection)
    return Copy(tmp_path)


@pytest.mark.parametrize(
    ("secret", "todo"),
    [
        ("backup_key", VAULT),
        ("backup_signing.key", VAULT),
        ("backup_signing.pub", "rm -f deploy/secrets/backup_signing.pub && deploy/scripts/secrets"),
        ("ca.crt", VAULT),
        ("ca.key", VAULT),
        ("db_postgres", f"{VAULT}, or {SET_UP}"),
        ("db_treatment_owner", f"{VAULT}, or {SET_UP}"),
        ("nats_cluster", SET_UP),
        ("demo_password", VAULT),
        ("url_portal", "rm -f deploy/secrets/url_portal && deploy/scripts/secrets.sh"),
        ("portal.key", "rm -f deploy/secrets/portal.crt && deploy/scripts/secrets.sh"),
        ("nginx.crt", "of your own: put it back"),
    ],
)
@pytest.mark.parametrize("is_empty", [True, False])
def test_the_doctor_says_what_brings_a_missing_secret_back(
    copy: Copy, secret: str, todo: str, *, is_empty: bool
) -> None:
    copy.draw()
    (copy.secrets / secret).unlink()
    if is_empty:
        (copy.secrets / secret).touch()

    code, said = copy.run("doctor.sh")

    assert code == 1
    assert f"NOT   missing secrets: {secret}\n        {todo}" in said


def test_what_secrets_sh_may_draw_comes_after_what_it_may_not(copy: Copy) -> None:
    copy.draw()
    for secret in ("db_portal", "url_portal"):
        (copy.secrets / secret).unlink()

    _code, said = copy.run("doctor.sh")

    assert said.index(f"{VAULT}, or") < said.index("once those above are back: rm -f")


@pytest.mark.parametrize(
    "secret",
    ["backup_key", "backup_signing.key", "ca.crt", "db_backup", "db_portal", "nats_portal"],
)
@pytest.mark.parametrize("is_empty", [True, False])
def test_the_start_refuses_to_draw_what_is_known_here(
    copy: Copy, secret: str, *, is_empty: bool
) -> None:
    copy.draw()
    (copy.secrets / secret).unlink()
    if is_empty:
        (copy.secrets / secret).touch()
    before = copy.contents()

    code, said = copy.run("up.sh")

    assert code != 0
    assert f"\n  {secret}: " in said
    assert copy.contents() == before


def test_the_start_refuses_data_without_any_of_their_secrets(copy: Copy) -> None:
    code, said = copy.run("up.sh")

    assert code != 0
    assert "\n  db_postgres: " in said
    assert "\n  backup_key: " in said
    assert copy.contents() == {}


def test_the_start_refuses_a_database_without_the_keys_of_people(copy: Copy) -> None:
    copy.draw()

    code, said = copy.run("up.sh", volumes={"postgres", "backups"})

    assert code != 0
    assert "mooring_person-keys" in said


def test_a_first_start_that_broke_off_after_the_database_goes_on(copy: Copy) -> None:
    copy.draw()

    _code, said = copy.run("up.sh", volumes={"postgres"}, running=())

    assert "could not be built" in said


def test_the_start_draws_what_harms_nothing(copy: Copy) -> None:
    copy.draw()
    before = copy.contents()
    lost = ("url_portal", "backup_signing.pub", "nats_portal", "portal.crt", "demo_password")
    for secret in lost:
        (copy.secrets / secret).unlink()

    _code, said = copy.run("up.sh", running=(), demo=False)

    after = copy.contents()
    assert "could not be built" in said  # as far as the stand-in goes
    assert after.keys() == before.keys()
    assert after["backup_signing.pub"] == before["backup_signing.pub"]
    assert after["backup_signing.key"] == before["backup_signing.key"]


def test_the_start_draws_what_brokers_of_an_older_release_do_not_know(copy: Copy) -> None:
    copy.draw()
    (copy.secrets / "nats_observer").unlink()

    _code, said = copy.run("up.sh", strange="observer")

    assert "could not be built" in said
    assert (copy.secrets / "nats_observer").read_text().startswith("m")


@pytest.mark.parametrize("own_certificate", [True, False])
def test_the_first_start_draws_everything(copy: Copy, *, own_certificate: bool) -> None:
    if own_certificate:
        copy.secrets.mkdir()
        for name in ("nginx.crt", "nginx.key"):
            (copy.secrets / name).write_text("of the clinic")

    _code, said = copy.run("up.sh", volumes=set(), running=())

    assert "could not be built" in said
    assert set(NAMES) - {"grafana_admin"} <= copy.contents().keys()
    assert (copy.contents()["nginx.crt"] == b"of the clinic") is own_certificate


def test_no_second_authority_beside_certificates_of_the_first(copy: Copy) -> None:
    copy.draw()
    (copy.secrets / "ca.crt").unlink()
    before = copy.contents()

    with pytest.raises(subprocess.CalledProcessError):
        copy.draw()

    assert copy.contents() == before


def test_the_rotation_removes_nothing_when_nothing_could_sign_it_anew(copy: Copy) -> None:
    copy.draw()
    (copy.secrets / "ca.key").unlink()
    before = copy.contents()

    code, said = copy.run("rotate.sh")

    assert code != 0
    assert "ca.key is missing" in said
    assert copy.contents() == before


def test_an_authority_that_is_lost_for_good_is_drawn_with_all_its_certificates(copy: Copy) -> None:
    copy.draw()
    before = copy.contents()
    for name in ("ca.crt", "ca.key", "nginx.crt"):
        (copy.secrets / name).unlink()

    copy.run("rotate.sh")

    after = copy.contents()
    assert after.keys() == before.keys()
    assert not {name for name in before if name.endswith(".crt") and after[name] == before[name]}
    assert after["backup_key"] == before["backup_key"]


@pytest.mark.parametrize("brokers", [BROKERS, BROKERS[:1]], ids=["three", "one"])
def test_the_doctor_names_a_broker_that_does_not_run(copy: Copy, brokers: tuple[str, ...]) -> None:
    copy.draw()

    _code, said = copy.run("doctor.sh", brokers=brokers, running=brokers[:-1])

    assert f"NOT   brokers that do not run: {brokers[-1]}\n" in said
    assert "differ from this release" not in said


def test_the_doctor_is_content_with_the_brokers_of_the_settings(copy: Copy) -> None:
    copy.draw()

    _code, said = copy.run("doctor.sh", brokers=BROKERS[:1], running=BROKERS[:1])

    assert "well  the brokers (nats-server 2.15.0) write" in said
    assert "well  the database (PostgreSQL 17.5) writes" in said
    assert "well  every container of ours is of release 0.1.0\n" in said


def test_the_doctor_refuses_the_brokers_that_a_service_would(copy: Copy) -> None:
    copy.draw()
    major, minor = OLDEST_SERVER

    _code, older = copy.run("doctor.sh", version=f"{major}.{minor - 1}.9")
    _code, oldest = copy.run("doctor.sh", version=f"{major}.{minor}.0")

    assert f"nats-server {major}.{minor - 1}.9: too old\n" in older
    assert f"{major}.{minor} or newer is needed" in older
    assert "too old" not in oldest
