"""The writes of a mixed day, looked for in the databases until all are there or none comes any
more."""

import asyncio
import time
from collections.abc import Sequence

from tests.faults.containers import rows, waiting_for
from tests.faults.day import Day
from tests.faults.enrolling import KNOWN_BY, known_to
from tests.faults.mix import ROWS, Kind
from tests.faults.tally import Tally

STILL_S = 120.0
"""Without an arrival: longer than the brokers take to offer again what a killed reader had."""
LOOK_EVERY_S = 3.0
READERS = (
    ("treatment", "CARE_ASSESSMENT"),
    ("engagement", "CARE_ASSESSMENT"),
    ("treatment", "CARE_ENGAGEMENT"),
)
OWNERS = ("assessment", "engagement")


async def everybody_known(people: Sequence[str]) -> None:
    """Wait until every service knows these people.

    Raises:
        TimeoutError: one does not learn of them for as long as ``STILL_S``.
    """
    async with asyncio.timeout(STILL_S):
        for service in KNOWN_BY:
            while set(people) - await asyncio.to_thread(known_to, service):  # noqa: ASYNC110 - a database
                await asyncio.sleep(1)


async def settled(day: Day) -> tuple[dict[Kind, Tally], int]:
    """What came of each kind, and how much was on its way when that was looked for: at 0, what is
    missing is lost."""
    arrived, arrived_at = -1, time.monotonic()
    while True:
        still = await asyncio.to_thread(under_way)
        tallies = await asyncio.to_thread(tallied, day)
        if not any(each.missing for each in tallies.values()):
            return tallies, still
        if (now := sum(each.effects for each in tallies.values())) > arrived:
            arrived, arrived_at = now, time.monotonic()
        if time.monotonic() - arrived_at >= STILL_S:
            return tallies, still
        await asyncio.sleep(LOOK_EVERY_S)


def under_way() -> int:
    """Facts that are in an outbox yet, or with the brokers. Of brokers that do not say, one is."""
    unsent = "SELECT count(*) FROM outbox WHERE published_at IS NULL"
    count = sum(int(rows(owner, unsent)[0]) for owner in OWNERS)
    for reader, stream in READERS:
        waiting = waiting_for(reader, stream=stream)
        count += 1 if waiting is None else waiting
    return count


def tallied(day: Day) -> dict[Kind, Tally]:
    """What the databases hold of each kind, the owner's first: nothing is written any more."""
    people = ", ".join(f"'{person}'" for person in day.people)
    found = {}
    for kind, where in ROWS.items():
        kept = rows(where.owner, where.kept.format(people=people))
        known = {
            name: rows(name, query.format(people=people)) for name, query in where.known.items()
        }
        found[kind] = Tally.of(day.accepted[kind], kept, known)
    return found
