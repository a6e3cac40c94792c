"""The text of nats-server's configuration (reliability.md 2.5), the same for every way to run.

Every string is quoted: the server reads an unquoted password such as ``1k`` as a number.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from shared.events.envelope import MAX_MESSAGE_BYTES
from shared.runtime.bus.topology import OBSERVER, OBSERVING, Rights, rights


def render(
    *,
    listen: str,
    monitor: str,
    store: Path,
    passwords: Mapping[str, str],
    max_store_bytes: int,
    extra: tuple[str, ...] = (),
) -> str:
    """A whole configuration. ``listen`` and ``monitor`` are ``host:port``; -1 picks a port.

    ``passwords`` holds one per user of ``topology.USERS``; ``extra`` holds whole directives.

    Raises:
        KeyError: a user has no password.
    """
    users = [_user(name, passwords[name], allowed) for name, allowed in rights().items()]
    lines = (
        f"listen: {_quoted(listen)}",
        f"http: {_quoted(monitor)}",
        f"max_payload: {MAX_MESSAGE_BYTES}",
        "max_connections: 64",
        "max_subscriptions: 200",
        "max_control_line: 4KB",
        'write_deadline: "5s"',
        'ping_interval: "10s"',
        "ping_max: 2",
        'lame_duck_duration: "30s"',
        "jetstream {",
        f"  store_dir: {_quoted(str(store))}",
        "  max_mem: 64MB",
        f"  max_file: {max_store_bytes}",
        "  sync_interval: always",
        "}",
        *extra,
        "accounts {",
        "  $SYS { users: [",  # where the brokers tell one another, and us of themselves
        _user(OBSERVER, passwords[OBSERVER], OBSERVING),
        "  ] }",
        "}",
        "authorization {",
        "  timeout: 2",
        "  users: [",
        *users,
        "  ]",
        "}",
    )
    return "\n".join(lines) + "\n"


def _user(name: str, password: str, allowed: Rights) -> str:
    publish = f"allow: {json.dumps(allowed.publish)}" if allowed.publish else 'deny: ">"'
    permissions = (
        f"publish: {{ {publish} }}, subscribe: {{ allow: {json.dumps(allowed.subscribe)} }}"
    )
    return (
        f"    {{ user: {_quoted(name)}, password: {_quoted(password)},"
        f" permissions: {{ {permissions} }} }}"
    )


def _quoted(value: str) -> str:
    return json.dumps(value)
