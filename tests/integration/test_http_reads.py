"""Several looks in one call: each answered, refused and recorded as if it had come alone."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, event, insert, select

from shared.api.identity import Role
from shared.runtime.db import Cause, UnauditedWrite
from shared.runtime.http.reads import MOST, PATH
from shared.runtime.tables import audit
from tests.support.notebook import Answer, Notebook, notes

NOWHERE = "/api/v1/notes/00000000-0000-0000-0000-000000000000"


async def look(
    notebook: Notebook, *paths: str, questions: Sequence[tuple[str, Any]] = (), **kwargs: Any
) -> Answer:
    asked = [{"path": path, "body": body} for path, body in questions]
    sent = {"paths": list(paths), "questions": asked}
    return await notebook.ask("POST", PATH, json=sent, **kwargs)


@contextmanager
def commits(notebook: Notebook) -> Iterator[list[str]]:
    """Every commit meanwhile."""
    seen: list[str] = []

    def note(_connection: Connection) -> None:
        seen.append("commit")

    event.listen(notebook.db.engine.sync_engine, "commit", note)
    try:
        yield seen
    finally:
        event.remove(notebook.db.engine.sync_engine, "commit", note)


async def actions(notebook: Notebook) -> list[str]:
    async with notebook.db.reading() as tx:
        return list(
            (await tx.session.execute(select(audit.c.action).order_by(audit.c.seq))).scalars()
        )


def parts(answer: Answer) -> list[tuple[int, Any]]:
    lines = answer.text.split("\n")
    return [(int(lines[i]), json.loads(lines[i + 1])) for i in range(0, len(lines), 2)]


async def test_each_look_has_its_own_answer_or_refusal(notebook: Notebook) -> None:
    await notebook.write("One")

    answer = await look(notebook, "/api/v1/notes?limit=1", NOWHERE, "/api/v1/elsewhere")

    found, missing, unknown = parts(answer)
    assert answer.status == 200
    assert found[0] == 200
    assert [note["title"] for note in found[1]["items"]] == ["One"]
    assert (missing[0], missing[1]["code"]) == (404, "not-found")
    assert (unknown[0], unknown[1]["code"]) == (404, "no-such-route")


async def test_a_look_that_breaks_leaves_the_others_whole(notebook: Notebook) -> None:
    broken, whole = parts(await look(notebook, "/api/v1/faults/code", "/api/v1/notes"))

    assert (broken[0], broken[1]["code"]) == (500, "internal")
    assert whole[0] == 200


async def test_a_look_at_what_is_not_ones_own_is_not_found_and_on_record(
    notebook: Notebook,
) -> None:
    note_id = (await notebook.write("Harbour only")).body["id"]

    ((status, problem),) = parts(
        await look(notebook, f"/api/v1/notes/{note_id}", teams=("elsewhere",))
    )

    assert (status, problem["code"]) == (404, "not-found")
    async with notebook.db.reading() as tx:
        last = select(audit.c.action, audit.c.reason).order_by(audit.c.seq.desc()).limit(1)
        assert (await tx.session.execute(last)).one() == ("access.denied", "outside-relation")


async def test_looks_are_committed_together(notebook: Notebook) -> None:
    note_id = (await notebook.write("One")).body["id"]

    with commits(notebook) as seen:
        await look(notebook, "/api/v1/notes", f"/api/v1/notes/{note_id}", NOWHERE)

    assert len(seen) == 1


async def test_a_refused_look_is_on_record_beside_those_that_were_let_through(
    notebook: Notebook,
) -> None:
    note_id = (await notebook.write("Harbour only")).body["id"]

    found = parts(
        await look(
            notebook, f"/api/v1/notes/{note_id}", "/api/v1/notes", NOWHERE, teams=("elsewhere",)
        )
    )

    assert [status for status, _ in found] == [404, 200, 404]
    assert (await actions(notebook)).count("access.denied") == 2


async def test_what_was_on_record_before_a_look_broke_is_on_record_once(
    notebook: Notebook,
) -> None:
    found = parts(await look(notebook, NOWHERE, "/api/v1/faults/sql", "/api/v1/notes"))

    assert [status for status, _ in found] == [404, 500, 200]
    assert await actions(notebook) == ["access.denied"]


async def test_a_look_that_writes_without_saying_who_stores_nothing(notebook: Notebook) -> None:
    row = {"id": UUID(int=1), "title": "One", "team": "harbour", "version": 1}

    with pytest.raises(UnauditedWrite):
        async with notebook.db.looks() as looks:
            async with looks.look(Cause(actor="staff:first")) as tx:
                tx.audit("notes.read", object="notes")
            async with looks.look(Cause(actor="staff:second")) as tx:
                await tx.session.execute(insert(notes).values(row))

    assert await notebook.count(notes) == 0
    assert await actions(notebook) == []


async def test_a_question_travels_with_the_looks(notebook: Notebook) -> None:
    await notebook.write("One")
    await notebook.write("Two")
    asked = [("/api/v1/notes/searches", {"title": "Two"}), ("/api/v1/notes/searches", {"x": 1})]

    listed, found, wrong = parts(await look(notebook, "/api/v1/notes", questions=asked))

    assert len(listed[1]["items"]) == 2
    assert [note["title"] for note in found[1]["items"]] == ["Two"]
    assert (wrong[0], wrong[1]["code"]) == (422, "invalid")


async def test_a_question_that_would_change_something_is_refused(notebook: Notebook) -> None:
    note = ("/api/v1/notes", {"title": "One", "dose_mg": "5", "on": "2026-03-01", "pages": 1})

    answer = await look(notebook, "/api/v1/notes", questions=[note])

    assert (answer.status, answer.code) == (422, "not-a-read")
    assert await notebook.count(notes) == 0


async def test_without_a_token_nothing_is_looked_at(notebook: Notebook) -> None:
    answer = await look(notebook, "/api/v1/notes", headers={"Authorization": ""})

    assert (answer.status, answer.code) == (401, "unauthenticated")


async def test_a_role_without_the_right_to_look_is_refused(notebook: Notebook) -> None:
    answer = await look(notebook, "/api/v1/notes", role=Role.AUDITOR)

    assert (answer.status, answer.code) == (403, "role")


@pytest.mark.parametrize(
    "paths",
    [
        (),
        ("/api/v1/notes",) * (MOST + 1),
        ("https://elsewhere.example/api/v1/notes",),
        ("/metrics",),
        ("/api/v1/no tes",),
        (PATH, "/api/v1/notes"),
        (f"{PATH}?x=1",),
    ],
    ids=["none", "too-many", "elsewhere", "outside", "blank", "nested", "nested-with-query"],
)
async def test_what_is_no_look_is_refused(notebook: Notebook, paths: tuple[str, ...]) -> None:
    assert (await look(notebook, *paths)).status == 422
