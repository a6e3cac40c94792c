"""Something is killed or frozen while people are enrolled: whom the door took, all know once."""

import asyncio
from collections.abc import Callable

import pytest

from tests.faults.containers import compose, stream_leader, wait_until_healthy
from tests.faults.enrolling import enrolling

SERVICES = ("portal", "assessment", "treatment", "engagement", "postgres", "nginx")
PEOPLE = 40
BREAK_AFTER_S = 3.0
BROKEN_FOR_S = 4.0

pytestmark = pytest.mark.timeout(300)

FAULTS: dict[str, tuple[str, Callable[[], str]]] = {
    "assessment killed": ("kill", lambda: "assessment"),
    "treatment killed": ("kill", lambda: "treatment"),
    "engagement frozen": ("pause", lambda: "engagement"),
    "the stream's leader killed": ("kill", lambda: stream_leader("CARE_ASSESSMENT")),
    "the stream's leader frozen": ("pause", lambda: stream_leader("CARE_ASSESSMENT")),
    "the database killed": ("kill", lambda: "postgres"),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_whom_the_door_accepted_everyone_knows_once(fault: str) -> None:
    break_, target = FAULTS[fault]
    mend = {"kill": "start", "pause": "unpause"}[break_]
    async with enrolling() as door:
        work = asyncio.create_task(door.people(PEOPLE))
        await asyncio.sleep(BREAK_AFTER_S)
        victim = await asyncio.to_thread(target)
        await asyncio.to_thread(compose, break_, victim)
        await asyncio.sleep(BROKEN_FOR_S)
        await asyncio.to_thread(compose, mend, victim)
        await work
        await asyncio.to_thread(wait_until_healthy, victim, *SERVICES)
        await door.require_exact(f"{fault} ({victim})")
    assert len(door.accepted) == PEOPLE
