"""The operator's commands find the services: behind a door, in the container, or here."""

from pathlib import Path

import pytest

from services.commands.asking import addresses

HERE = Path("data")


def test_behind_the_door_each_has_its_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOORING_AT", "https://care.example")
    found = addresses(HERE)
    assert found["portal"] == "https://care.example"
    assert found["treatment"] == "https://care.example/treatment"


def test_inside_the_portals_container_its_own_settings_say(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("MOORING_AT", raising=False)
    monkeypatch.setenv("MOORING_HTTP_CERT_FILE", "/run/secrets/server.crt")
    monkeypatch.setenv("MOORING_HTTP_PORT", "8443")
    monkeypatch.setenv("MOORING_TREATMENT_URL", "https://treatment:8443")
    found = addresses(HERE)
    assert found["portal"] == "https://localhost:8443"
    assert found["treatment"] == "https://treatment:8443"


def test_otherwise_on_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MOORING_AT", "MOORING_HTTP_CERT_FILE", "PORTAL_PORT"):
        monkeypatch.delenv(name, raising=False)
    assert addresses(HERE)["portal"] == "http://127.0.0.1:8080"
