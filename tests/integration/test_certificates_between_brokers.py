"""Two brokers are a cluster only with certificates of our authority, each under its own name.

The configuration is the one that containers get (``services/containers.py``); only ports and
addresses are those of one machine.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from services.containers import broker_config
from shared.runtime import clock
from shared.runtime.bus.topology import USERS
from shared.runtime.embedded import find_binary
from tests.integration.test_certificates import HOST, Pair, badly, ours
from tests.support.certificates import Authority
from tests.support.ports import free_ports

__all__ = ["ours"]
PATIENCE_S = 20.0
CLUSTER = "cluster:of-cluster"
REFUSED = "TLS route handshake error"


@dataclass(frozen=True)
class Broker:
    """One server of two."""

    folder: Path
    monitor: int

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text()

    async def routes(self) -> int:
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"http://127.0.0.1:{self.monitor}/routez") as answer,
        ):
            return int((await answer.json())["num_routes"])


def configured(folder: Path, pair: Pair, ours: Path, ports: list[int]) -> Path:
    """What the container's job writes, moved to these ports: for clients, the monitor, the cluster
    and the other's cluster."""
    secrets = folder / "secrets"
    secrets.mkdir(parents=True)
    for user in (*USERS, "cluster"):
        (secrets / f"nats_{user}").write_text(f"of-{user}")
    for source, name in zip((*pair, ours), ("nats.crt", "nats.key", "ca.crt"), strict=True):
        (secrets / name).write_bytes(source.read_bytes())
    broker_config(folder.name, ["one", "two"], folder, secrets, stream_mib=16)
    path = folder / "nats-server.conf"
    clients, monitor, cluster, other = ports
    text = path.read_text()
    for there, here in {
        f'["nats-route://{CLUSTER}@one:6222", ': "[",
        "cluster@two:6222": f"cluster@{HOST}:{other}",
        "0.0.0.0:4222": f"127.0.0.1:{clients}",
        "127.0.0.1:8222": f"127.0.0.1:{monitor}",
        "0.0.0.0:6222": f"127.0.0.1:{cluster}",
    }.items():
        assert there in text
        text = text.replace(there, here)
    path.write_text(text)
    return path


@asynccontextmanager
async def two(
    folder: Path, ours: Authority, good: Pair, other: Pair
) -> AsyncIterator[list[Broker]]:
    """Both running; each tries to reach the other."""
    ports = free_ports(6)
    brokers = []
    async with AsyncExitStack() as stack:
        for name, pair, mine, theirs in (
            ("one", good, ports[:3], ports[5]),
            ("two", other, ports[3:], ports[2]),
        ):
            at = folder / name
            at.mkdir()
            path = configured(at, pair, ours.file, [*mine, theirs])
            log = stack.enter_context((at / "log").open("w"))
            process = await asyncio.create_subprocess_exec(
                find_binary(), "--config", str(path), stdout=log, stderr=log
            )
            stack.push_async_callback(process.wait)
            stack.callback(process.kill)
            brokers.append(Broker(at, mine[1]))
        yield brokers


async def until(seen: Callable[[], object]) -> None:
    deadline = clock.monotonic() + PATIENCE_S
    while not seen():
        assert clock.monotonic() < deadline
        await asyncio.sleep(0.05)


async def test_with_certificates_of_ours_they_are_a_cluster(
    tmp_path: Path, ours: Authority
) -> None:
    async with two(tmp_path, ours, ours.issue(HOST), ours.issue(HOST)) as brokers:
        await until(lambda: all("Route connection created" in one.log for one in brokers))
        assert all([await one.routes() for one in brokers])


@badly
async def test_a_broker_with_a_bad_certificate_is_no_member(
    tmp_path: Path, ours: Authority, pair: Callable[[Authority, Path], Pair]
) -> None:
    good = ours.issue(HOST)
    kept = tuple(path.rename(path.with_name(f"good-{path.name}")) for path in good)
    async with two(tmp_path, ours, (kept[0], kept[1]), pair(ours, tmp_path)) as brokers:
        await until(lambda: all(one.log.count(REFUSED) > 1 for one in brokers))
        assert [await one.routes() for one in brokers] == [0, 0]
        assert not any("JetStream cluster new" in one.log for one in brokers)
