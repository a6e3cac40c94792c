"""What is told from outside is checked before anything starts."""

import pytest
from pydantic import ValidationError

from shared.runtime.settings import ServiceSettings, faults

TOLD = {"http_port": 8080, "database_url": "sqlite+aiosqlite:///x.db"}


def endpoint(address: str | None) -> str | None:
    return ServiceSettings.model_validate(TOLD | {"otlp_endpoint": address}).otlp_endpoint


@pytest.mark.parametrize(
    "address",
    [
        "https://collector:4318/v1/traces",
        "http://127.0.0.1:4318/v1/traces",
        "http://localhost:4318/v1/traces",
        "http://[::1]:4318/v1/traces",
    ],
)
def test_traces_leave_by_https_or_stay_here(address: str) -> None:
    assert endpoint(address) == address


@pytest.mark.parametrize("address", ["", None])
def test_nothing_means_that_no_traces_are_made(address: str | None) -> None:
    assert endpoint(address) is None


@pytest.mark.parametrize(
    "address",
    [
        "http://collector:4318/v1/traces",
        "http://127.0.0.1.example:4318",
        "http://localhost@collector:4318",
        "collector:4318",
        "://",
    ],
)
def test_traces_in_the_clear_are_refused_by_name(address: str) -> None:
    with pytest.raises(ValidationError) as refused:
        endpoint(address)
    assert faults(refused.value) == (
        "MOORING_OTLP_ENDPOINT: Value error, traces leave this machine by https only"
    )
