"""What takes somebody's access away, on a second way while the broker is away (decision 0086).

The portal reads these facts from their owner and hands them to whoever listens. They are applied
as any event is: once, and by its version, whichever way it comes first.
"""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field
from pydantic_core import from_json
from sqlalchemy import func, or_, select

from shared.api.body import Body
from shared.api.identity import Role
from shared.api.operations import RelationFact, RelationFacts, Taken
from shared.events.envelope import Fact
from shared.events.listeners import LISTENERS, RELATIONS
from shared.runtime.auth import PORTAL_ITSELF
from shared.runtime.db import Transaction
from shared.runtime.http.problems import ApiError, FieldError
from shared.runtime.http.router import Api, Call, Mode
from shared.runtime.inbox import Inbox, Unacceptable
from shared.runtime.tables import outbox

RECENT = 2_000
"""Among so many of the last facts those are told too that the broker has: a reader may be cut off
from it alone."""
AT_ONCE = 50
_TYPES = frozenset(fact.TYPE for fact in RELATIONS)


class AfterQuery(Body):
    """What comes after the place where an earlier answer ended."""

    after: Annotated[int, Field(ge=0, le=2**62)] = 0


def carried(owner: str) -> Mapping[str, tuple[type[Fact], ...]]:
    """Who listens to which of one owner's relations."""
    own = [fact for fact in RELATIONS if fact.owner() == owner]
    found = {
        reader: tuple(fact for fact in own if fact in heard) for reader, heard in LISTENERS.items()
    }
    return {reader: facts for reader, facts in found.items() if facts}


def add_relations(api: Api, inbox: Inbox) -> None:
    """The two routes, which are the portal's alone."""

    @api.get("/api/v1/relation-facts", roles={Role.SERVICE}, raises=(403,))
    async def read_relation_facts(call: Call, query: AfterQuery) -> RelationFacts:
        """Facts of this service that may take access away and may not be known elsewhere."""
        _require_portal(call)
        return await _untold(call.tx, after=query.after)

    @api.post(
        "/api/v1/relation-facts",
        roles={Role.SERVICE},
        mode=Mode.OPENS_ITS_OWN,
        raises=(403, 422),
    )
    async def take_relation_fact(call: Call, body: RelationFact) -> Taken:
        """Apply such a fact of another service."""
        _require_portal(call)
        raw = body.body.encode()
        try:
            event = inbox.read(_type(raw), raw)
            await inbox.apply(event, raw)
        except Unacceptable as error:
            pointer = FieldError(pointer="/body/body", detail=error.reason, code=error.reason)
            detail = "This is no fact that can be applied here."
            raise ApiError(422, "unacceptable-fact", detail, errors=(pointer,)) from error
        return Taken(service=api.service, event_id=event.id)


async def _untold(tx: Transaction, *, after: int) -> RelationFacts:
    last = select(func.coalesce(func.max(outbox.c.seq), 0)).scalar_subquery()
    rows = await tx.session.execute(
        select(outbox.c.seq, outbox.c.id, outbox.c.body)
        .where(
            or_(outbox.c.published_at.is_(None), outbox.c.seq > last - RECENT),
            outbox.c.type.in_(_TYPES),
            outbox.c.seq > after,
        )
        .order_by(outbox.c.seq)
        .limit(AT_ONCE)
    )
    found = rows.all()
    return RelationFacts(
        facts=tuple(RelationFact(event_id=row.id, body=bytes(row.body).decode()) for row in found),
        next=found[-1].seq if len(found) == AT_ONCE else None,
    )


def _type(raw: bytes) -> str:
    """The type an event says it has, among those that are carried.

    Raises:
        Unacceptable: it is no event, or another one.
    """
    try:
        said = from_json(raw)
    except ValueError:
        said = None
    type_ = said.get("type") if isinstance(said, dict) else None
    if type_ not in _TYPES:
        raise Unacceptable("not-carried")
    return str(type_)


def _require_portal(call: Call) -> None:
    """A program with credentials of its own has the same role; what it said could open records."""
    if call.principal.staff_id != PORTAL_ITSELF:
        raise ApiError(403, "role", "This is the portal's alone.")
