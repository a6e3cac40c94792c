"""Attacks of the threat model that have no other home (tests/attacks.toml says which is where)."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import pytest
from aiohttp.test_utils import TestClient, TestServer
from joserfc.jwk import KeySet
from pydantic import Field, TypeAdapter, ValidationError

from services.assessment.adapters.http import build_api
from shared.api.identity import Role
from shared.runtime.auth import StaticKeys
from shared.runtime.http import build_app
from tests.support.assessment import CONTENT, Clinic, clinic_on
from tests.support.callers import KEY, Site
from tests.support.databases import Databases
from tests.support.sites import everything

KEYS = StaticKeys(KeySet([KEY]))
TEXTS = (
    "{{7*7}}",
    "${7*7}",
    "%s%n%x",
    "'; DROP TABLE patient; --",
    '" OR "1"="1',
    "<img src=x onerror=alert(1)>",
    "javascript:alert(1)",
    "=cmd|'/C calc'!A0",
)
SLOW_S = 0.05


@pytest.fixture
async def clinic(sqlite_databases: Databases) -> AsyncIterator[Clinic]:
    async with clinic_on(sqlite_databases) as opened:
        yield opened


@pytest.mark.parametrize(
    "field", ["status", "version", "patient_id", "enrolled_on", "care_team", "actions", "team"]
)
async def test_a_field_that_is_not_for_the_sender_is_refused(clinic: Clinic, field: str) -> None:
    before = (await clinic.nurse.get(clinic.path)).json

    answer = await clinic.nurse.patch(clinic.path, {"phone": "+44 1", field: "x"}, version=1)

    assert answer.status == 422
    assert f"/body/{field}" in [one["pointer"] for one in answer.json["errors"]]
    assert (await clinic.nurse.get(clinic.path)).json == before


@pytest.mark.parametrize("name", ["%%", "__", "**", "??", "Z%", "_oë", "' OR 1=1 --"])
async def test_a_wildcard_is_a_letter(clinic: Clinic, name: str) -> None:
    answer = await clinic.nurse.post("patients/search", {"name": name})

    assert (answer.status, answer.json["items"]) == (200, [])


@pytest.mark.parametrize("text", TEXTS)
async def test_text_is_text(clinic: Clinic, text: str) -> None:
    changed = await clinic.nurse.patch(clinic.path, {"postal_address": text}, version=1)

    assert changed.status == 200, changed.json
    assert (await clinic.nurse.get(clinic.path)).json["postal_address"] == text
    assert (await clinic.nurse.get("patients")).json["items"] != []


async def test_too_many_requests_of_one_caller_are_refused_and_others_served(
    clinic: Clinic,
) -> None:
    app = build_app(build_api(CONTENT, keys=KEYS), db=clinic.db, keys=KEYS, per_minute=60)
    async with TestClient(TestServer(app)) as client:
        site = Site(client, "assessment")
        eager = site.caller(UUID(int=50), Role.NURSE)
        statuses = [(await eager.get("instruments")).status for _ in range(40)]
        other = await site.caller(UUID(int=51), Role.NURSE).get("instruments")
        refused = await eager.get("instruments")

    assert set(statuses) == {200, 429}
    assert other.status == 200
    assert (refused.status, refused.json["code"]) == (429, "too-many-requests")
    assert int(refused.headers["Retry-After"]) >= 1


async def test_twenty_thousand_headers_are_refused(clinic: Clinic) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", clinic.site.client.port)
    writer.write(b"GET /openapi.json HTTP/1.1\r\nHost: l\r\n")
    writer.write(b"".join(b"X-%d: a\r\n" % number for number in range(20_000)) + b"\r\n")
    async with asyncio.timeout(20):
        try:
            status = (await reader.readline()).split()[1]
        except (ConnectionError, IndexError):
            status = b"closed"
    writer.close()

    assert status in {b"400", b"431", b"closed"}
    assert (await clinic.nurse.get(clinic.path)).status == 200


async def test_no_pattern_of_the_contract_is_slow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with everything(tmp_path, monkeypatch, KEYS) as sites:
        patterns = {
            pattern
            for service, app in sites.values()
            for operation in service.api.operations
            for model in (operation.body, operation.query)
            if model is not None
            for pattern in _patterns(model.model_json_schema())
        }
    assert len(patterns) > 5
    strings = [
        base * 25_000 + tail
        for base in ("a", "a ", "1-", "a.", "@", " ")
        for tail in ("", "!", "\n")
    ]
    for pattern in patterns:
        adapter = TypeAdapter(_text(pattern))
        for text in strings:
            began = time.thread_time()
            with suppress(ValidationError):
                adapter.validate_python(text)
            assert time.thread_time() - began < SLOW_S, pattern


def _text(pattern: str) -> Any:
    return Annotated[str, Field(pattern=pattern)]


def _patterns(schema: Any) -> set[str]:
    """Every pattern in a JSON schema."""
    if isinstance(schema, list):
        return set().union(*map(_patterns, schema)) if schema else set()
    if not isinstance(schema, dict):
        return set()
    own = {schema["pattern"]} if isinstance(schema.get("pattern"), str) else set()
    return own.union(*(_patterns(value) for value in schema.values()))
