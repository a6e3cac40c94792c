"""Carries what takes somebody's access away from its owner to whoever listens (decision 0086).

The broker does this too, and sooner. This is for when it is away, or when one service is cut off
from it: the portal reaches all of them anyway, and nobody reaches a record without the portal.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from uuid import UUID

import aiohttp

from services.portal.clients import Addresses, Caller, Care, Refused, Unreachable, care_for
from shared.api.operations import RelationFact, RelationFacts, Taken
from shared.events.listeners import RELATIONS
from shared.runtime import clock
from shared.runtime.logs import get_logger
from shared.runtime.relations import carried
from shared.runtime.ticker import Tick

EVERY_S = 15.0
_MOST_REMEMBERED = 20_000
_OWNERS = tuple(sorted({fact.owner() for fact in RELATIONS}))

log = get_logger()


@dataclass(slots=True)
class Carrier:
    """Asks each owner and hands on what a reader has not taken from here yet."""

    session: aiohttp.ClientSession
    addresses: Addresses
    token: Callable[[str], Awaitable[str]]
    """The portal's own bearer token for one service."""
    _taken: dict[tuple[str, UUID], None] = field(default_factory=dict)

    @property
    def tick(self) -> Tick:
        """The tick that carries."""
        return Tick("relations", every_s=EVERY_S, run=self._run)

    async def carry(self) -> int:
        """Once around; how many facts were handed on. A service that is away is asked again the
        next time: while an owner is away nothing of its changes."""
        care = care_for(
            self.session, self.addresses, token=self.token, correlation_id=str(clock.new_id())
        )
        return sum([await self._of(owner, care) for owner in _OWNERS])

    async def _run(self) -> int:
        await self.carry()
        return 0

    async def _of(self, owner: str, care: Care) -> int:
        done, after = 0, 0
        while True:
            try:
                told = await care.service(owner).get(
                    "/relation-facts", RelationFacts, {"after": str(after)}
                )
            except (Unreachable, Refused) as error:
                log.warning("relations_unread", owner=owner, error=type(error).__name__)
                return done
            for reader in carried(owner):
                done += await self._hand(care.service(reader), told)
            if told.next is None:
                return done
            after = told.next

    async def _hand(self, reader: Caller, told: RelationFacts) -> int:
        done = 0
        for fact in told.facts:
            if (reader.service, fact.event_id) in self._taken:
                continue
            try:
                done += await self._give(reader, fact)
            except Unreachable:
                log.warning("relations_untold", reader=reader.service)
                return done
        return done

    async def _give(self, reader: Caller, fact: RelationFact) -> int:
        """Whether it counts there now. One that is refused there is refused again: the broker's
        copy of it is parked, where a person sees it."""
        taken = 1
        try:
            await reader.post("/relation-facts", fact, Taken, key=str(fact.event_id))
        except Refused as refused:
            log.warning("relation_refused", reader=reader.service, error=refused.problem.code)
            taken = 0
        if len(self._taken) >= _MOST_REMEMBERED:
            self._taken.clear()
        self._taken[(reader.service, fact.event_id)] = None
        return taken
