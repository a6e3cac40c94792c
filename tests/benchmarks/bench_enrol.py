"""How many people a second are enrolled where thousands are, over HTTP and both databases.

Limits: ten enrolments a second beside 4,000 people, and a search by a whole name within 300 ms. The
first figure of each database is for comparison: everybody's name opened, as it was before the
index of names (decision 0093).
"""

import asyncio
import tempfile
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from uuid import UUID

from sqlalchemy import insert, select, text

from services.assessment.adapters.name_index import index_names
from services.assessment.adapters.names import Named, sealed_who
from services.assessment.adapters.tables import PATIENT
from services.assessment.main import SCHEMA
from shared.runtime import clock, logs
from tests.benchmarks.table import Figure, show
from tests.support import postgres
from tests.support.assessment import PERSON, Clinic, clinic_on
from tests.support.databases import Databases

PEOPLE = 4_000
SECONDS = 10.0
AT_ONCE = 8
BORN = date(1940, 1, 1)


async def crowd(clinic: Clinic, databases: Databases) -> None:
    """So many people whom nobody has opened yet."""
    keys = databases.person_keys
    async with clinic.db.housekeeping() as tx:
        row = (await tx.session.execute(select(PATIENT))).first()
        assert row is not None
    for start in range(0, PEOPLE, 200):
        people = []
        for number in range(start, start + 200):
            person = UUID(int=1_000_000 + number)
            who = Named.of("Ann", f"Reed{number}", BORN + timedelta(days=number))
            own = {"patient_id": person, "who": sealed_who(person, who, keys), "name_digest": None}
            people.append(row._asdict() | own)
        async with clinic.db.housekeeping() as tx:
            await tx.session.execute(insert(PATIENT), people)
    if clinic.db.dialect == "postgresql":
        async with clinic.db.housekeeping() as tx:
            await tx.session.execute(text("ANALYZE patient"))


async def enrolled(clinic: Clinic, numbers: "count[int]") -> float:
    """Milliseconds an enrolment takes of a service that is never idle.

    Raises:
        RuntimeError: one was refused.
    """
    done, began = 0, clock.monotonic()

    async def one_after_the_other() -> None:
        nonlocal done
        while clock.monotonic() - began < SECONDS:
            name = {"given_name": "Bea", "family_name": f"Lark{next(numbers)}"}
            answer = await clinic.nurse.post("patients", PERSON | name)
            if answer.status != 201:
                raise RuntimeError(answer.json)
            done += 1

    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(one_after_the_other())
    return (clock.monotonic() - began) * 1000 / done


async def searched(clinic: Clinic) -> float:
    """Milliseconds a search takes of somebody who may see everybody, names opened before."""
    took = []
    for number in range(6):
        began = clock.monotonic()
        answer = await clinic.nurse.post("patients/search", {"name": f"ann reed{number}99"})
        assert answer.status == 200, answer.json
        took.append((clock.monotonic() - began) * 1000)
    return sorted(took)[2]


async def measure(name: str, databases: Databases) -> list[Figure]:
    """All figures on one kind of database."""
    url = await databases.empty()
    await asyncio.to_thread(SCHEMA.upgrade, url, "0015")
    numbers = count()
    async with clinic_on(databases, url=url) as clinic:
        await crowd(clinic, databases)
        before = await enrolled(clinic, numbers)
        await SCHEMA.upgrade_async(url)
        began = clock.monotonic()
        await index_names(clinic.db)
        filled = (clock.monotonic() - began) * 1000
        after = await enrolled(clinic, numbers)
        search = await searched(clinic)
    return [
        Figure(f"{name}: an enrolment, everybody opened", before, 100, "ms"),
        Figure(f"{name}: an enrolment, by the index", after, 100, "ms"),
        Figure(f"{name}: the index filled", filled, 10_000, "ms"),
        Figure(f"{name}: a search by name", search, 300, "ms"),
    ]


async def main() -> None:
    """Measure on both databases; print."""
    logs.configure(service="bench", level="error")
    with tempfile.TemporaryDirectory(prefix="mooring-bench-") as folder:
        figures = await measure("SQLite", Databases(folder=Path(folder), postgres=None))
    with tempfile.TemporaryDirectory(prefix="mooring-bench-") as folder, postgres.server() as url:
        figures += await measure("PostgreSQL", Databases(folder=Path(folder), postgres=url))
    show(f"Enrolment beside {PEOPLE} people", figures)


if __name__ == "__main__":
    asyncio.run(main())
