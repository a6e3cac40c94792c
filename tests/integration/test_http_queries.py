"""What is asked in an address: parameters, paths and cursors."""

import base64
from uuid import UUID

import pytest

from shared.runtime.http import encode_cursor
from tests.support.notebook import Notebook


async def test_pages_follow_each_other_without_gap_or_repeat(notebook: Notebook) -> None:
    for number in range(7):
        await notebook.write(f"Note {number}")

    seen, cursor = [], ""
    while cursor is not None:
        page = await notebook.ask(
            "GET", f"/api/v1/notes?limit=3&cursor={cursor}" if cursor else "/api/v1/notes?limit=3"
        )
        seen += [note["title"] for note in page.body["items"]]
        cursor = page.body["next"]

    assert seen == [f"Note {number}" for number in range(7)]


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("limit=0", "/query/limit"),
        ("limit=201", "/query/limit"),
        ("limit=many", "/query/limit"),
        ("limit=1&limit=2", "/query/limit"),
        ("fields=answers", "/query/fields"),
        ("cursor=" + "A" * 513, "/query/cursor"),
        ("title=" + "A" * 201, "/query/title"),
    ],
)
async def test_a_wrong_parameter_is_named(notebook: Notebook, query: str, pointer: str) -> None:
    answer = await notebook.ask("GET", f"/api/v1/notes?{query}")

    assert answer.status == 422
    assert answer.pointers == {pointer}


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "%25%25",
        "%C3%A9",
        "W10",
        base64.urlsafe_b64encode(b"[" * 300).decode(),
        base64.urlsafe_b64encode(b"[NaN]").decode(),
        encode_cursor(1),
        encode_cursor("a", "b"),
        encode_cursor("a\x00b"),
    ],
)
async def test_a_cursor_of_somebody_s_own_making_is_refused(
    notebook: Notebook, cursor: str
) -> None:
    answer = await notebook.ask("GET", f"/api/v1/notes?cursor={cursor}")

    assert (answer.status, answer.code) == (422, "cursor")


@pytest.mark.parametrize("text", ["%00", "a%00b", "%ED%A0%80", "%FF", "%F0%9F%8C%8A", "%"])
@pytest.mark.parametrize("path", ["/api/v1/shelves/{}", "/api/v1/notes?title={}"])
async def test_odd_characters_in_an_address_find_nothing(
    notebook: Notebook, path: str, text: str
) -> None:
    answer = await notebook.ask("GET", path.format(text))

    assert answer.status in {200, 404, 422}
    if answer.status == 200:
        assert answer.body["items"] == []


@pytest.mark.parametrize("part", ["1", "not-an-id", "%2e%2e", str(UUID(int=1)).upper() + ";x"])
async def test_a_path_part_that_is_no_id_is_named(notebook: Notebook, part: str) -> None:
    answer = await notebook.ask("GET", f"/api/v1/notes/{part}")

    assert (answer.status, answer.pointers) == (422, {"/path/note_id"})


@pytest.mark.parametrize(
    "path",
    [
        "//api/v1/notes",
        "/api//v1/notes",
        "/api/v1/notes/",
        "/API/V1/NOTES",
        "/api/v1/notes;x",
        "/api/v1/notes.",
        "/api/v1/%2e%2e/v1/notes%2f",
        "/api/v1/no%00tes",
        "/api/v1/faults/../../../etc/passwd",
        "/api/v1/notes/{}",
        "/docs",
        "/.git/config",
    ],
)
async def test_no_other_spelling_reaches_a_route(notebook: Notebook, path: str) -> None:
    answer = await notebook.ask("GET", path)

    assert (answer.status, answer.code) == (404, "no-such-route")
