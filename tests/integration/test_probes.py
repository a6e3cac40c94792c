"""Random looks and changes across people: whoever is not theirs does not exist, 20,000 times."""

import random
import re
from collections import Counter
from uuid import UUID

import pytest

from shared.api.identity import Role
from shared.runtime import access
from shared.runtime.access import Relation, Rule
from tests.support.databases import Databases
from tests.support.matrix import Ward
from tests.support.sentinel import FAMILY, GIVEN
from tests.support.wards import ward

PROBES = 20_000
SERVICES = ("assessment", "treatment", "engagement")
CLINICIANS = (Role.PRESCRIBER, Role.NURSE, Role.LEAD, Role.FACILITATOR)
ODD = (str(UUID(int=404)), str(UUID(int=0)), "1", "%252e%252e", "null", "' OR 1=1")
Route = tuple[str, str, Rule]


@pytest.mark.timeout(900)  # thousands of requests; a minute where nothing else runs
@pytest.mark.parametrize("service", SERVICES)
async def test_no_probe_across_people_finds_anything(
    service: str, sqlite_databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Strangers with every clinical role ask for everything that is about the one person there,
    by real ids, neighbours of real ids, and odd ones; read routes and lists."""
    chance = random.Random(20_000)
    async with ward(service, sqlite_databases, monkeypatch) as found:
        routes: list[Route] = [
            (method, path, rule)
            for (method, path), rule in access.table().lines(service).items()
            if not rule.public and method == "GET" and rule.roles & set(CLINICIANS)
        ]
        about_one = [one for one in routes if "{" in one[1] and one[2].reach == "record"]
        lists = [one for one in routes if one[2].reach == "list" and "{" not in one[1]]
        seen: Counter[int] = Counter()
        for number in range(PROBES // len(SERVICES) + 1):
            role = chance.choice(CLINICIANS)
            token = found.tokens[role, Relation.NONE]
            _method, path, rule = chance.choice(about_one if number % 10 else lists or about_one)
            address = re.sub(r"{(\w+)}", lambda name: _id(found, name[1], chance), path)
            headers = {"Authorization": f"Bearer {token}"}
            async with found.client.get(address, headers=headers) as answer:
                text = await answer.text()
                status = answer.status
            seen[status] += 1
            if "{" in path:
                assert status in _refusals(role, rule), f"{role} {address}: {status} {text[:200]}"
            _holds_nothing(found, text, f"{role} {address}")
    print(service, dict(seen))
    assert seen[404] > PROBES / len(SERVICES) / 3


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
