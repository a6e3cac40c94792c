"""The whole embedded group, started once, cold, for the tests that need it."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp
import pytest

from services import group as embedded
from shared.runtime import clock
from tests.support.ports import free_ports
from tests.support.sentinel import refuse_person_and_dose
from tests.system.clinic import Clinic


@pytest.fixture(scope="session")
def embedded_group(tmp_path_factory: pytest.TempPathFactory) -> embedded.Group:
    """A demo on free ports in an empty folder; not started."""
    return embedded.Group(
        folder=tmp_path_factory.mktemp("group"),
        ports=dict(zip(embedded.PORTS, free_ports(len(embedded.PORTS)), strict=True)),
        demo=True,
        today=clock.real_now().date().isoformat(),
    )


AUTHORS_LEAVE = "Leave of the author, letter of 3 May 2026"
"""The clinic of the tests may use LSNS-6, which takes its author's leave."""


@pytest.fixture(scope="session")
async def clinic(embedded_group: embedded.Group) -> AsyncIterator[Clinic]:
    """The running demo, as a script sees it."""
    said: list[str] = []
    with _rights(embedded_group.folder.with_name("rights.toml")):
        async with (
            embedded.running(embedded_group, say=said.append),
            aiohttp.ClientSession() as session,
        ):
            services = {name: embedded_group.address(name) for name in embedded_group.ports}
            yield Clinic(session, services, embedded_group.demo_password)
            for name, address in services.items():
                async with session.get(f"{address}/metrics") as metrics:
                    refuse_person_and_dose(await metrics.text(), where=f"{name}'s metrics")
    for log in embedded_group.folder.glob("**/*.log"):
        refuse_person_and_dose(log.read_text(errors="replace"), where=f"lines of {log.name}")


@contextmanager
def _rights(file: Path) -> Iterator[None]:
    """Told to the services as whoever starts them does."""
    file.write_text(f'[rights]\nlsns-6 = "{AUTHORS_LEAVE}"\n')
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("MOORING_RIGHTS_FILE", str(file))
        yield
