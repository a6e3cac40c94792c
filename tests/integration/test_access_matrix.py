"""Roles x relations x operations, over the live routes: every cell is what the table says."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from uuid import UUID

import pytest

from shared.runtime import access
from shared.runtime.access import Relation, Rule
from tests.support.databases import Databases
from tests.support.matrix import CELLS, Cell, Outcome, Ward, expected
from tests.support.wards import ward

LAST = ("care-team", "leave-care", "erasure")
"""Operations that end what the others need."""
SEVERAL = ("POST", "/api/v1/reads")
"""Several looks in one call: each is a route of its own and has cells of its own."""
NOT_STORED = frozenset({"absence_id"})
"""Things the wards (tests/support/wards.py) have none of yet: the roles of routes that name one
are tried, their relations are not. Store one there and take it off this list."""


@dataclass(slots=True)
class Found:
    """What came out of one service's cells."""

    cells: int = 0
    wrong: list[str] = field(default_factory=list)
    tried: set[str] = field(default_factory=set)

    def judge(self, where: str, cell: Cell, rule: Rule, outcome: Outcome) -> None:
        """Compare one cell with the table."""
        self.cells += 1
        status, reason = expected(rule, cell)
        if status is None:
            ok = outcome.refused is None and outcome.status not in {401, 500}
        else:
            ok = (outcome.status, outcome.refused) == (status, reason)
        if ok and reason == "outside-relation":
            self.tried.add(where)
        if not ok:
            said = f"{outcome.status} {outcome.refused}: {outcome.text[:200]}"
            self.wrong.append(f"{where} as {cell[0]}/{cell[1]}: {said}, not {status} {reason}")


@pytest.fixture(params=["assessment", "treatment", "engagement"])
async def some_ward(
    request: pytest.FixtureRequest, sqlite_databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Ward]:
    """Each clinical service in its turn."""
    async with ward(request.param, sqlite_databases, monkeypatch) as found:
        yield found


async def test_every_cell_is_what_the_table_says(some_ward: Ward) -> None:
    lines = {
        route: rule
        for route, rule in access.table().lines(some_ward.service).items()
        if not rule.public and route != SEVERAL
    }
    found = Found()
    about_one = {
        f"{method} {path}"
        for (method, path), rule in lines.items()
        if Relation.NONE not in rule.relations
    }
    unknown = {path for _, path in lines if _ids_in(path) - set(some_ward.known)}
    assert set().union(*map(_ids_in, unknown)) - set(some_ward.known) <= NOT_STORED
    about_one = {where for where in about_one if where.split(" ")[1] not in unknown}
    for admitted in (False, True):  # refusals change nothing: they come first
        for (method, path), rule in sorted(lines.items(), key=_ends_things):
            for cell in CELLS:
                if path in unknown and cell[0] in rule.roles:
                    continue
                if (expected(rule, cell)[0] is None) is admitted:
                    outcome = await some_ward.ask(some_ward.tokens[cell], method, path)
                    found.judge(f"{method} {path}", cell, rule, outcome)

    assert found.wrong == []
    assert about_one - found.tried == set()
    print(f"{some_ward.service}: {found.cells} cells")
    assert found.cells >= 400


async def test_nothing_of_another_person_than_the_one_meant(some_ward: Ward) -> None:
    """Whoever may see both, and has one person's page before them, does not act on the other."""
    lines = access.table().lines(some_ward.service)
    wrong, tried = [], 0
    for (method, path), rule in sorted(lines.items()):
        if rule.public or Relation.NONE in rule.relations or (method, path) == SEVERAL:
            continue
        cell = next(
            each for each in CELLS if each[0] in rule.roles and expected(rule, each)[0] is None
        )
        if _ids_in(path) - set(some_ward.known):
            continue
        outcome = await some_ward.ask(some_ward.tokens[cell], method, path, meant=UUID(int=0xBAD))
        tried += 1
        if (outcome.status, outcome.refused) != (404, "other-person"):
            wrong.append(f"{method} {path}: {outcome.status} {outcome.refused} {outcome.text[:80]}")
    assert wrong == []
    print(f"{some_ward.service}: {tried} operations")
    assert tried >= 20


def _ids_in(path: str) -> set[str]:
    return set(re.findall(r"{(\w+_id)}", path)) - {"parked_id"}


def _ends_things(line: tuple[tuple[str, str], Rule]) -> tuple[bool, tuple[str, str]]:
    return line[0][1].endswith(LAST), line[0]
