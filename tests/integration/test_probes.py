"""Random looks and changes across people: whoever is not theirs does not exist, 20,000 times."""

import asyncio
import hashlib
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import MetaData, select

from shared.runtime import access, logs
from shared.runtime.access import Rule
from shared.runtime.db import Database
from tests.support import sentinel
from tests.support.databases import Databases
from tests.support.matrix import Ward
from tests.support.outsiders import CLINICIANS, NAMES, Outsider, outsiders
from tests.support.sentinel import FAMILY, GIVEN, SEARCHED
from tests.support.sites import BUILDS
from tests.support.wards import ward

PROBES = 20_000
ASKERS = 12
"""Probes under way at once: a service waits for its database longer than it computes."""
SERVICES = ("assessment", "treatment", "engagement")
ODD = (str(UUID(int=404)), str(UUID(int=0)), "1", "%252e%252e", "null", "' OR 1=1")
TOGETHER = "/api/v1/reads"
"""Several looks in one call: each is a route of its own, so it is asked for real paths."""
KEPT_OF_REFUSALS = frozenset({"audit"})
"""The one table that a refusal is written into."""


@dataclass(frozen=True, slots=True)
class Route:
    """One line of the access table that is about somebody in care, or lists such people."""

    method: str
    path: str
    rule: Rule
    sent: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Probe:
    """Who asks for what. ``exact``: every id is the real one, so there is one answer only."""

    who: Outsider
    route: Route
    address: str
    sent: dict[str, Any]
    exact: bool

    @property
    def expected(self) -> set[int]:
        """404; 401 for a closed account; 403 for a role that may never; 422 and 400 for what is no
        id at all; 409 for somebody who may be on their way."""
        if self.who.role not in self.route.rule.roles:
            return {403} if self.exact else {403, 404}
        return {self.who.refused} if self.exact else {self.who.refused, 404, 422, 400, 409}

    def __str__(self) -> str:
        return f"{self.who.role} ({self.who.name}): {self.route.method} {self.address}"


@dataclass(slots=True)
class Maker:
    """Makes probes of one ward, the same ones in every run."""

    found: Ward
    people: list[Outsider]
    chance: random.Random = field(default_factory=lambda: random.Random(20_000))

    def about_one(self, who: Outsider, route: Route, *, exact: bool = False) -> Probe:
        """Ask for what is about one person."""
        ids = {name: self._id(name) for name in re.findall(r"{(\w+)}", route.path)}
        if exact:
            ids = {name: self.found.known.get(name, ODD[0]) for name in ids}
        address = re.sub(r"{(\w+)}", lambda name: ids[name[1]], route.path)
        exact = all(self.found.known.get(name) == id_ for name, id_ in ids.items())
        return Probe(who, route, address, route.sent, exact)

    def of_everybody(self, who: Outsider, route: Route) -> Probe:
        """Ask a list, or search by the person's name."""
        return Probe(who, route, route.path, _named(route.sent, self._name), exact=False)

    def together(self, who: Outsider, route: Route, looks: list[Route]) -> Probe:
        """Ask for several records at once."""
        some = [one for one in looks if who.role in one.rule.roles and not one.sent["params"]]
        paths = [
            self.about_one(who, self.chance.choice(some), exact=True).address
            for _ in range(6 if some else 0)
        ]
        return Probe(who, route, route.path, {"json": {"paths": paths}}, exact=False)

    def _name(self) -> str:
        return self.chance.choice((GIVEN, FAMILY, SEARCHED))

    def _id(self, name: str) -> str:
        """A real id, one beside it, any, or none."""
        real = self.found.known.get(name, ODD[0])
        kind = self.chance.random()
        if kind < 0.6:
            return real
        if kind < 0.8 and len(real) == 36:
            return str(UUID(int=UUID(real).int ^ (1 << self.chance.randrange(128))))
        any_ = str(UUID(int=self.chance.getrandbits(128)))
        return any_ if kind < 0.9 else self.chance.choice(ODD)


@pytest.fixture
def few_logs(log_stream: sentinel.Watched) -> Iterator[None]:
    """A line for each of 20,000 answers says nothing here and takes longer than the answers."""
    logs.configure(service="tests", level="warning", stream=log_stream)
    yield
    logs.configure(service="tests", level="debug", stream=log_stream)


@pytest.mark.usefixtures("few_logs")
@pytest.mark.timeout(600)  # half a minute each where nothing else runs
@pytest.mark.parametrize("service", SERVICES)
async def test_no_probe_across_people_finds_anything(
    service: str, sqlite_databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Strangers, and everybody whose way to the one person there has ended, ask for all that is
    about them and try to change it: by real ids, neighbours of real ids, and odd ones; in lists, by
    searching, and in several looks at once. Afterwards the database holds what it held before."""
    metadata = BUILDS[service][1].metadata
    async with ward(service, sqlite_databases, monkeypatch) as found:
        people = await outsiders(found, metadata)
        probes = _probes(found, people, PROBES // len(SERVICES) + 1)
        before = await _stored(found.db, metadata)
        left, seen = iter(probes), Counter[int]()
        async with asyncio.TaskGroup() as askers:
            for _ in range(ASKERS):
                askers.create_task(_ask(found, left, seen))
        after = await _stored(found.db, metadata)
    changes = sum(probe.route.method != "GET" for probe in probes)
    print(service, dict(seen), f"{changes} changes", f"{len(before)} tables")
    assert seen.total() == len(probes)
    assert seen[404] > len(probes) / 3
    assert seen[401] > len(probes) / 20
    assert changes > len(probes) / 6
    assert after == before


def _probes(found: Ward, people: list[Outsider], count: int) -> list[Probe]:
    """Each outsider at each route by its real ids once, in a role that it is for; then any."""
    about_one, lists = _routes(found)
    looks = [one for one in about_one if one.method == "GET"]
    changes = [one for one in about_one if one.method != "GET"]
    maker = Maker(found, people)
    probes = [
        maker.about_one(who, route, exact=True)
        for name in NAMES
        for route in about_one
        if (who := _in_a_role_of(people, name, route.rule, maker.chance))
    ]
    while len(probes) < count:
        who, kind = maker.chance.choice(people), maker.chance.random()
        if kind < 0.1:
            route = maker.chance.choice(lists)
            together = route.path == TOGETHER
            probes.append(
                maker.together(who, route, looks) if together else maker.of_everybody(who, route)
            )
        else:
            probes.append(
                maker.about_one(who, maker.chance.choice(looks if kind < 0.75 else changes))
            )
    return probes


def _in_a_role_of(
    people: list[Outsider], name: str, rule: Rule, chance: random.Random
) -> Outsider | None:
    fit = [one for one in people if one.name == name and one.role in rule.roles]
    return chance.choice(fit) if fit else None


def _routes(found: Ward) -> tuple[list[Route], list[Route]]:
    """What is about one person; and what lists people or answers questions about them."""
    about_one, lists = [], []
    for (method, path), rule in sorted(access.table().lines(found.service).items()):
        if rule.public:
            continue
        if path == TOGETHER:  # no operation of the contract
            lists.append(Route(method, path, rule, {}))
            continue
        route = Route(method, path, rule, found.sent(method, path))
        asked = method == "GET" or not _takes_a_key(found, method, path)
        if rule.reach in {"record", "change"}:
            about_one.append(route)
        elif asked and "{" not in path and rule.roles & set(CLINICIANS):
            lists.append(route)
    return about_one, lists


def _takes_a_key(found: Ward, method: str, path: str) -> bool:
    """Whether an operation changes something; a question in a body takes none."""
    parameters = found.contract["paths"][path][method.lower()]["parameters"]
    return any(one["name"] in {"Idempotency-Key", "If-Match"} for one in parameters)


async def _ask(found: Ward, left: Iterator[Probe], seen: Counter[int]) -> None:
    """Probe after probe, for as long as there are any."""
    for number, probe in enumerate(left):
        correlation_id = f"probe-{id(left)}-{number}-{id(asyncio.current_task())}"
        status, text = await found.send(
            probe.who.token, probe.route.method, probe.address, probe.sent, correlation_id
        )
        seen[status] += 1
        if probe.route.rule.reach in {"record", "change"}:
            assert status in probe.expected, f"{probe}: {status} {text[:200]}"
        elif probe.route.path == TOGETHER and status == 200:
            statuses = {int(line) for line in text.splitlines()[::2]}
            assert statuses <= {probe.who.refused}, f"{probe}: {text[:200]}"
        _holds_nothing(found, text, str(probe))


def _named(sent: Any, name: Callable[[], str]) -> Any:
    """The same with every text of the body a name of the person."""
    if isinstance(sent, dict):
        return {key: _named(value, name) for key, value in sent.items()}
    return name() if isinstance(sent, str) else sent


def _holds_nothing(found: Ward, text: str, where: str) -> None:
    for secret in (GIVEN, FAMILY, SEARCHED, str(found.patient_id)):
        assert secret not in text, f"{where} told {secret}"


async def _stored(db: Database, metadata: MetaData) -> dict[str, tuple[int, str]]:
    """How many rows each table holds, and a digest of what is in them."""
    found = {}
    async with db.reading() as tx:
        for table in metadata.sorted_tables:
            if table.name not in KEPT_OF_REFUSALS:
                rows = sorted(map(repr, await tx.session.execute(select(table))))
                digest = hashlib.sha256("\n".join(rows).encode()).hexdigest()
                found[table.name] = len(rows), digest
    return found
