"""The operator's commands against a running clinic: they tell the truth and exit accordingly."""

import asyncio
import json
import os
import sqlite3
import sys
from pathlib import Path
from typing import Any

import pytest

from services.group import SEED_ORDER, Group
from shared.runtime import clock
from tests.system.clinic import Clinic

pytestmark = pytest.mark.system

LOOKS = 5
"""What a tick has just written may not be told yet at the first look."""

PARKED = """
INSERT INTO parked (id, event_id, type, subject, body, reason, error, tries, parked_at, status)
VALUES (?, NULL, 'care.test.v1', NULL, x'00', 'undecodable', 'test', 0, ?, 'parked')
"""


async def operate(group: Group, *command: str) -> tuple[int, str]:
    """Type a command as the operator does: its exit code and what it printed.

    With ``--json`` only standard output counts: notices for people go beside it.
    """
    beside = asyncio.subprocess.PIPE if "--json" in command else asyncio.subprocess.STDOUT
    ports = {f"{name.upper()}_PORT": str(port) for name, port in group.ports.items()}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "services",
        *command,
        "--data",
        str(group.folder),
        stdout=asyncio.subprocess.PIPE,
        stderr=beside,
        env=os.environ | ports | {"COLUMNS": "160"},
    )
    printed, _ = await process.communicate()
    return process.returncode or 0, printed.decode()


async def test_status_shows_every_service_and_that_all_is_well(
    clinic: Clinic, embedded_group: Group
) -> None:
    code, printed = await operate(embedded_group, "status")

    assert all(name in printed for name in SEED_ORDER)
    assert code == int(" parked: " in printed), printed  # another test may have parked something


async def test_status_for_machines_is_one_document(clinic: Clinic, embedded_group: Group) -> None:
    for _ in range(LOOKS):
        _, printed = await operate(embedded_group, "status", "--json")
        states = json.loads(printed)
        if all(state["oldest_unpublished_s"] is None for state in states):
            break

    assert {state["service"] for state in states} == set(SEED_ORDER)
    assert all(state["demo"] and state["oldest_unpublished_s"] is None for state in states)


async def test_the_doctor_finds_a_demo_well(clinic: Clinic, embedded_group: Group) -> None:
    code, printed = await operate(embedded_group, "doctor", "--json")

    findings: list[dict[str, Any]] = json.loads(printed)
    ill = [f for f in findings if f["todo"] and "parked list" not in f["todo"]]
    assert [f for f in ill if "disk" not in f["what"]] == [], printed
    assert code == int(any(f["todo"] for f in findings))
    said = " ".join(f["what"] for f in findings)
    for looked_at in ("nats-server v2", "secrets are closed", "writes before it answers", "demo"):
        assert looked_at in said


async def test_the_doctor_names_a_secret_that_others_can_read(
    clinic: Clinic, embedded_group: Group
) -> None:
    secret = embedded_group.secrets / "demo-password"
    secret.chmod(0o644)
    try:
        code, printed = await operate(embedded_group, "doctor")
    finally:
        secret.chmod(0o600)

    assert code == 1
    assert "secrets/demo-password" in printed
    assert "chmod" in printed


async def test_a_parked_event_is_listed_shown_and_makes_status_say_so(
    clinic: Clinic, embedded_group: Group
) -> None:
    which, folder = clock.new_id(), embedded_group.folder / "engagement.db"
    _edit(folder, PARKED, which.hex, "2026-11-01 08:00:00.000000")
    try:
        listing, listed = await operate(embedded_group, "parked", "list", "engagement")
        shown = await operate(embedded_group, "parked", "show", "engagement", str(which))
        status, said = await operate(embedded_group, "status")
        _edit(folder, "UPDATE parked SET status = 'discarded' WHERE id = ?", which.hex)
        _, waiting = await operate(embedded_group, "parked", "list", "engagement")
        _, every = await operate(embedded_group, "parked", "list", "engagement", "--all")
    finally:
        _edit(folder, "DELETE FROM parked WHERE id = ?", which.hex)

    assert (listing, status) == (1, 1)
    assert str(which) in listed
    assert (shown[0], json.loads(shown[1])["reason"]) == (0, "undecodable")
    assert "parked list engagement" in said
    assert str(which) not in waiting
    assert str(which) in every


async def test_an_event_nobody_parked_is_an_error_in_words(
    clinic: Clinic, embedded_group: Group
) -> None:
    nothing = str(clock.new_id())
    code, printed = await operate(
        embedded_group, "parked", "replay", "engagement", nothing, "--reason", "cause-mended"
    )

    assert code == 1
    assert "no such parked event" in printed


async def test_reconciling_looks_at_everybody_and_finds_nothing_missing(
    clinic: Clinic, embedded_group: Group
) -> None:
    code, printed = await operate(embedded_group, "reminders", "reconcile", "--json")

    found = json.loads(printed)
    people = len((await clinic.get("nell", "assessment/patients?limit=200"))["items"])
    assert code == 0, printed
    assert found["lost"] == 0
    assert found["looked_at"] == found["people"] >= people > 40


async def test_what_is_kept_how_long_is_listed_and_nobody_is_erased_by_mistake(
    clinic: Clinic, embedded_group: Group
) -> None:
    code, printed = await operate(embedded_group, "retention", "due")
    found, listed = await operate(embedded_group, "retention", "due", "--json")
    refused, said = await operate(embedded_group, "retention", "erase", "1")

    assert (code, found) == (0, 0)
    assert "nobody is ever due" in printed
    kept = {one["record"]: one["days"] for one in json.loads(listed)["classes"]}
    assert (kept["events"], kept["answers"], kept["clinical"]) == (35, 7, None)
    assert refused == 1
    assert "0 are due now, not 1" in said


async def test_a_wrong_password_is_one_line(clinic: Clinic, embedded_group: Group) -> None:
    code, printed = await operate(embedded_group, "status", "--user", "nobody")

    assert code == 1
    assert len(printed.strip().splitlines()) == 1
    assert "Traceback" not in printed


def _edit(database: Path, statement: str, *values: str) -> None:
    with sqlite3.connect(database, timeout=10) as connection:
        connection.execute(statement, values)


async def test_the_accounts_are_listed_and_one_is_opened_and_closed(
    clinic: Clinic, embedded_group: Group
) -> None:
    code, listed = await operate(embedded_group, "users", "list")
    assert (code, "nell" in listed) == (0, True), listed
    code, told = await operate(embedded_group, "users", "list", "--json")
    nell = next(one for one in json.loads(told) if one["username"] == "nell")
    assert (code, nell["role"], nell["state"], nell["has_codes"]) == (0, "nurse", "open", False)

    add = ("users", "add", "wren", "--role", "nurse", "--name", "Wren Ash", "--team", "harbour")
    assert (await operate(embedded_group, *add))[0] == 0
    assert (await operate(embedded_group, *add))[0] != 0, "the name is taken"
    assert (await operate(embedded_group, "users", "close", "wren"))[0] == 0


async def test_the_key_that_tokens_are_signed_with_is_replaced(
    clinic: Clinic, embedded_group: Group
) -> None:
    code, said = await operate(embedded_group, "keys", "rotate")
    assert (code, said.startswith("New key ")) == (0, True), said
    code, told = await operate(embedded_group, "keys", "rotate", "--json")
    assert (code, json.loads(told)["ended"]) == (0, 0), told


async def test_a_folder_without_accounts_is_named(embedded_group: Group, tmp_path: Path) -> None:
    nowhere = Group(folder=tmp_path, demo=True, today="2026-01-01")
    for command in (("users", "list"), ("keys", "rotate")):
        code, said = await operate(nowhere, *command)
        assert code != 0
        assert "no accounts" in said
