"""The doctor of one machine asks of the broker what the services ask of it."""

from pathlib import Path

import pytest

from services.commands import doctor
from shared.runtime.bus.connection import OLDEST_SERVER

MAJOR, MINOR = OLDEST_SERVER


@pytest.mark.parametrize(
    ("version", "is_named"),
    [(f"{MAJOR}.{MINOR}.0", False), (f"{MAJOR}.{MINOR - 1}.9", True), ("unknown", True)],
)
def test_a_broker_that_no_service_would_take_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, *, is_named: bool
) -> None:
    binary = tmp_path / "nats-server"
    binary.write_text(f"#!/bin/sh\necho nats-server: v{version}\n")
    binary.chmod(0o755)
    monkeypatch.setattr(doctor, "find_binary", lambda: str(binary))

    found = doctor._broker_version()

    assert version in found.what
    assert (f"{MAJOR}.{MINOR} or newer" in found.todo) is is_named
