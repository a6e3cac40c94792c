"""The containers of ``make up``, as somebody sees them who pulls plugs."""

import json
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]


def compose(*arguments: str, stdin: str | None = None) -> str:
    """Run a Compose command on the project and return what it printed."""
    done = subprocess.run(
        ["docker", "compose", *arguments],
        cwd=ROOT,
        input=stdin,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def setting(name: str, default: str) -> str:
    """A value of the settings file that Compose reads."""
    for line in (ROOT / ".env").read_text().splitlines():
        if line.startswith(f"{name}="):
            return line.partition("=")[2]
    return default


def rows(database: str, query: str) -> list[str]:
    """What a query answers, a line per row."""
    psql = ("psql", "--no-psqlrc", "-At", "-v", "ON_ERROR_STOP=1", "--dbname", database)
    return compose("exec", "-T", "postgres", *psql, stdin=query).splitlines()


def stream_leader(stream: str) -> str:
    """The broker that leads a stream's group."""
    for server in ("nats-1", "nats-2", "nats-3"):
        url = "http://127.0.0.1:8222/jsz?streams=true"
        found = json.loads(compose("exec", "-T", server, "wget", "-qO-", url))
        for account in found.get("account_details", ()):
            for detail in account["stream_detail"]:
                if detail["name"] == stream:
                    return str(detail["cluster"]["leader"])
    raise AssertionError(f"no server knows {stream}")


def wait_until_healthy(*services: str, seconds: float = 90) -> None:
    """Wait until every container of these services says it is healthy."""
    deadline = time.monotonic() + seconds
    while True:
        states = compose("ps", "--all", "--format", "{{.Service}} {{.Health}}", *services)
        if all(line.endswith(" healthy") for line in states.splitlines()):
            return
        assert time.monotonic() < deadline, states
        time.sleep(0.5)
