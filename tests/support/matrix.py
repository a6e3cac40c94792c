"""Everybody against everything: the access table's cells, played over HTTP in one process.

One person in care per service, known to colleagues in each relation; every operation of the live
application is called by each role in each relation with the smallest body its schema takes. What
is admitted is judged by the audit trail, which keeps every refusal.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType
from typing import Any
from uuid import UUID

from aiohttp.test_utils import TestClient
from sqlalchemy import select

from shared.api.identity import Role
from shared.runtime import clock, standing, tables
from shared.runtime.access import Relation, Rule
from shared.runtime.auth import issue_access_token
from shared.runtime.db import Database
from shared.runtime.http.router import MEANT
from tests.support.bodies import smallest
from tests.support.callers import KEY

TEAM = "harbour"
ELSEWHERE = "elsewhere"
NOBODY = str(UUID(int=404))
Cell = tuple[Role, Relation]
CELLS: tuple[Cell, ...] = tuple((role, relation) for role in Role for relation in Relation)


@dataclass(slots=True)
class Ward:
    """One service with one person in care. ``known`` are ids for the paths."""

    service: str
    client: TestClient[Any, Any]
    db: Database
    contract: dict[str, Any]
    patient_id: UUID
    known: dict[str, str]
    absent_colleague: UUID
    tokens: dict[Cell, str] = field(default_factory=dict)

    async def introduce(self) -> None:
        """A colleague for each role in each relation."""
        async with self.db.housekeeping() as tx:
            for number, (role, relation) in enumerate(CELLS):
                staff_id = UUID(int=0xFFFF0000 + number)
                if relation in _ABOUT:
                    await standing.put(
                        tx,
                        id_=clock.new_id(),
                        staff_id=staff_id,
                        kind=relation,
                        about=self.about(relation),
                        from_at=tx.now - timedelta(minutes=1),
                        until_at=tx.now + timedelta(days=400),
                    )
                self.tokens[role, relation] = self._token(role, relation, staff_id)

    def about(self, relation: Relation) -> str:
        """What a stand-in or an emergency that reaches the person is for."""
        return _ABOUT[relation](self)

    def _token(self, role: Role, relation: Relation, staff_id: UUID) -> str:
        near = relation in {Relation.CARE_TEAM, Relation.LEAD}
        return issue_access_token(
            KEY,
            staff_id=staff_id,
            role=role,
            teams=(TEAM,) if near else (ELSEWHERE,),
            audience=[self.service],
            lifetime=timedelta(minutes=30),
        )

    async def ask(
        self, token: str, method: str, path: str, *, meant: UUID | None = None, **override: str
    ) -> "Outcome":
        """One request with the smallest body, and what the audit trail says of it. ``meant``:
        whose page the caller has before them."""
        correlation_id = str(clock.new_id())
        headers = {} if meant is None else {MEANT: str(meant)}
        ids = self.known | override
        address = re.sub(r"{(\w+)}", lambda name: ids.get(name[1], NOBODY), path)
        sent = self.sent(method, path)
        status, text = await self.send(token, method, address, sent, correlation_id, headers)
        return Outcome(status, text, await self._refusal(correlation_id))

    def sent(self, method: str, path: str) -> dict[str, Any]:
        """The smallest body and query that an operation takes."""
        operation = self.contract["paths"][path][method.lower()]
        sent: dict[str, Any] = {
            "params": {
                one["name"]: self._smallest(one["schema"])
                for one in operation["parameters"]
                if one["in"] == "query" and one["required"]
            }
        }
        if (body := operation.get("requestBody")) is not None:
            schema = body["content"]["application/json"]["schema"]
            sent["json"] = self._about_the_person(self._smallest(schema))
        return sent

    async def send(
        self,
        token: str,
        method: str,
        address: str,
        sent: dict[str, Any],
        correlation_id: str,
        more: Mapping[str, str] = MappingProxyType({}),
    ) -> tuple[int, str]:
        """One request: the status and the text of its answer."""
        headers = {
            "Authorization": f"Bearer {token}",
            "X-Request-Id": correlation_id,
            "Idempotency-Key": correlation_id,
            "If-Match": '"1"',
        } | dict(more)
        async with self.client.request(method, address, headers=headers, **sent) as answer:
            return answer.status, await answer.text()

    def _smallest(self, schema: dict[str, Any]) -> Any:
        return smallest(schema, self.contract["components"]["schemas"])

    def _about_the_person(self, body: Any) -> Any:
        """A body that names a person names this one."""
        if isinstance(body, dict) and "patient_id" in body:
            return body | {"patient_id": str(self.patient_id)}
        return body

    async def _refusal(self, correlation_id: str) -> str | None:
        query = select(tables.audit.c.reason).where(
            tables.audit.c.correlation_id == correlation_id,
            tables.audit.c.action == "access.denied",
        )
        async with self.db.reading() as tx:
            return (await tx.session.execute(query)).scalar()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came back, and the reason of the refusal on record, if there is one."""

    status: int
    text: str
    refused: str | None


_ABOUT = {
    Relation.COVERING: lambda ward: str(ward.absent_colleague),
    Relation.ON_CALL: lambda _: TEAM,
    Relation.BREAK_GLASS: lambda ward: str(ward.patient_id),
}


def expected(rule: Rule, cell: Cell) -> tuple[int | None, str | None]:
    """The status and the reason on record the table asks for; None: admitted."""
    if cell[0] not in rule.roles:
        return 403, "role"
    meant = relation_of(cell)
    if meant in rule.relations:
        return None, None
    return (403, "read-only") if meant is Relation.BREAK_GLASS else (404, "outside-relation")


def relation_of(cell: Cell) -> Relation:
    """Only a lead leads; anybody else of the team belongs to it."""
    role, relation = cell
    if relation in {Relation.LEAD, Relation.CARE_TEAM}:
        return Relation.LEAD if role is Role.LEAD else Relation.CARE_TEAM
    return relation
