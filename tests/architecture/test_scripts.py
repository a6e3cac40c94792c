"""What the operating scripts decide by themselves, without an engine or a container."""

import os
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.certificates import Authority, certificate

ROOT = Path(__file__).parents[2]


def shell(program: str) -> str:
    """What a program says that has the scripts' shared part."""
    sourced = f"source deploy/scripts/lib.sh; {program}"
    command = ["bash", "-c", sourced]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("lines", "nowhere"),
    [
        ("MOORING_DEMO=false", True),
        ("", True),
        ("MOORING_DEMO=false\nMOORING_SMTP_HOST=", True),
        ("MOORING_DEMO=false\nMOORING_SMTP_HOST=mail", True),
        ("MOORING_DEMO=false\nMOORING_SMTP_HOST=mail.clinic.example", False),
        ("MOORING_DEMO=true", False),
    ],
)
def test_a_live_installation_whose_mail_ends_in_the_catcher_is_named(
    tmp_path: Path, lines: str, *, nowhere: bool
) -> None:
    (tmp_path / "env").write_text(f"{lines}\n")
    said = shell(f"settings={tmp_path / 'env'}; mail_goes_nowhere && echo nowhere || true")
    assert (said == "nowhere") is nowhere


@pytest.mark.parametrize("script", ["up.sh", "doctor.sh"])
def test_both_scripts_that_look_say_so(script: str) -> None:
    text = (ROOT / "deploy/scripts" / script).read_text()
    assert "if mail_goes_nowhere; then" in text
    assert '"$nobody_is_told"' in text


def test_a_restored_copy_has_none_of_the_overlays_that_lead_out() -> None:
    """Nor the one whose alerts would be told twice. The line of the script itself, with every
    overlay that there is."""
    text = (ROOT / "deploy/scripts/restore.sh").read_text()
    begin, end = text.index('if [ -n "$files" ]'), text.index("alone=")
    every = ":".join(sorted(f"deploy/{path.name}" for path in (ROOT / "deploy").glob("compose.*")))
    left = shell(f"files=docker-compose.yml:{every}\n{text[begin:end]}\necho $COMPOSE_FILE")

    assert left.split(":") == [
        "docker-compose.yml",
        "deploy/compose.scale.yml",
        "deploy/compose.small.yml",
    ]


@pytest.mark.parametrize("lasts", [timedelta(days=30), timedelta(days=-1)], ids=["now", "ended"])
def test_a_certificate_of_our_authority_is_known_as_such(tmp_path: Path, lasts: timedelta) -> None:
    ours = Authority(tmp_path)
    issued, _key = ours.issue("localhost", lasts=lasts)

    assert shell(f"signed_by {ours.file} {issued} && echo ours || echo other") == "ours"


def test_a_certificate_of_somebody_else_is_known_as_such(tmp_path: Path) -> None:
    ours, theirs = (tmp_path / name for name in ("ours", "theirs"))
    for folder in (ours, theirs):
        folder.mkdir()
    authority = Authority(ours).file
    bought, _key = Authority(theirs, "Authority of a clinic").issue("localhost")
    alone, _key = certificate(theirs, "localhost")

    for other in (bought, alone):
        assert shell(f"signed_by {authority} {other} && echo ours || echo other") == "other"


@pytest.mark.parametrize("of_their_own", [True, False])
def test_new_certificates_leave_the_one_of_the_operator(
    tmp_path: Path, *, of_their_own: bool
) -> None:
    """The script itself, in a copy whose database and containers are stand-ins that say yes."""
    copy, tools = tmp_path / "copy", tmp_path / "tools"
    tools.mkdir()
    shutil.copytree(ROOT / "deploy/scripts", copy / "deploy/scripts")
    answers = "*version*) echo 2.30.0 ;; *Health*) echo healthy ;; *psql*) cat >/dev/null ;;"
    _yes(tools / "docker", f"case $* in {answers} esac")
    environment = {"PATH": f"{tools}:{os.environ['PATH']}"}
    _run(copy / "deploy/scripts/secrets.sh", environment)
    secrets = copy / "deploy/secrets"
    if of_their_own:
        theirs = tmp_path / "theirs"
        theirs.mkdir()
        for made, name in zip(Authority(theirs).issue("localhost"), ("crt", "key"), strict=True):
            (secrets / f"nginx.{name}").unlink()
            shutil.copy(made, secrets / f"nginx.{name}")
    before = {path.name: path.read_bytes() for path in secrets.iterdir()}

    said = _run(copy / "deploy/scripts/rotate.sh", environment)

    after = {path.name: path.read_bytes() for path in secrets.iterdir()}
    kept = {name for name in before if after[name] == before[name]}
    assert after.keys() == before.keys()
    assert ({"nginx.crt", "nginx.key"} <= kept) is of_their_own
    assert ("is your own" in said) is of_their_own
    assert {"ca.crt", "backup_key", "backup_signing.key", "backup_signing.pub"} <= kept
    assert not kept & {"portal.crt", "nats.crt", "postgres.crt", "db_portal", "nats_portal"}


def test_sealed_backups_are_copied_as_they_are_and_each_once(tmp_path: Path) -> None:
    """Of the ends of the log the newest alone."""
    copy, tools, sealed, to = (tmp_path / name for name in ("copy", "tools", "sealed", "to"))
    for folder in (tools, to, *(sealed / kind for kind in ("base", "dump", "wal"))):
        folder.mkdir(parents=True)
    shutil.copytree(ROOT / "deploy/scripts", copy / "deploy/scripts")
    inside = f"shift 4; exec $(echo $* | sed 's|/var/lib/postgresql/data/sealed|{sealed}|')"
    _yes(
        tools / "docker",
        f'case "$*" in *version*) echo 2.30.0 ;; "compose exec -T backup"*) {inside} ;; esac',
    )
    environment = {"PATH": f"{tools}:{os.environ['PATH']}", "TO": str(to)}
    for name in ("base/20260101T000000Z-1", "wal/1", "wal/2.99.end", "wal/3.77.new"):
        (sealed / name).write_bytes(b"signature\n" + name.encode())
    script = copy / "deploy/scripts/offsite.sh"

    assert "3 files" in _run(script, environment)
    (sealed / "wal/2.99.end").rename(sealed / "wal/2.100.end")
    assert "1 files" in _run(script, environment)
    (sealed / "wal/2.100.end").rename(sealed / "wal/2")
    (sealed / "wal/3.101.end").write_bytes(b"signature\nmore")
    assert "2 files" in _run(script, environment)
    assert "0 files" in _run(script, environment)
    copied = {str(path.relative_to(to)): path for path in to.rglob("*") if path.is_file()}
    assert set(copied) == {"base/20260101T000000Z-1", "wal/1", "wal/2", "wal/3.101.end"}
    assert copied["wal/3.101.end"].read_bytes() == b"signature\nmore"
    assert copied["wal/2"].read_bytes() == b"signature\nwal/2.99.end"


def _yes(path: Path, program: str) -> None:
    path.write_text(f"#!/bin/sh\n{program}\n")
    path.chmod(0o755)


def _run(script: Path, environment: dict[str, str]) -> str:
    command = ["bash", str(script)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return done.stderr
