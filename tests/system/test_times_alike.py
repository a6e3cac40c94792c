"""How long an answer takes does not tell what is there: 20 ms at the median, at most.

Each comparison is of pairs, one after the other and the order changing, so that whatever else the
machine does meets both alike; a difference there really is shows in each of three rounds.
"""

import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from services.assessment.domain.invitation import digest
from services.portal.identity.demo import open_accounts
from services.portal.identity.front_door import FrontDoor, WrongPassword
from services.portal.identity.keyring import Keyring
from services.portal.identity.passwords import Passwords
from services.portal.main import schema as portal_schema
from shared.api.identity import Role
from shared.demo.staff import STAFF
from shared.runtime import clock
from shared.runtime.db import Database
from tests.support.assessment import PERSON, STRANGER, Clinic, answers, clinic_on
from tests.support.callers import Caller
from tests.support.databases import Databases

ROUNDS, WARM_UP, PAIRS = 3, 2, 30
APART_S = 0.020
Ask = Callable[[int], Awaitable[None]]
"""Ask once; the number is a new one each time."""

pytestmark = pytest.mark.timeout(120)


async def require_alike(one: Ask, other: Ask) -> None:
    """Fail when the medians of two ways to ask are apart in every round."""
    rounds = []
    for begun in range(ROUNDS):
        rounds.append(await _apart(one, other, first=begun * (WARM_UP + PAIRS)))
        if rounds[-1] < APART_S:
            return
    pytest.fail(f"the medians are {[f'{1000 * apart:.1f} ms' for apart in rounds]} apart")


async def _apart(one: Ask, other: Ask, *, first: int) -> float:
    asked = (one, other)
    took: tuple[list[float], list[float]] = ([], [])
    for number in range(first, first + WARM_UP + PAIRS):
        for which in (0, 1) if number % 2 else (1, 0):
            began = time.perf_counter()
            await asked[which](number)
            if number >= first + WARM_UP:
                took[which].append(time.perf_counter() - began)
    return abs(statistics.median(took[0]) - statistics.median(took[1]))


async def test_a_name_that_has_an_account_takes_no_longer(databases: Databases) -> None:
    db = Database.open(await databases.migrated(portal_schema), source="portal")
    passwords = Passwords()
    await open_accounts(db, passwords, password="a demo password")
    door = FrontDoor(db, keyring=Keyring(db), passwords=passwords)

    def tries(*names: str) -> Ask:
        async def one(number: int) -> None:
            name = names[number // (WARM_UP + PAIRS)]  # no name is tried so often that it waits
            with pytest.raises(WrongPassword):
                await door.sign_in(name, "wrong", address=f"192.0.2.{number}")

        return one

    known = [member.username for member in STAFF[:ROUNDS]]
    await require_alike(tries(*known), tries(*(f"no-{name}" for name in known)))
    await db.close()


@pytest.fixture
async def clinic(databases: Databases) -> AsyncIterator[Clinic]:
    async with clinic_on(databases) as opened:
        yield opened


async def linked(clinic: Clinic) -> str:
    secret = clock.new_secret()
    body = {"instrument": "phq-9", "channel": "in-person", "secret_sha256": digest(secret).hex()}
    made = await clinic.nurse.post(f"{clinic.path}/invitations", body)
    assert made.status == 201, made.json
    return secret


def opens(clinic: Clinic, secret: str, status: int) -> Ask:
    async def one(_number: int) -> None:
        answer = await clinic.portal.post("invitations/open", {"secret": secret})
        assert answer.status == status

    return one


async def test_a_link_that_exists_takes_no_longer(clinic: Clinic) -> None:
    used = await linked(clinic)
    sent = await clinic.portal.post(
        "invitations/answer", {"secret": used, "answers": answers("phq-9", 8)}
    )
    assert sent.status == 200
    live = await linked(clinic)
    unknown = opens(clinic, clock.new_secret(), 410)

    await require_alike(opens(clinic, used, 410), unknown)
    await require_alike(opens(clinic, live, 200), unknown)


def seeks(caller: Caller, name: str, found: int) -> Ask:
    async def one(_number: int) -> None:
        answer = await caller.post("patients/search", {"name": name})
        assert len(answer.json["items"]) == found

    return one


async def test_a_search_that_finds_somebody_takes_no_longer(clinic: Clinic) -> None:
    for number in range(20):
        made = await clinic.nurse.post("patients", PERSON | {"family_name": f"Markerson-{number}"})
        assert made.status == 201, made.json
    stranger = clinic.site.caller(STRANGER, Role.NURSE, teams=("hill",))

    await require_alike(seeks(stranger, "markerson", 0), seeks(stranger, "nobody", 0))
    await require_alike(seeks(clinic.nurse, "markerson", 21), seeks(clinic.nurse, "nobody", 0))
