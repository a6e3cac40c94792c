"""Random looks and changes across people: whoever is not theirs does not exist, 20,000 times."""

import asyncio
import random
import re
from collections import Counter
from collections.abc import Iterator
from uuid import UUID

import pytest

from shared.api.identity import Role
from shared.runtime import access, logs
from shared.runtime.access import Relation, Rule
from tests.support import sentinel
from tests.support.databases import Databases
from tests.support.matrix import Ward
from tests.support.sentinel import FAMILY, GIVEN
from tests.support.wards import ward

PROBES = 20_000
ASKERS = 12
"""Probes under way at once: a service waits for its database longer than it computes."""
SERVICES = ("assessment", "treatment", "engagement")
CLINICIANS = (Role.PRESCRIBER, Role.NURSE, Role.LEAD, Role.FACILITATOR)
ODD = (str(UUID(int=404)), str(UUID(int=0)), "1", "%252e%252e", "null", "' OR 1=1")
Route = tuple[str, str, Rule]
Probe = tuple[Role, str, str, Rule]
"""Who asks, the address, the path it was made of, and what the access table says of it."""


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
    """Strangers with every clinical role ask for everything that is about the one person there,
    by real ids, neighbours of real ids, and odd ones; read routes and lists."""
    async with ward(service, sqlite_databases, monkeypatch) as found:
        probes = _probes(found, PROBES // len(SERVICES) + 1)
        left = iter(probes)
        seen: Counter[int] = Counter()
        async with asyncio.TaskGroup() as askers:
            for _ in range(ASKERS):
                askers.create_task(_ask(found, left, seen))
    print(service, dict(seen))
    assert seen.total() == len(probes)
    assert seen[404] > len(probes) / 3


def _probes(found: Ward, count: int) -> list[Probe]:
    """The same ones in every run."""
    chance = random.Random(20_000)
    routes: list[Route] = [
        (method, path, rule)
        for (method, path), rule in access.table().lines(found.service).items()
        if not rule.public and method == "GET" and rule.roles & set(CLINICIANS)
    ]
    about_one = [one for one in routes if "{" in one[1] and one[2].reach == "record"]
    lists = [one for one in routes if one[2].reach == "list" and "{" not in one[1]]
    probes: list[Probe] = []
    for number in range(count):
        role = chance.choice(CLINICIANS)
        _method, path, rule = chance.choice(about_one if number % 10 else lists or about_one)
        address = re.sub(r"{(\w+)}", lambda name: _id(found, name[1], chance), path)
        probes.append((role, address, path, rule))
    return probes


async def _ask(found: Ward, left: Iterator[Probe], seen: Counter[int]) -> None:
    """Probe after probe, for as long as there are any."""
    for role, address, path, rule in left:
        token = found.tokens[role, Relation.NONE]
        headers = {"Authorization": f"Bearer {token}"}
        async with found.client.get(address, headers=headers) as answer:
            text = await answer.text()
            status = answer.status
        seen[status] += 1
        if "{" in path:
            assert status in _refusals(role, rule), f"{role} {address}: {status} {text[:200]}"
        _holds_nothing(found, text, f"{role} {address}")


def _id(found: Ward, name: str, chance: random.Random) -> str:
    """A real id, one beside it, any, or none."""
    real = found.known.get(name, str(UUID(int=404)))
    kind = chance.random()
    if kind < 0.6:
        return real
    if kind < 0.8 and len(real) == 36:
        return str(UUID(int=UUID(real).int ^ (1 << chance.randrange(128))))
    return str(UUID(int=chance.getrandbits(128))) if kind < 0.9 else chance.choice(ODD)


def _refusals(role: Role, rule: Rule) -> set[int]:
    """404; 403 for a role that may never; 422 and 400 for what is no id at all; 409 for somebody
    who may be on their way."""
    return {403, 404} if role not in rule.roles else {404, 422, 400, 409}


def _holds_nothing(found: Ward, text: str, where: str) -> None:
    for secret in (GIVEN, FAMILY, "Markerson", str(found.patient_id)):
        assert secret not in text, f"{where} told {secret}"
