"""Whoever was known before the groups of a day were kept is reported in those they had then."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from services.engagement.adapters.db import SqlWork
from services.engagement.adapters.histories import history_of
from services.engagement.adapters.support import visible
from services.engagement.application.ports import Grouped, GroupPoint, Surroundings
from services.engagement.domain.support.outcomes import History
from services.engagement.domain.support.profile import Adaptation, Barrier, Profile
from services.engagement.main import SCHEMA
from shared.runtime.db import Database
from tests.support.databases import Databases
from tests.support.engagement import (
    CONTENT,
    NOW,
    NURSE,
    PATIENT,
    into_care,
    named,
)

OLD, LATER = NOW, NOW + timedelta(days=90)
ADAPTED = Profile(
    patient_id=PATIENT, adaptations=(Adaptation(barrier=Barrier.TRANSPORT, answer="Lifts."),)
)


@pytest.fixture
async def upgraded(databases: Databases) -> AsyncIterator[Database]:
    """A database of the release before, with one person, brought to this one."""
    url = await databases.empty()
    await asyncio.to_thread(SCHEMA.upgrade, url, "0014")
    db = Database.open(url, source="engagement", person_keys=databases.person_keys)
    async with db.transaction(actor="service:engagement", at=OLD) as tx:
        work = SqlWork(tx, CONTENT)
        await into_care(work, now=OLD)
        await named(work, now=OLD)
        await work.support.surroundings.put(
            Surroundings(patient_id=PATIENT, language="ur", neutral_wording=True, carers=())
        )
        await work.support.profiles.put(ADAPTED)
    await SCHEMA.upgrade_async(url)
    yield db
    await db.close()


async def told(db: Database) -> None:
    """Three months later the record says another language, and no barrier is left."""
    async with db.transaction(actor="service:engagement", at=LATER) as tx:
        support = SqlWork(tx, CONTENT).support
        for kind, values in ((Grouped.LANGUAGE, ("en",)), (Grouped.BARRIERS, ())):
            point = GroupPoint(
                patient_id=PATIENT, kind=kind, version=7, known_at=LATER, values=values
            )
            await support.add_group(point)
        before = await support.surroundings.get(PATIENT)
        assert before is not None
        await support.surroundings.put(replace(before, language="en"))
        await support.profiles.put(replace(ADAPTED, adaptations=()))
        tx.audit("test.told", object=f"patient:{PATIENT}")


async def history(db: Database, days: int) -> History:
    """What was known of the person so many days after they came."""
    until = OLD + timedelta(days=days)
    async with db.reading() as tx:
        (case,) = await SqlWork(tx, CONTENT).support.cases(visible(("harbour",), (NURSE,)), ())
    return history_of(case, CONTENT.support.outcomes, on=until.date(), until=until)


async def test_a_later_word_does_not_change_what_an_old_report_says(upgraded: Database) -> None:
    before = await history(upgraded, 30)
    await told(upgraded)
    after = await history(upgraded, 30)
    now = await history(upgraded, 91)

    assert (before.language, before.barriers) == ("ur", ("transport",))
    assert (after.language, after.barriers) == ("ur", ("transport",))
    assert (now.language, now.barriers) == ("en", ())


async def test_the_way_back_leaves_what_was_said_since(upgraded: Database) -> None:
    await told(upgraded)

    url = upgraded.engine.url.render_as_string(hide_password=False)
    await asyncio.to_thread(SCHEMA.downgrade, url, "0014")

    async with upgraded.reading() as tx:
        (case,) = await SqlWork(tx, CONTENT).support.cases(visible(("harbour",), (NURSE,)), ())
    assert {one.version for one in case.groups} == {7}
