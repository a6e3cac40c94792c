"""One effect per request, and only on the version that was seen."""

import asyncio
from uuid import UUID

import pytest

from shared.api.identity import Role
from shared.runtime.tables import idempotency
from tests.support.notebook import Answer, Notebook, a_note, notes

KEY = {"Idempotency-Key": "the-same-key"}


async def test_a_repeated_request_gets_the_first_answer_again(notebook: Notebook) -> None:
    first = await notebook.write("A title", headers=KEY)

    again = await notebook.write("A title", headers=KEY)

    assert (again.status, again.text, again.headers["ETag"]) == (201, first.text, '"1"')
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert await notebook.count(notes) == 1


async def test_a_hundred_at_once_have_one_effect(notebook: Notebook) -> None:
    async with asyncio.TaskGroup() as group:
        sent = [group.create_task(notebook.write("A title", headers=KEY)) for _ in range(100)]

    answers = [task.result() for task in sent]
    assert {answer.status for answer in answers} <= {201, 503}
    assert len({answer.text for answer in answers if answer.status == 201}) == 1
    assert await notebook.count(notes) == 1


async def test_a_key_is_not_taken_for_another_body(notebook: Notebook) -> None:
    await notebook.write("A title", headers=KEY)

    other = await notebook.write("Another title", headers=KEY)

    assert (other.status, other.code) == (422, "idempotency-key-reused")
    assert await notebook.count(notes) == 1


async def test_a_key_is_not_taken_for_another_operation(notebook: Notebook) -> None:
    await notebook.write("A title", headers=KEY)

    other = await notebook.ask(
        "POST", "/api/v1/notes/refusals", json=a_note(title="A title"), headers=KEY
    )

    assert (other.status, other.code) == (422, "idempotency-key-reused")


async def test_a_key_belongs_to_one_person(notebook: Notebook) -> None:
    await notebook.write("A title", headers=KEY)

    other = await notebook.write("Another title", headers=KEY, role=Role.NURSE)

    assert other.status == 201
    assert await notebook.count(notes) == 2


@pytest.mark.parametrize("key", ["", "short", "x" * 65, "x" * 4000, "clé-de-huit"])
async def test_a_missing_or_odd_key_is_refused(notebook: Notebook, key: str) -> None:
    answer = await notebook.write("A title", headers={"Idempotency-Key": key})

    assert (answer.status, answer.code) == (400, "idempotency-key")
    assert await notebook.count(notes) == 0


async def test_a_refusal_leaves_neither_row_nor_key(notebook: Notebook) -> None:
    refused = await notebook.ask(
        "POST", "/api/v1/notes/refusals", json=a_note(title="A title"), headers=KEY
    )

    assert (refused.status, refused.code, refused.pointers) == (409, "title-taken", {"/body/title"})
    assert await notebook.count(notes) == 0
    assert await notebook.count(idempotency) == 0
    assert (await notebook.write("A title", headers=KEY)).status == 201


async def test_the_version_seen_is_the_version_changed(notebook: Notebook) -> None:
    note = (await notebook.write("A title")).body["id"]

    renamed = await rename(notebook, note, '"1"')

    assert (renamed.status, renamed.body["version"], renamed.headers["ETag"]) == (200, 2, '"2"')


@pytest.mark.parametrize("version", ['"2"', '"0"', '"x"', "*", 'W/"1"', '"1", "2"', '"-1"', "٣"])
async def test_another_version_is_refused(notebook: Notebook, version: str) -> None:
    note = (await notebook.write("A title")).body["id"]

    stale = await rename(notebook, note, version)

    assert (stale.status, stale.code) == (412, "stale-version")
    assert (await notebook.ask("GET", f"/api/v1/notes/{note}")).body["title"] == "A title"


async def test_a_change_without_version_is_refused(notebook: Notebook) -> None:
    answer = await rename(notebook, str(UUID(int=1)), "")

    assert (answer.status, answer.code) == (428, "version-required")


async def test_of_two_changes_at_once_one_is_stale(notebook: Notebook) -> None:
    note = (await notebook.write("A title")).body["id"]

    both = await asyncio.gather(*[rename(notebook, note, '"1"') for _ in range(2)])

    assert sorted(answer.status for answer in both) == [200, 412]


async def rename(notebook: Notebook, note: str, version: str) -> Answer:
    return await notebook.ask(
        "PUT",
        f"/api/v1/notes/{note}",
        json={"title": "Renamed"},
        headers={"If-Match": version},
    )
