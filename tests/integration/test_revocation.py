"""Whoever may no longer look is out everywhere within a minute: timed, over a real broker.

The four services run as they are shipped, on databases of their own, and learn of each other by
facts alone. The limit is a parameter of each test, and what it took is measured.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import aiohttp
import pytest
from aiohttp.test_utils import TestClient, TestServer, unused_port
from joserfc.jwk import KeySet

from services.portal import relations
from services.portal.clients import Addresses
from services.portal.identity import front_door, staff
from services.portal.identity.staff import Staff
from services.portal.relations import Carrier
from shared.api.identity import Role
from shared.events.engagement import StandInChanged, StandInState
from shared.runtime import auth, clock, standing
from shared.runtime.auth import PORTAL_ITSELF, StaticKeys, issue_access_token
from shared.runtime.db import Database
from shared.runtime.embedded import Embedded
from tests.integration.two_services import speaking, until
from tests.support.callers import KEY
from tests.support.sentinel import FAMILY, GIVEN
from tests.support.sites import everything

WITHIN = pytest.mark.parametrize("within", [timedelta(seconds=60)], ids=["60s"])
LISTENERS = ("assessment", "treatment", "engagement")
NURSE = Staff(UUID(int=1), "nora", "Nora", Role.NURSE, ("harbour",), active=True, version=1)
GUEST = Staff(UUID(int=2), "gil", "Gil", Role.NURSE, ("hill",), active=True, version=1)
"""Not of the person's team: what they see hangs on the care relation alone."""
PERSON = {
    "given_name": GIVEN,
    "family_name": FAMILY,
    "birth_date": "1984-02-29",
    "time_zone": "Europe/London",
    "language": "en",
    "team": "harbour",
    "care_team": [str(NURSE.staff_id), str(GUEST.staff_id)],
}


@dataclass(frozen=True, slots=True)
class Clinic:
    """The services that keep records, and the portal's database of accounts."""

    clients: dict[str, TestClient[Any, Any]]
    accounts: Database
    carrier: Carrier
    """The portal's second way, on the addresses of this clinic."""
    broker: Embedded
    engagement: Database

    async def lose_the_broker(self) -> None:
        """It dies and does not come back."""
        self.broker.process.kill()
        await self.broker.process.wait()

    async def ask(
        self, who: Staff, service: str, method: str, path: str, **sent: Any
    ) -> tuple[int, Any]:
        token = issue_access_token(
            KEY,
            staff_id=who.staff_id,
            role=who.role,
            teams=who.teams,
            audience=[service],
            lifetime=timedelta(hours=1),  # longer than any is: what ends it here is not its age
            version=who.version,
        )
        headers = {"Authorization": f"Bearer {token}"} | sent.pop("headers", {})
        request = self.clients[service].request(method, f"/api/v1/{path}", headers=headers, **sent)
        async with request as answer:
            return answer.status, await answer.json()

    async def enrol(self) -> str:
        """Somebody whom both care for; known to every service."""
        headers = {"Idempotency-Key": str(clock.new_id())}

        made: list[str] = []

        async def enrolled() -> bool:
            status, found = await self.ask(
                NURSE, "assessment", "POST", "patients", json=PERSON, headers=headers
            )
            made.extend([found["patient_id"]] if status == 201 else [])
            return bool(made)

        await until(enrolled)
        await until(lambda: self.everywhere(GUEST, made[0], 200))
        return made[0]

    async def everywhere(self, who: Staff, patient_id: str, status: int) -> bool:
        """Whether every service answers so to a look at the person."""
        return await self._all(LISTENERS, who, patient_id, status)

    async def everywhere_but_at_the_owner(self, who: Staff, patient_id: str, status: int) -> bool:
        """Whether those that keep a copy of the care team answer so."""
        return await self._all(LISTENERS[1:], who, patient_id, status)

    async def _all(self, services: Sequence[str], who: Staff, patient_id: str, status: int) -> bool:
        path = f"patients/{patient_id}/timeline"
        answers = [await self.ask(who, service, "GET", path) for service in services]
        return all(found == status for found, _ in answers)

    async def set_care_team(self, patient_id: str, *team: Staff) -> tuple[int, Any]:
        """Only these look after the person from now on."""
        return await self.ask(
            NURSE,
            "assessment",
            "PUT",
            f"patients/{patient_id}/care-team",
            json={"team": "harbour", "care_team": [str(one.staff_id) for one in team]},
            headers={"If-Match": '"1"'},
        )

    async def cover(self, who: Staff, *, instead_of: Staff, active: bool, version: int) -> None:
        """Engagement says that one stands in for the other, or no longer."""
        stand_in = StandInState(
            stand_in_id=UUID(int=5),
            kind="covering",
            staff_id=who.staff_id,
            for_staff_id=instead_of.staff_id,
            from_at=clock.real_now() - timedelta(hours=1),
            until_at=clock.real_now() + timedelta(hours=8),
            active=active,
        )
        async with self.engagement.transaction(actor="service:engagement") as tx:
            await standing.stand_in(tx, stand_in)
            tx.publish(
                StandInChanged(stand_in=stand_in),
                subject=stand_in.stand_in_id,
                aggregate=f"stand-in:{stand_in.stand_in_id}",
                version=version,
            )

    async def refuses(self, who: Staff, patient_id: str, status: int, *, within: timedelta) -> None:
        """Ask until every service answers so."""
        await until(
            lambda: self.everywhere(who, patient_id, status), within_s=within.total_seconds()
        )


@asynccontextmanager
async def timed(*, within: timedelta) -> AsyncIterator[None]:
    """What happens in this block takes no longer."""
    began = clock.monotonic()
    yield
    took = clock.monotonic() - began
    print(f"gone everywhere after {took:.2f} s")
    assert took < within.total_seconds()


@pytest.fixture
async def clinic(
    broker: Embedded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Clinic]:
    folder = tmp_path / "clinic"
    folder.mkdir()
    async with (
        everything(folder, monkeypatch, StaticKeys(KeySet([KEY]))) as found,
        AsyncExitStack() as stack,
    ):
        accounts = found["portal"][0].db
        async with accounts.transaction(actor="service:portal") as tx:
            for person in (NURSE, GUEST):
                await staff.add(tx, person, password_hash="none")
        clients: dict[str, TestClient[Any, Any]] = {}
        for name, (service, app) in found.items():
            await stack.enter_async_context(
                speaking(broker, service.db, dict(service.subscriptions))
            )
            if name in LISTENERS:
                client = TestClient(TestServer(app))
                clients[name] = await stack.enter_async_context(client)
        engagement = found["engagement"][0].db
        session = await stack.enter_async_context(aiohttp.ClientSession())
        addresses = Addresses(portal="", **{n: str(c.make_url("")) for n, c in clients.items()})
        assert "relations" in {tick.name for tick in found["portal"][0].ticks}
        yield Clinic(clients, accounts, Carrier(session, addresses, own_token), broker, engagement)


async def own_token(service: str, *, itself: UUID = PORTAL_ITSELF) -> str:
    """The portal's for one service; or another program's."""
    return issue_access_token(
        KEY,
        staff_id=itself,
        role=Role.SERVICE,
        teams=(),
        audience=[service],
        lifetime=front_door.TOKEN_LIFETIME,
    )


@WITHIN
async def test_who_leaves_a_care_team_is_out_of_every_record(
    clinic: Clinic, within: timedelta
) -> None:
    patient_id = await clinic.enrol()

    async with timed(within=within):
        status, answer = await clinic.set_care_team(patient_id, NURSE)
        assert status == 200, answer
        await clinic.refuses(GUEST, patient_id, 404, within=within)

    assert await clinic.everywhere(NURSE, patient_id, 200), "and nobody else is"


@WITHIN
async def test_who_leaves_a_care_team_is_out_although_the_broker_is_away(
    clinic: Clinic, within: timedelta
) -> None:
    patient_id = await clinic.enrol()
    await clinic.lose_the_broker()

    async with timed(within=within - timedelta(seconds=relations.EVERY_S)):  # the wait for the tick
        status, answer = await clinic.set_care_team(patient_id, NURSE)
        assert status == 200, answer
        assert await clinic.everywhere_but_at_the_owner(GUEST, patient_id, 200), "not heard yet"
        await clinic.carrier.carry()
        assert await clinic.everywhere(GUEST, patient_id, 404)

    assert await clinic.everywhere(NURSE, patient_id, 200), "and nobody else is"
    assert await clinic.carrier.carry() == 0, "and nothing is handed on twice"


@WITHIN
async def test_a_cover_that_ends_early_is_over_although_the_broker_is_away(
    clinic: Clinic, within: timedelta
) -> None:
    patient_id = await clinic.enrol()
    await clinic.set_care_team(patient_id, NURSE)
    await until(lambda: clinic.everywhere(GUEST, patient_id, 404))
    await clinic.cover(GUEST, instead_of=NURSE, active=True, version=1)
    await until(lambda: clinic.everywhere(GUEST, patient_id, 200))
    await clinic.lose_the_broker()

    async with timed(within=within - timedelta(seconds=relations.EVERY_S)):
        await clinic.cover(GUEST, instead_of=NURSE, active=False, version=2)
        await clinic.carrier.carry()
        assert await clinic.everywhere(GUEST, patient_id, 404)


async def test_one_service_that_is_away_holds_up_nobody_else(clinic: Clinic) -> None:
    patient_id = await clinic.enrol()
    await clinic.lose_the_broker()
    await clinic.set_care_team(patient_id, NURSE)
    there = clinic.carrier.addresses
    clinic.carrier.addresses = replace(there, treatment=f"http://127.0.0.1:{unused_port()}")

    assert await clinic.carrier.carry() == 1, "engagement"
    clinic.carrier.addresses = there
    assert await clinic.carrier.carry() == 1, "treatment, which is back"
    assert await clinic.everywhere(GUEST, patient_id, 404)


async def test_nobody_but_the_portal_carries_and_nothing_else_is_taken(clinic: Clinic) -> None:
    await clinic.enrol()
    headers = {"Authorization": f"Bearer {await own_token('assessment')}"}
    async with clinic.clients["assessment"].get("/api/v1/relation-facts", headers=headers) as told:
        assert told.status == 200
        assert (await told.json())["facts"] == [], "an enrolment takes nothing away"
    fact = {"event_id": str(UUID(int=9)), "body": '{"type": "care.assessment.flag.closed.v1"}'}

    async def posts(itself: UUID) -> int:
        token = await own_token("treatment", itself=itself)
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": str(clock.new_id())}
        sent = clinic.clients["treatment"].post(
            "/api/v1/relation-facts", json=fact, headers=headers
        )
        async with sent as answer:
            return answer.status

    assert await posts(PORTAL_ITSELF) == 422
    assert await posts(UUID(int=7)) == 403, "another program"


@WITHIN
async def test_a_closed_account_opens_nothing(clinic: Clinic, within: timedelta) -> None:
    patient_id = await clinic.enrol()

    async with timed(within=within):
        async with clinic.accounts.transaction(actor="service:portal") as tx:
            await staff.disable(tx, GUEST)
        await clinic.refuses(GUEST, patient_id, 401, within=within)

    assert await clinic.everywhere(NURSE, patient_id, 200)


@WITHIN
async def test_another_role_counts_and_the_old_token_does_not(
    clinic: Clinic, within: timedelta
) -> None:
    patient_id = await clinic.enrol()

    async with timed(within=within):
        async with clinic.accounts.transaction(actor="service:portal") as tx:
            await staff.change_role(tx, GUEST, role=Role.AUDITOR, teams=())
        await clinic.refuses(GUEST, patient_id, 401, within=within)

    auditor = replace(GUEST, role=Role.AUDITOR, teams=(), version=2)
    assert await clinic.everywhere(auditor, patient_id, 403)


@WITHIN
def test_a_page_s_token_is_over_in_time_even_where_no_fact_arrives(within: timedelta) -> None:
    """The portal asks the accounts at each page and makes such a token again every time."""
    assert front_door.TOKEN_LIFETIME + timedelta(seconds=auth.LEEWAY_S) < within
