"""A thousand random and plausible requests to each service: nothing breaks, nothing surprises."""

import asyncio
import sqlite3
import warnings
from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from services.group import Group
from shared.runtime import clock
from tests.support.sentinel import refuse_person_in_answer
from tests.system.clinic import Clinic
from tests.system.fuzz import ANYBODY, BODIES, QUERIES, World, body_name, from_address, roles_of

pytestmark = pytest.mark.system

CASES = 1000
PLAUSIBLE = 6
"""Requests with real ids and a body a person could send, before the random ones."""
FIRST_STRANGER = 77
"""Each operation has strangers of its own: one that is slowed down slows down no other."""
REACHED = 0.8
PEOPLE = 60
CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
)


class Fuzz:
    """Sends every operation of one service its share of the cases."""

    def __init__(self, world: World, service: str) -> None:
        self.world = world
        self.service = service
        self.address = world.services[service]
        self.schema = schemathesis.openapi.from_dict(
            requests.get(f"{self.address}/openapi.json", timeout=10).json()
        )
        every = [found.ok() for found in self.schema.get_all_operations()]
        # What only programs may call is tried by its own tests: no person has a token for it.
        self.operations = [one for one in every if list(roles_of(one.definition.raw))]
        world.look_around(people=PEOPLE)
        world.look_at_parked(service)
        self.reached: set[str] = set()
        self.statuses: Counter[int] = Counter()

    def run(self) -> None:
        """All of it; stops at the first answer that breaks the contract."""
        share = -(-CASES // len(self.operations))
        for place, operation in enumerate(self.operations):
            self.world.stranger = from_address(f"127.0.0.{FIRST_STRANGER + place % 100}")
            for _ in range(PLAUSIBLE):
                self._plausible(operation)
            self._random(operation, share - PLAUSIBLE)

    def _plausible(self, operation: Any) -> None:
        definition = operation.definition.raw
        parameters, record = self.world.choose(operation.path)
        role = self.world.chance.choice(list(roles_of(definition)))
        options: dict[str, Any] = {}
        if make := BODIES.get(body_name(definition)):
            options = {"body": make(self.world, record, self._today()), "media_type": JSON}
        query = QUERIES.get(operation.definition.raw["operationId"], {})
        case = operation.Case(path_parameters=parameters, query=query, **options)
        self._send(case, role, definition)

    def _random(self, operation: Any, cases: int) -> None:
        definition = operation.definition.raw
        roles = list(roles_of(definition))

        @seed(11)
        @settings(
            max_examples=cases,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(), role=st.sampled_from(roles), real=st.booleans())
        def send(case: Any, role: str, real: bool) -> None:
            if real and case.path_parameters:
                case.path_parameters |= self.world.choose(operation.path)[0]
            if role == ANYBODY and isinstance(case.body, dict) and "username" in case.body:
                case.body["username"] = "nobody"  # guessing would lock a colleague out
            if body_name(definition) == "SetClock" and isinstance(case.body, dict):
                case.body["offset_seconds"] = min(0, case.body.get("offset_seconds", 0) or 0)
            self._send(case, role, definition)

        send()

    def _send(self, case: Any, role: str, definition: Mapping[str, Any]) -> None:
        needed = {p["name"] for p in definition["parameters"] if p["in"] == "header"}
        headers = {}
        if role != ANYBODY:
            headers["Authorization"] = f"Bearer {self.world.tokens[role]}"
        if "Idempotency-Key" in needed:
            headers["Idempotency-Key"] = str(clock.new_id())
        if "If-Match" in needed:
            headers["If-Match"] = self.world.version(self.service, case.formatted_path, role)
        case.headers.clear()
        session = self.world.stranger if role == ANYBODY else self.world.session
        response = case.call(base_url=self.address, headers=headers, session=session)
        self.statuses[response.status_code] += 1
        refuse_person_in_answer(response.status_code, response.headers, response.text)
        case.validate_response(response, checks=list(CHECKS), headers=headers)
        if response.status_code < 300:
            self.reached.add(definition["operationId"])
            self.world.remember(response.json())

    def _today(self) -> date:
        """The demo's: other tests move its clock."""
        now = self.world.get(self.service, "clock", role="operations")["now"]
        return datetime.fromisoformat(now).date()


JSON = "application/json"


def park(folder: Path, service: str) -> None:
    """Leave a few events that came before as if they could not be applied."""
    with sqlite3.connect(folder / "assessment.db") as assessment:
        come = assessment.execute("SELECT id, type, body FROM outbox LIMIT 6").fetchall()
    with sqlite3.connect(folder / f"{service}.db", timeout=20) as database:
        database.executemany(
            "INSERT INTO parked"
            " (id, event_id, type, body, reason, error, tries, parked_at)"
            " VALUES (?, ?, ?, ?, 'test', 'Test', 1, '2026-01-01 00:00:00.000000')",
            [(clock.new_id().hex, *event) for event in come],
        )


@pytest.fixture(scope="module")
async def world(clinic: Clinic, embedded_group: Group) -> World:
    """The running demo, signed in to and looked around in."""
    for service in clinic.services:
        park(embedded_group.folder, service)
    found = World(clinic.services, clinic.password)
    await asyncio.to_thread(found.sign_in)
    return found


@pytest.mark.timeout(400)
@pytest.mark.parametrize("service", ["portal", "engagement", "assessment", "treatment"])
async def test_nothing_sent_breaks_the_contract(world: World, service: str) -> None:
    fuzz = await asyncio.to_thread(Fuzz, world, service)
    with warnings.catch_warnings(action="ignore"):  # of generators about their own data
        await asyncio.to_thread(fuzz.run)

    never = {o.definition.raw["operationId"] for o in fuzz.operations} - fuzz.reached
    assert sum(fuzz.statuses.values()) >= CASES
    assert len(fuzz.reached) >= REACHED * len(fuzz.operations), never
