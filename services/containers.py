"""The one-shot jobs of the container set-up: the broker's configuration, and its streams."""

import asyncio
import json
import os
import ssl
import sys
from pathlib import Path
from typing import Annotated

import typer
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.runtime import clock
from shared.runtime.bus.connection import Access, Connection
from shared.runtime.bus.faults import FAULTS, Denied, UnsuitableBroker
from shared.runtime.bus.provision import Change, Size
from shared.runtime.bus.provision import check as check_broker
from shared.runtime.bus.provision import provision as provision_broker
from shared.runtime.bus.server_config import render
from shared.runtime.bus.topology import PROVISIONER, USERS

PATIENCE_S = 60.0
"""How long a new cluster may take to elect its leaders."""
AGAIN_S = 0.5
MEBIBYTE = 1024**2

app = typer.Typer(add_completion=False)


class BrokerSettings(BaseSettings):
    """``nats_url`` lists the servers a client may use. ``nats_replicas`` copies are kept of each
    stream, ``nats_stream_mib`` large.
    """

    model_config = SettingsConfigDict(
        env_prefix="MOORING_",
        frozen=True,
        extra="ignore",
        secrets_dir=os.environ.get("MOORING_SECRETS_DIR"),
    )

    nats_url: str
    nats_password: str = Field(repr=False)
    nats_ca_file: Path
    nats_replicas: int = Field(default=3, ge=1, le=5)
    nats_stream_mib: int = Field(default=1024, ge=16)

    @property
    def size(self) -> Size:
        """What each server must hold."""
        return Size(replicas=self.nats_replicas, stream_bytes=self.nats_stream_mib * MEBIBYTE)


@app.command()
def broker_config(
    name: Annotated[str, typer.Argument(help="This server, as the others reach it.")],
    peers: Annotated[list[str], typer.Argument(help="All servers of the cluster.")],
    folder: Annotated[Path, typer.Option(help="Where the server keeps everything.")],
    secrets: Annotated[Path, typer.Option(help="Passwords and certificate.")],
    stream_mib: Annotated[int, typer.Option(envvar="MOORING_NATS_STREAM_MIB")] = 1024,
) -> None:
    """Write one nats-server's configuration, with TLS and its place in the cluster.

    Its monitor, which asks nobody who they are, answers only inside its own container.
    """
    text = render(
        listen="0.0.0.0:4222",
        monitor="127.0.0.1:8222",
        store=folder / "store",
        passwords={user: _secret(secrets / f"nats_{user}") for user in USERS},
        max_store_bytes=Size(stream_bytes=stream_mib * MEBIBYTE).total_bytes,
        extra=_cluster(name, peers, secrets),
    )
    draft = folder / "nats-server.conf.new"
    draft.touch(mode=0o600)
    draft.write_text(text)
    draft.replace(folder / "nats-server.conf")


@app.command()
def provision(
    check: Annotated[bool, typer.Option(help="Say what differs and change nothing.")] = False,  # noqa: FBT002
) -> None:
    """Make the broker's streams and consumers; with --check, exit 1 when any differs."""
    settings = BrokerSettings()
    try:
        changes = asyncio.run(_provision(settings, check=check))
    except (Denied, UnsuitableBroker, TimeoutError) as refusal:
        print(f"provision: {refusal}", file=sys.stderr)  # noqa: T201 - one line for the operator
        raise typer.Exit(1) from refusal
    for change in changes:
        print(f"{change.name}: {', '.join(change.fields)}")  # noqa: T201
    raise typer.Exit(int(check and bool(changes)))


async def _provision(settings: BrokerSettings, *, check: bool) -> tuple[Change, ...]:
    """Wait for the cluster to be ready, then bring it to what this release needs."""
    until = clock.monotonic() + PATIENCE_S
    while True:
        try:
            return await _compare(settings, check=check)
        except FAULTS as error:
            if clock.monotonic() > until:
                reason = f"{type(error).__name__}: {error}"
                raise TimeoutError(f"no ready broker in {PATIENCE_S:.0f} s ({reason})") from error
            await asyncio.sleep(AGAIN_S)


async def _compare(settings: BrokerSettings, *, check: bool) -> tuple[Change, ...]:
    access = Access(
        settings.nats_url,
        PROVISIONER,
        settings.nats_password,
        tls=ssl.create_default_context(cafile=str(settings.nats_ca_file)),
    )
    connection = await Connection.open(access)
    try:
        return await (check_broker if check else provision_broker)(connection, settings.size)
    finally:
        await connection.close()


def _cluster(name: str, peers: list[str], secrets: Path) -> tuple[str, ...]:
    """TLS for clients, and TLS with both sides' certificates between the servers."""
    pair = (
        f"cert_file: {json.dumps(str(secrets / 'nats.crt'))},"
        f" key_file: {json.dumps(str(secrets / 'nats.key'))},"
        f" ca_file: {json.dumps(str(secrets / 'ca.crt'))}"
    )
    client_tls = f"tls {{ {pair}, timeout: 5 }}"
    lines = (f"server_name: {json.dumps(name)}", client_tls)
    if len(peers) == 1:
        return lines
    password = _secret(secrets / "nats_cluster")
    routes = [f"nats-route://cluster:{password}@{peer}:6222" for peer in peers]
    return (
        *lines,
        "cluster {",
        '  name: "mooring"',
        '  listen: "0.0.0.0:6222"',
        "  no_advertise: true",  # clients check names, and the servers would tell them addresses
        f'  authorization {{ user: "cluster", password: {json.dumps(password)}, timeout: 5 }}',
        # Any certificate of ours would do for whoever calls; it has to be a broker's.
        f"  tls {{ {pair}, verify_cert_and_check_known_urls: true, timeout: 5 }}",
        f"  routes: {json.dumps(routes)}",
        "}",
    )


def _secret(path: Path) -> str:
    return path.read_text().strip()
