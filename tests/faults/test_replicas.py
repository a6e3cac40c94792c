"""Two of every service share the work; one of each is killed, and nobody notices."""

import asyncio
import os
from collections.abc import Iterator

import pytest

from tests.faults.containers import compose, docker, wait_until_healthy
from tests.faults.enrolling import enrolling

SERVICES = ("assessment", "treatment", "engagement", "portal")
OVERLAY = ("-f", "docker-compose.yml", "-f", "deploy/compose.scale.yml")
START = ("up", "--detach", "--wait", "--wait-timeout", "180", "--no-build")
PEOPLE = 60
BETWEEN_S = 2.0

pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def two_of_each() -> Iterator[None]:
    """Two containers of every service; one of each afterwards, unless two is how it is run."""
    compose(*OVERLAY, *START)
    yield
    if "compose.scale" not in os.environ.get("COMPOSE_FILE", ""):
        compose(*START)


@pytest.mark.usefixtures("two_of_each")
async def test_one_of_two_can_be_killed_at_any_time() -> None:
    async with enrolling() as door:
        work = asyncio.create_task(door.people(PEOPLE))
        for service in SERVICES:
            first, _second = (await asyncio.to_thread(compose, "ps", "--quiet", service)).split()
            await asyncio.to_thread(docker, "kill", first)
            await asyncio.sleep(BETWEEN_S)
            await asyncio.to_thread(docker, "start", first)
        await work
        await asyncio.to_thread(wait_until_healthy, *SERVICES)
        await door.require_exact("one of two of each killed")
    assert len(door.accepted) == PEOPLE
