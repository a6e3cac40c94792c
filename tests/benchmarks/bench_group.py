"""How fast the embedded group starts and how much memory it holds.

Limits: first start, seeded, 60 s; later starts 15 s; one service 1.5 s; all processes
together 450 MiB. Memory is the proportional set size, so pages shared by the processes count once.
"""

import asyncio
import tempfile
from pathlib import Path

import aiohttp
import psutil

from services import group as embedded
from shared.runtime import clock
from shared.runtime.embedded import embedded_broker
from tests.benchmarks.table import Figure, show
from tests.support.ports import free_ports

MIB = 1024 * 1024


def group_in(folder: Path) -> embedded.Group:
    """A demo on free ports."""
    ports = dict(zip(embedded.PORTS, free_ports(len(embedded.PORTS)), strict=True))
    today = clock.real_now().date().isoformat()
    return embedded.Group(folder=folder, ports=ports, demo=True, today=today)


async def start_alone(folder: Path, service: str) -> float:
    """Seconds until one service, its database there already, says that it is ready."""
    group = group_in(folder)
    async with (
        embedded_broker(folder / "nats") as broker,
        embedded._children() as children,
        aiohttp.ClientSession() as session,
    ):
        began = clock.monotonic()
        children.append(await embedded._spawn(group, broker, service, "run"))
        ready = f"{group.address(service)}/health/ready"
        while not await embedded._answers(session, ready):  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.01)
        return clock.monotonic() - began


async def start(folder: Path) -> tuple[float, float, list[tuple[str, float]]]:
    """Seconds until ready, MiB in all, and MiB by process."""
    group = group_in(folder)
    began = clock.monotonic()
    async with embedded.running(group, say=lambda _: None):
        took = clock.monotonic() - began
        await asyncio.sleep(5)  # let the first ticks and connections settle before weighing
        held = [
            (name(process), process.memory_full_info().pss / MIB)
            for process in psutil.Process().children(recursive=True)
        ]
    return took, sum(size for _, size in held), held


def name(process: psutil.Process) -> str:
    """The service's module, or the program's name."""
    modules = [part for part in process.cmdline() if part.startswith("services.")]
    return modules[0].removeprefix("services.") if modules else process.name()


async def main() -> None:
    """Start twice on one folder; print."""
    with tempfile.TemporaryDirectory(prefix="mooring-bench-") as folder:
        first, _, _ = await start(Path(folder))
        later, memory, held = await start(Path(folder))
        alone = [(name, await start_alone(Path(folder), name)) for name in embedded.SEED_ORDER]
    figures = [
        Figure("first start, migrated and seeded", first, 60, "s"),
        Figure("later start", later, 15, "s"),
        Figure("memory of the group", memory, 450, "MiB"),
    ]
    figures += [Figure(f"  {process}", size, 120, "MiB") for process, size in sorted(held)]
    figures += [Figure(f"start of {service} alone", took, 1.5, "s") for service, took in alone]
    show("The embedded group", figures)


if __name__ == "__main__":
    asyncio.run(main())
