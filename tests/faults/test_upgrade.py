"""To another release and back while people are enrolled: nobody accepted is lost on the way."""

import asyncio
import contextlib
import subprocess

import pytest

from tests.faults.containers import compose, docker, make, setting
from tests.faults.enrolling import enrolling

ROLLED = ("assessment", "treatment", "engagement", "portal")
OTHER = "0.0.0-tried"

pytestmark = pytest.mark.timeout(1200)


def images() -> set[str]:
    """The releases of which containers of the services run."""
    containers = compose("ps", "--quiet", *ROLLED).split()
    named = docker("inspect", "--format", "{{.Config.Image}}", *containers).split()
    return {image.partition(":")[2] for image in named}


async def test_there_and_back_nobody_is_lost() -> None:
    before = setting("MOORING_RELEASE", "0.1.0")
    done = asyncio.Event()
    try:
        async with enrolling() as door:
            work = asyncio.create_task(door.until(done))
            await asyncio.to_thread(make, "upgrade", TO=OTHER)
            assert images() == {OTHER}
            there = len(door.accepted)
            await asyncio.to_thread(make, "upgrade", TO=before, BACK="1")
            assert images() == {before}
            done.set()
            await work
            await door.require_exact(f"upgrade, {there} on the way there, and back")
    finally:
        for each in (*ROLLED, "watcher"):
            with contextlib.suppress(subprocess.CalledProcessError):
                docker("image", "rm", f"mooring-{each}:{OTHER}")
    assert 0 < there < len(door.accepted)
