"""What a service handles is what the broker gives it: no more, no less."""

from importlib import import_module
from pathlib import Path

import pytest

from shared.events import OWNERS
from shared.events.listeners import LISTENERS, WATCHED


@pytest.mark.parametrize("name", OWNERS)
async def test_a_service_handles_exactly_what_it_listens_to(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOORING_DATABASE_URL", f"sqlite+aiosqlite:///{tmp_path}/{name}.db")

    async with import_module(f"services.{name}.main").build() as service:
        handled, watched = set(service.subscriptions), tuple(service.watches)

    assert handled == set(LISTENERS[name])
    assert watched == WATCHED.get(name, ())
