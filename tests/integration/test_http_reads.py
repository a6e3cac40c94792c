"""Several looks in one call: each answered, refused and recorded as if it had come alone."""

import json
from typing import Any

import pytest
from sqlalchemy import select

from shared.api.identity import Role
from shared.runtime.http.reads import MOST, PATH
from shared.runtime.tables import audit
from tests.support.notebook import Answer, Notebook

NOWHERE = "/api/v1/notes/00000000-0000-0000-0000-000000000000"


async def look(notebook: Notebook, *paths: str, **kwargs: Any) -> Answer:
    return await notebook.ask("POST", PATH, json={"paths": list(paths)}, **kwargs)


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
