"""The access table has a line for every route that is served, and for nothing else."""

from pathlib import Path
from uuid import UUID

import pytest
from joserfc.jwk import KeySet

from services.engagement.domain.wording import reads_of_medicines
from shared.api.identity import Role
from shared.runtime import access
from shared.runtime.access import BadTable, Relation, Unlisted
from shared.runtime.auth import StaticKeys
from shared.runtime.db import Database
from shared.runtime.http import Api, Call, build_app
from tests.support.sites import everything, routes

HEAD = """
[groups]
carers = "nurse lead"
[reaches]
change = "care-team"
public = "none"
[notebook]
"""


async def test_every_route_that_is_served_has_a_line_and_every_line_a_route(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with everything(tmp_path, monkeypatch, StaticKeys(KeySet([]))) as sites:
        served = {name: routes(app) for name, (_, app) in sites.items()}

    for name, found in served.items():
        lines = set(access.table().lines(name))
        assert not found - lines, access.missing(name, dict.fromkeys(found - lines))
        assert not lines - found, f"[{name}] has lines for routes that are not there"


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.SERVICE])
def test_engagement_names_medicines_to_those_who_may_read_a_course(role: Role) -> None:
    """One table decides; engagement keeps no opinion of its own (decision 0089)."""
    course = access.table().rule("treatment", "GET", "/api/v1/courses/{course_id}")

    assert reads_of_medicines(role.value) is (role in course.roles)


async def test_a_route_without_a_line_is_not_served_and_the_refusal_says_what_to_add(
    tmp_path: Path,
) -> None:
    api = Api(service="assessment", title="Assessment")

    @api.get("/api/v1/patients/{patient_id}/surprise")
    async def surprise(_call: Call, patient_id: UUID) -> None:
        """Nobody thought of who may see this."""

    db = Database.open(f"sqlite+aiosqlite:///{tmp_path / 'empty'}.db", source="assessment")
    with pytest.raises(Unlisted, match=r"under \[assessment\] add") as refused:
        build_app(api, db=db, keys=StaticKeys(KeySet([])))
    await db.close()

    assert '"GET /api/v1/patients/{patient_id}/surprise" = { roles' in str(refused.value)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('"FETCH /a" = { roles = "nurse", reach = "change" }', "a method and a path"),
        ('"GET a" = { roles = "nurse", reach = "change" }', "a method and a path"),
        ('"GET /a" = { roles = "nurse" }', "roles and reach"),
        ('"GET /a" = { roles = "nurse", reach = "change", also = 1 }', "roles and reach"),
        ('"GET /a" = { roles = "owner", reach = "change" }', "no such role or group: owner"),
        ('"GET /a" = { roles = "nurse", reach = "all" }', "no such reach"),
        ('"GET /a" = { roles = "", reach = "change" }', "exactly the public lines"),
        ('"GET /a" = { roles = "nurse", reach = "public" }', "exactly the public lines"),
    ],
)
def test_a_line_that_cannot_be_meant_is_refused_by_name(line: str, said: str) -> None:
    with pytest.raises(BadTable, match=said):
        access.parse(HEAD + line)


def test_a_line_means_what_it_says() -> None:
    rule = access.parse(HEAD + '"PUT /a" = { roles = "carers", reach = "change" }').rule(
        "notebook", "PUT", "/a"
    )

    assert rule.roles == {Role.NURSE, Role.LEAD}
    assert rule.relations == {Relation.CARE_TEAM}


def test_nothing_public_is_about_a_person_and_no_change_is_open_to_strangers() -> None:
    table = access.table()
    everything = [
        (name, route, rule)
        for name in ("assessment", "treatment", "engagement", "portal")
        for route, rule in table.lines(name).items()
    ]

    assert [r for _, r, rule in everything if rule.public and "patient" in r[1]] == []
    assert [
        (name, route)
        for name, route, rule in everything
        if route[0] != "GET" and "{patient_id}" in route[1] and Relation.NONE in rule.relations
    ] == []
