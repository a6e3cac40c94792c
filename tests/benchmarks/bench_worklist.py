"""The first page of a team's list with 10,200 open reminders, as a service answers it.

Limit: 100 ms at the service, token, access, counts and audit included. The median of
forty answers on each database, after five that are not counted.
"""

import asyncio
import os
import statistics
import tempfile
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid5

from services.engagement.adapters.db import SqlWork
from services.engagement.adapters.http import build_api
from services.engagement.application.apply_course_state import apply_course_state
from services.engagement.application.apply_patient_state import apply_patient_state
from services.engagement.application.apply_staff_state import apply_staff_state
from services.engagement.application.show_due_reminders import show_due_reminders
from services.engagement.domain.course import Course
from services.engagement.domain.team import CareStatus
from services.engagement.main import SCHEMA
from shared.api.identity import Role
from shared.runtime import clock, logs
from shared.runtime.db import Database
from tests.benchmarks.table import Figure, show
from tests.support import postgres
from tests.support.callers import site
from tests.support.databases import Databases
from tests.support.engagement import (
    CONTENT,
    LEAD,
    NURSE,
    PATIENT,
    PLAN,
    PRESCRIBER,
    STAFF,
    a_course,
    a_step,
    a_taper,
)

OPEN, EACH = 10_200, 6
UNCOUNTED, COUNTED = 5, 40


async def fill(db: Database) -> None:
    """1,700 people with six reminders each, all due."""
    async with db.reading() as tx:
        then = tx.now - timedelta(days=30)
    course = a_course(a_taper(a_step(change_on=then.date())))
    async with db.transaction(actor="service:engagement", at=then) as tx:
        work = SqlWork(tx, CONTENT)
        for colleague in STAFF:
            await apply_staff_state(work, colleague=colleague, rules=CONTENT, now=then)
    for start in range(0, OPEN // EACH, 100):
        async with db.transaction(actor="service:engagement", at=then) as tx:
            for number in range(start, start + 100):
                await admit(SqlWork(tx, CONTENT), course, number, then)
    while True:
        async with db.transaction(actor="service:engagement") as tx:
            shown = await show_due_reminders(
                SqlWork(tx, CONTENT), rules=CONTENT, now=tx.now, real_now=clock.real_now()
            )
        if not shown:
            return


async def admit(work: SqlWork, course: Course, number: int, then: datetime) -> None:
    """One more person with a course of their own."""
    patient_id = uuid5(PATIENT, f"listed {number}")
    own = replace(
        course,
        course_id=uuid5(PLAN, f"course {number}"),
        patient_id=patient_id,
        taper=course.taper and replace(course.taper, plan_id=uuid5(PLAN, f"plan {number}")),
    )
    await apply_patient_state(
        work,
        patient_id=patient_id,
        status=CareStatus.ACTIVE,
        team="harbour",
        care_team=(NURSE, PRESCRIBER, LEAD),
        rules=CONTENT,
        now=then,
    )
    await apply_course_state(work, course=own, rules=CONTENT, now=then)


async def measure(name: str, databases: Databases) -> list[Figure]:
    """Milliseconds for the first page, of the team and of one nurse."""
    db = Database.open(
        await databases.migrated(SCHEMA), source="engagement", person_keys=databases.person_keys
    )
    await fill(db)
    figures = []
    async with site(build_api(CONTENT), db) as served:
        nurse = served.caller(NURSE, Role.NURSE)
        for scope in ("team", "mine"):
            took = []
            for number in range(UNCOUNTED + COUNTED):
                began = clock.monotonic()
                answer = await nurse.get("worklist", scope=scope)
                if number >= UNCOUNTED:
                    took.append((clock.monotonic() - began) * 1000)
                if answer.status != 200 or sum(answer.json["counts"].values()) != OPEN:
                    raise SystemExit(f"not a list of {OPEN}: {answer.json.get('counts')}")
            figures.append(Figure(f"{name}: {scope}", statistics.median(took), 100, "ms"))
    await db.close()
    return figures


async def main() -> None:
    """Measure on both databases; print."""
    logs.configure(service="bench", level="error")
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory(prefix="mooring-bench-") as folder:
        figures = await measure("SQLite", Databases(folder=Path(folder), postgres=None))
    with postgres.server() as url:
        figures += await measure("PostgreSQL", Databases(folder=Path(), postgres=url))
    show(f"Page 1 of {OPEN:,} open reminders", figures)


if __name__ == "__main__":
    asyncio.run(main())
