"""All brokers lose what they stored: it is published again from the databases, by one command."""

import asyncio

import pytest

from tests.faults.containers import compose, docker, wait_until_healthy
from tests.faults.door import PASSWORD
from tests.faults.enrolling import enrolling

BROKERS = ("nats-1", "nats-2", "nats-3")
REFILL = "MOORING_PASSWORD=$(cat) python -m services outbox refill"
PEOPLE = 10

pytestmark = pytest.mark.timeout(600)


def lose_every_store() -> None:
    """End the brokers, take their volumes away, and make empty ones."""
    holders = (*BROKERS, *(f"{each}-config" for each in BROKERS))
    compose("rm", "--stop", "--force", *holders)
    docker("volume", "rm", *(f"mooring_{each}" for each in BROKERS))
    compose("up", "--detach", "--wait", "--wait-timeout", "180", "--no-build")


async def test_what_only_the_brokers_held_arrives_all_the_same() -> None:
    async with enrolling() as door:
        await door.people(PEOPLE)
        await asyncio.to_thread(compose, "stop", "engagement")
        await door.people(PEOPLE)  # these are told, and engagement has not heard of them
        await asyncio.to_thread(lose_every_store)
        await asyncio.to_thread(wait_until_healthy, "engagement", *BROKERS)
        inside = ("exec", "-T", "portal", "sh", "-c", REFILL)
        print(await asyncio.to_thread(compose, *inside, stdin=PASSWORD.read_text()))
        await door.require_exact("brokers emptied")
    assert len(door.accepted) == 2 * PEOPLE
