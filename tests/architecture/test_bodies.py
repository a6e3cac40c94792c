"""What a request may carry has bounds: no number is larger than the databases can hold."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer
from joserfc.jwk import KeySet

from shared.runtime.auth import StaticKeys
from tests.support.sites import everything


def numbers(
    schema: Any, schemas: Mapping[str, Any], at: str, seen: frozenset[str]
) -> Iterator[str]:
    """Where a body has an integer without a smallest and a largest value."""
    if isinstance(schema, list):
        for one in schema:
            yield from numbers(one, schemas, at, seen)
    if not isinstance(schema, dict):
        return
    name = str(schema.get("$ref", "")).rpartition("/")[2]
    if name and name not in seen:
        yield from numbers(schemas[name], schemas, name, seen | {name})
    has_largest = schema.keys() & {"maximum", "exclusiveMaximum"}
    has_smallest = schema.keys() & {"minimum", "exclusiveMinimum"}
    if schema.get("type") == "integer" and not (has_largest and has_smallest):
        yield at
    for key in ("anyOf", "oneOf", "allOf", "items", "prefixItems", "additionalProperties"):
        yield from numbers(schema.get(key), schemas, at, seen)
    for field, inner in schema.get("properties", {}).items():
        yield from numbers(inner, schemas, f"{at}.{field}", seen)


async def test_every_number_that_can_be_sent_has_bounds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = set()
    async with everything(tmp_path, monkeypatch, StaticKeys(KeySet([]))) as sites:
        for _, app in sites.values():
            async with TestClient(TestServer(app)) as client:
                contract = await (await client.get("/openapi.json")).json()
            found |= set(unbounded(contract))

    assert not found


def unbounded(contract: Any) -> Iterator[str]:
    """Every number a request of this contract can carry in its body or its address."""
    schemas = contract["components"]["schemas"]
    for path in contract["paths"].values():
        for operation in path.values():
            for content in operation.get("requestBody", {}).get("content", {}).values():
                yield from numbers(content["schema"], schemas, "", frozenset())
            for one in operation.get("parameters", ()):
                at = f"{operation['operationId']} {one['name']}"
                yield from numbers(one["schema"], schemas, at, frozenset())
