"""Methods, targets and headers; and the contract that says all this."""

from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from shared.runtime.http.app import SECURITY_HEADERS
from shared.runtime.http.openapi import document
from tests.support.notebook import Notebook, open_to_writers
from tests.support.notebook import notebook as operations

HOST = "Host: localhost\r\n"


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "TRACE", "DELETE", "PATCH"])
async def test_another_method_is_refused_and_the_right_ones_named(
    notebook: Notebook, method: str
) -> None:
    answer = await notebook.ask(method, "/api/v1/notes")

    assert answer.status == 405
    assert set(answer.headers["Allow"].split(",")) == {"GET", "POST"}


@pytest.mark.parametrize("name", ["X-HTTP-Method-Override", "X-Original-URL", "X-Rewrite-URL"])
async def test_a_header_does_not_change_what_is_asked(notebook: Notebook, name: str) -> None:
    answer = await notebook.ask("GET", "/api/v1/notes", headers={name: "POST"})

    assert (answer.status, answer.body["items"]) == (200, [])


@pytest.mark.parametrize(
    "target", ["http://elsewhere.example/api/v1/notes", "http://127.0.0.1/api/v1/notes", "*"]
)
async def test_only_a_path_is_a_target(notebook: Notebook, target: str) -> None:
    token = notebook.authorisation()["Authorization"]

    answer = await notebook.send(
        f"GET {target} HTTP/1.1\r\n{HOST}Authorization: {token}\r\nConnection: close\r\n\r\n"
    )

    assert answer.splitlines()[0].split()[1] == "400"


@pytest.mark.parametrize(
    "head",
    [
        "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n",
        "Content-Length: 2\r\nContent-Length: 3\r\n",
        "Content-Length: +2\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "X-Long: " + "a" * 20_000 + "\r\n",
        "Bad Header: 1\r\n",
    ],
    ids=["both-lengths", "two-lengths", "signed-length", "odd-coding", "long", "odd-name"],
)
async def test_an_ambiguous_request_is_refused(notebook: Notebook, head: str) -> None:
    answer = await notebook.send(f"POST /api/v1/notes HTTP/1.1\r\n{HOST}{head}\r\n{{}}")

    assert answer.splitlines()[0].split()[1] in {"400", "431"}


@pytest.mark.parametrize(
    "path",
    ["/api/v1/notes", "/api/v1/notes/none", "/nowhere", "/openapi.json", "/api/v1/faults/code"],
)
async def test_every_answer_says_how_to_be_treated(notebook: Notebook, path: str) -> None:
    answer = await notebook.ask("GET", path, headers={"X-Request-Id": "request-79"})

    assert {name: answer.headers[name] for name in SECURITY_HEADERS} == SECURITY_HEADERS
    assert answer.headers["X-Request-Id"] == "request-79"


@pytest.mark.parametrize(
    "given", ["short", "x" * 65, "with space 1234", "ünïcödë-1234", "a;b;c;d;e"]
)
async def test_an_odd_request_id_is_replaced(notebook: Notebook, given: str) -> None:
    answer = await notebook.ask("GET", "/api/v1/notes", headers={"X-Request-Id": given})

    assert answer.headers["X-Request-Id"] != given


def contract() -> dict[str, Any]:
    api = operations()
    lines = open_to_writers(api).lines(api.service)
    return document(api, {one.name: lines[one.method, one.path] for one in api.operations})


def test_the_contract_is_valid_openapi() -> None:
    OpenAPIV31SpecValidator(contract()).validate()


def test_the_contract_says_what_every_operation_needs() -> None:
    paths = contract()["paths"]

    create, change = paths["/api/v1/notes"]["post"], paths["/api/v1/notes/{note_id}"]["put"]
    assert create["description"] == "Roles: nurse, prescriber."
    assert [p["name"] for p in create["parameters"]] == ["X-Patient-Id", "Idempotency-Key"]
    assert [p["name"] for p in change["parameters"]] == ["note_id", "X-Patient-Id", "If-Match"]
    needed = [p["name"] for p in create["parameters"] + change["parameters"] if p["required"]]
    assert needed == ["Idempotency-Key", "note_id", "If-Match"]
    assert set(create["responses"]) == {
        "201", "400", "401", "403", "408", "409", "413", "415", "422", "429", "503",
    }  # fmt: skip
    assert {"404", "412", "428"} <= set(change["responses"])
