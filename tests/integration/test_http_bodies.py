"""Whatever is sent, the answer names the field and nothing is stored."""

import gzip
import io
import json

import pytest

from shared.runtime.http import dispatch
from shared.runtime.http.app import MAX_BODY_BYTES
from tests.support.notebook import Answer, Notebook, a_note, notes
from tests.support.sentinel import FAMILY


def raw(**fields: str) -> str:
    """A valid note with some fields spelled literally."""
    document = {name: json.dumps(value) for name, value in a_note().items()} | fields
    return "{" + ", ".join(f'"{name}": {value}' for name, value in document.items()) + "}"


async def send(notebook: Notebook, body: str | bytes, media: str = "application/json") -> Answer:
    sent = io.BytesIO(body if isinstance(body, bytes) else body.encode())
    return await notebook.ask("POST", "/api/v1/notes", data=sent, headers={"Content-Type": media})


async def test_a_valid_note_is_stored(notebook: Notebook) -> None:
    answer = await send(notebook, raw())

    assert (answer.status, answer.headers["ETag"]) == (201, '"1"')
    assert await notebook.count(notes) == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("extra", "1"),
        ("role", '"lead"'),
        ("__proto__", "{}"),
        ("title", "7"),
        ("title", "null"),
        ("title", '""'),
        ("title", json.dumps("x" * 201)),
        ("title", "[]"),
        ("dose_mg", '"NaN"'),
        ("dose_mg", '"Infinity"'),
        ("dose_mg", '"-5"'),
        ("dose_mg", '"10 mg"'),
        ("dose_mg", '"1,5"'),
        ("dose_mg", '"0.0000001"'),
        ("dose_mg", "1e308"),
        ("dose_mg", "true"),
        ("dose_mg", "{}"),
        ("on", '"2026-02-30"'),
        ("on", '"2026-03-01T09:00:00Z"'),
        ("on", "0"),
        ("on", '"0000-01-01"'),
        ("at", '"2026-03-01T09:00:00"'),
        ("at", '"2026-03-01T09:00:00+25:00"'),
        ("at", "1700000000"),
        ("colour", '"red"'),
        ("pages", "0"),
        ("pages", "101"),
        ("pages", "1.5"),
        ("pages", '"3"'),
        ("pages", "true"),
        ("signed", '"yes"'),
        ("signed", "1"),
        ("about", '"not-an-id"'),
        ("about", "1"),
        ("words", '"one"'),
        ("words", "{}"),
    ],
)
async def test_a_wrong_field_is_named(notebook: Notebook, field: str, value: str) -> None:
    answer = await send(notebook, raw(**{field: value}))

    assert (answer.status, answer.code) == (422, "invalid")
    assert answer.pointers == {f"/body/{field}"}
    assert await notebook.count(notes) == 0


async def test_every_wrong_field_is_named_at_once(notebook: Notebook) -> None:
    answer = await send(notebook, raw(pages="0", words='["a", 2, null]', title="null"))

    assert answer.pointers == {"/body/pages", "/body/words/1", "/body/words/2", "/body/title"}


async def test_a_missing_field_is_named(notebook: Notebook) -> None:
    answer = await send(notebook, "{}")

    assert answer.pointers == {"/body/title", "/body/dose_mg", "/body/on", "/body/pages"}


async def test_a_field_name_is_escaped_in_its_pointer(notebook: Notebook) -> None:
    answer = await send(notebook, raw(**{"a/b~c": "1"}))

    assert answer.pointers == {"/body/a~1b~0c"}


@pytest.mark.parametrize("body", ["null", "[]", "7", '"text"', "true"])
async def test_a_body_that_is_no_object_is_refused(notebook: Notebook, body: str) -> None:
    answer = await send(notebook, body)

    assert (answer.status, answer.code) == (422, "invalid")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (raw(pages="NaN"), "not-a-number"),
        (raw(pages="-Infinity"), "not-a-number"),
        (raw(pages="1e400"), "not-a-number"),
        (raw(pages="9" * 5000), "not-json"),
        (raw(pages='3, "pages": 4'), "duplicate-key"),
        (raw(words='[{"a": 1, "a": 2}]'), "duplicate-key"),
        (raw(pages='3, "p\\u0061ges": 4'), "duplicate-key"),
        ("", "not-json"),
        ("{", "not-json"),
        ("{'title': 1}", "not-json"),
        ("{} {}", "not-json"),
        ("/* note */ {}", "not-json"),
        ("\ufeff{}", "not-json"),
        ("{}".encode("utf-16"), "not-utf-8"),
        (b'{"title": "\xff"}', "not-utf-8"),
        (raw(title='"\\u0000"'), "unstorable-character"),
        (raw(title='"\\ud800"'), "unstorable-character"),
        (raw(words="[" * 21 + "]" * 21), "too-deep"),
        ("[" * 60_000, "too-deep"),
        ('{"a":' * 10_000, "too-deep"),
    ],
    ids=str,
)
async def test_json_that_two_readers_could_read_differently_is_refused(
    notebook: Notebook, body: str | bytes, code: str
) -> None:
    answer = await send(notebook, body)

    assert (answer.status, answer.code) == (400, code)
    assert await notebook.count(notes) == 0


@pytest.mark.parametrize("size", [MAX_BODY_BYTES + 1, 10 * 1024 * 1024])
async def test_a_large_body_is_refused(notebook: Notebook, size: int) -> None:
    answer = await send(notebook, raw(title=json.dumps("x" * size)))

    assert (answer.status, answer.code) == (413, "too-large")


async def test_a_compressed_body_is_refused_unread(notebook: Notebook) -> None:
    """A few bytes can unfold to gigabytes."""
    answer = await notebook.ask(
        "POST",
        "/api/v1/notes",
        data=gzip.compress(b" " * 50_000_000),
        headers={"Content-Encoding": "gzip", "Content-Type": "application/json"},
    )

    assert (answer.status, answer.code) == (415, "media-type")


@pytest.mark.parametrize(
    "media", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "x"]
)
async def test_another_media_type_is_refused(notebook: Notebook, media: str) -> None:
    answer = await send(notebook, raw(), media)

    assert (answer.status, answer.code) == (415, "media-type")


@pytest.mark.parametrize(
    "text", ["Ærøskøbing 東京 🌊", "a\u202eb", "{{7*7}} %s ${x}", "'; DROP TABLE notes;--"]
)
async def test_text_is_kept_as_it_was_written(notebook: Notebook, text: str) -> None:
    await notebook.write(text)

    found = await notebook.ask("POST", "/api/v1/notes/searches", json={"title": text})

    assert [note["title"] for note in found.body["items"]] == [text]


@pytest.mark.parametrize(
    "field", ["dose_mg", "on", "at", "colour", "pages", "signed", "about", "words"]
)
async def test_a_refusal_never_repeats_what_was_sent(notebook: Notebook, field: str) -> None:
    answer = await send(notebook, raw(**{field: json.dumps(FAMILY)}))

    assert answer.status == 422
    assert FAMILY not in answer.text


async def test_a_body_that_does_not_arrive_is_given_up(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatch, "BODY_TIMEOUT_S", 0.2)
    token = notebook.authorisation()["Authorization"]

    answer = await notebook.send(
        "POST /api/v1/notes HTTP/1.1\r\nHost: localhost\r\n"
        f"Authorization: {token}\r\nIdempotency-Key: slow-body-1\r\n"
        'Content-Type: application/json\r\nContent-Length: 500\r\n\r\n{"title": "A ti'
    )

    assert answer.splitlines()[0].split()[1] == "408"
    assert '"slow-body"' in answer
    assert await notebook.count(notes) == 0
