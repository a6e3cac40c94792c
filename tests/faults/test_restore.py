"""A restore beside the installation has all that was accepted up to its moment, and nobody works
with it before two people have released it."""

import asyncio
from collections.abc import Iterator

import aiohttp
import pytest

from tests.faults.containers import compose, make, rows
from tests.faults.door import PASSWORD, Door
from tests.faults.enrolling import Enrolling, enrolling

BESIDE = "mooring-tried"
ROOM = {"INTO": BESIDE, "PORT": "8454", "SUBNET": "172.31.249.0/24"}
PEOPLE = 10
COUNTED = {
    "assessment": ("SELECT count(*) FROM patient", "SELECT count(*) FROM safety_flag"),
    "treatment": ("SELECT count(*) FROM patient", "SELECT count(*) FROM course"),
    "engagement": (
        "SELECT count(DISTINCT patient_id) FROM reminder",
        "SELECT count(*) FROM reminder WHERE state = 'done'",
    ),
}
"""What changes only when somebody does something."""

pytestmark = pytest.mark.timeout(900)


@pytest.fixture
def beside() -> Iterator[None]:
    """Whatever the restore starts is taken away afterwards, with its volumes."""
    yield
    compose("--project-name", BESIDE, "down", "--volumes", "--remove-orphans")


def count(*, project: str = "mooring") -> dict[str, list[str]]:
    return {
        database: [rows(database, query, project=project)[0] for query in queries]
        for database, queries in COUNTED.items()
    }


@pytest.mark.usefixtures("beside")
async def test_a_restore_has_all_that_was_accepted() -> None:
    await asyncio.to_thread(make, "backup")
    async with enrolling() as door:  # these are in the log only, not in the base backup
        await door.people(PEOPLE)
        await door.require_exact("before the restore")
        copy = Door(
            door.door.session, patience_s=0, again_s=0, at=f"https://localhost:{ROOM['PORT']}"
        )
        await _restored(door)
        await _is_strange_to(copy, await door.door.token())
        await _released_by_two(copy)


async def _restored(door: Enrolling) -> None:
    before = await asyncio.to_thread(count)
    said = await asyncio.to_thread(make, "restore", FROM="latest", **ROOM)
    print(said)
    assert await asyncio.to_thread(count, project=BESIDE) == before
    kept = await asyncio.to_thread(
        rows, "assessment", "SELECT patient_id FROM patient", project=BESIDE
    )
    assert set(door.accepted) <= set(kept)
    assert " 0 reminders mended" in said


async def _is_strange_to(copy: Door, token: str) -> None:
    """A token of the installation opens nothing in its copy."""
    headers = {"Authorization": f"Bearer {token}"}
    at = f"{copy.at}/assessment/api/v1/patients"
    async with copy.session.get(at, headers=headers) as answer:
        assert answer.status == 401


async def _released_by_two(nurse: Door) -> None:
    query = "SELECT id FROM parked WHERE reason = 'restored-copy' AND status = 'parked'"
    (copy,) = await asyncio.to_thread(rows, "portal", query, project=BESIDE)
    with pytest.raises(aiohttp.ClientResponseError, match="403"):
        await nurse.token()
    assert "waits for a second person" in await _discard(copy, "oona")
    with pytest.raises(aiohttp.ClientResponseError, match="403"):
        await nurse.token()
    assert "discarded" in await _discard(copy, "lena")
    assert await nurse.token()


async def _discard(parked: str, user: str) -> str:
    password = f"MOORING_PASSWORD={PASSWORD.read_text()}"
    inside = ("--project-name", BESIDE, "exec", "-T", "-e", password, "portal")
    typed = ("parked", "discard", "portal", parked, "--reason", "looked-at", "--user", user)
    return await asyncio.to_thread(compose, *inside, "python", "-m", "services", *typed)
