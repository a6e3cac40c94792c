"""Fixtures every test may use: both databases for real, and a guard on what is logged."""

import logging
import os
from collections.abc import Generator, Iterator

import pytest
from prometheus_client import generate_latest

from shared.runtime import logs
from tests.support import postgres, sentinel
from tests.support.databases import Databases
from tests.support.group import clinic, embedded_group

__all__ = ["clinic", "embedded_group"]
"""Fixtures defined elsewhere: the system and the browser tests share one running group."""


@pytest.fixture(scope="session")
def log_stream() -> Iterator[sentinel.Watched]:
    """What this process logs, libraries included, written as a service writes it."""
    stream = sentinel.Watched()
    logs.configure(service="tests", level="debug", stream=stream)
    libraries = logs.LibraryLogs()
    logging.getLogger().addHandler(libraries)
    yield stream
    logging.getLogger().removeHandler(libraries)
    sentinel.refuse_person_and_dose(generate_latest().decode(), where="metrics")


@pytest.fixture(autouse=True)
def no_person_in_logs(log_stream: sentinel.Watched) -> Iterator[None]:
    """Every test fails when a patient's name, or a dose, came into the logs while it ran."""
    log_stream.empty()
    yield
    sentinel.refuse_person_and_dose(log_stream.text, where="logs")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A PostgreSQL server for this run. The locked dependencies bring one, so that it is never
    left out: where none starts, the tests that need it fail and say why."""
    with postgres.server() as url:
        yield url


@pytest.fixture(scope="session")
def sqlite_databases(tmp_path_factory: pytest.TempPathFactory) -> Databases:
    """SQLite files in a folder of this run."""
    return Databases(folder=tmp_path_factory.mktemp("sqlite"), postgres=None)


@pytest.fixture(scope="session")
def postgres_databases(postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> Databases:
    """Databases on this run's PostgreSQL."""
    return Databases(folder=tmp_path_factory.mktemp("keys"), postgres=postgres_server)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def databases(request: pytest.FixtureRequest) -> Databases:
    """Each test that asks for this runs on SQLite and on PostgreSQL."""
    found: Databases = request.getfixturevalue(f"{request.param}_databases")
    return found


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI nothing may be skipped: what a machine lacks is installed there first."""
    report = yield
    if report.skipped and os.environ.get("TESTS_MAY_NOT_SKIP"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, and CI skips nothing: {report.longrepr}"
    return report
