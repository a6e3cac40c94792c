"""People enrolled through the door while something breaks, and the databases compared afterwards.

Whom the door accepted, assessment keeps once, and treatment and engagement know, each once.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from tests.faults.compared import Compared
from tests.faults.containers import rows
from tests.faults.door import Door, at_the_door

KNOWN_BY = {"assessment": "patient_id", "treatment": "id", "engagement": "patient_id"}
EVERY_S = 0.2
AGAIN_S = 2.0
TIMEOUT_S = 15.0
PATIENCE_S = 90.0


@dataclass(slots=True)
class Enrolling:
    """People who were there before, and those whom the door accepted since."""

    door: Door
    before: frozenset[str]
    accepted: list[str] = field(default_factory=list)

    async def people(self, count: int) -> None:
        """So many, one every fifth of a second.

        Raises:
            TimeoutError: one was refused for as long as ``PATIENCE_S``.
        """
        async with asyncio.TaskGroup() as group:
            for number in range(count):
                group.create_task(self.one(number))
                await asyncio.sleep(EVERY_S)

    async def until(self, done: asyncio.Event) -> None:
        """One after the other until something else is done, at most one a second."""
        while not done.is_set():
            await self.one(len(self.accepted))
            await asyncio.sleep(1)

    async def one(self, number: int) -> None:
        """One more person."""
        self.accepted.append(await self.door.enrol("Faults", number))

    async def compared(self) -> Compared:
        """Whom the services know, once all know everybody or ``PATIENCE_S`` is over."""
        found = Compared(len(self.accepted), 0, 0)
        for _ in range(int(PATIENCE_S)):
            known = await asyncio.gather(*(asyncio.to_thread(known_to, each) for each in KNOWN_BY))
            found = Compared.of(self.accepted, self.before, *known)
            if not (found.lost or found.unknown):
                break
            await asyncio.sleep(1)
        return found

    async def require_exact(self, what: str) -> None:
        """Print what came of it; everybody accepted is known everywhere, and nobody else.

        Raises:
            AssertionError: somebody was lost, or is there twice.
        """
        found = await self.compared()
        print(
            f"{what}: accepted {len(self.accepted)}, tried again {self.door.tried_again},"
            f" lost {found.lost + found.unknown}, doubled {found.doubled}"
        )
        assert found == Compared(0, 0, 0)


@contextlib.asynccontextmanager
async def enrolling() -> AsyncIterator[Enrolling]:
    """Enrol through the door of the running installation."""
    before = await asyncio.to_thread(known_to, "assessment")
    async with at_the_door(timeout_s=TIMEOUT_S, patience_s=PATIENCE_S, again_s=AGAIN_S) as door:
        yield Enrolling(door, before)


def known_to(database: str) -> frozenset[str]:
    """The ids of everybody a service knows."""
    return frozenset(rows(database, f"SELECT {KNOWN_BY[database]} FROM patient"))
