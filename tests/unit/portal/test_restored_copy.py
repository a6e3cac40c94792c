"""Nobody works with a restored copy before two people have looked at it (case 100)."""

from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
import time_machine
from aiohttp.test_utils import TestClient
from sqlalchemy import select

from services.portal.identity import programs, staff
from services.portal.identity.front_door import FrontDoor, WrongPassword
from services.portal.identity.restored import Held
from services.portal.pages.desk import desk_key
from services.portal.presenters import machinery
from services.portal.presenters.today import Setting
from shared.api.identity import Role
from shared.api.operations import COPY, ParkedBody
from shared.demo.staff import STAFF, staff_id
from shared.runtime import clock, epochs
from shared.runtime.db import Database
from shared.runtime.tables import parked
from tests.unit.portal.conftest import PASSWORD

HERE = "192.0.2.1"
BY = "service:portal"
NOW = datetime(2026, 11, 28, 8, 0, tzinfo=UTC)
MAY_LOOK = {Role.OPERATIONS, Role.LEAD, Role.AUDITOR}


async def restore(db: Database) -> None:
    """As the restore script says it, a while later: not within the same second."""
    with time_machine.travel(clock.real_now() + timedelta(seconds=2), tick=False):
        await epochs.begin(db, actor=BY, held=True)


@pytest.mark.parametrize("member", STAFF, ids=lambda member: member.username)
async def test_only_who_may_look_at_it_gets_into_a_held_copy(
    db: Database, door: FrontDoor, member: staff.Staff
) -> None:
    await restore(db)
    with time_machine.travel(clock.real_now() + timedelta(seconds=3)):
        async with db.reading() as tx:
            person = await staff.by_id(tx, member.staff_id)
        assert person is not None
        ways = (
            lambda: door.sign_in(member.username, PASSWORD, address=HERE),
            lambda: door.let_in(person, by="provider"),
            lambda: door.recognise_fully(member.username, PASSWORD, code=None, address=HERE),
            lambda: door.signature(
                member.username, PASSWORD, hash_="0" * 64, meaning="confirm", address=HERE
            ),
        )
        for way in ways:
            if member.role in MAY_LOOK:
                await way()
            else:
                with pytest.raises(Held):
                    await way()


async def test_whoever_looks_at_it_is_told_what_it_is(db: Database, door: FrontDoor) -> None:
    before = await door.sign_in("lena", PASSWORD, address=HERE)
    seen = await door.resume(before.visitor.secret)
    assert seen is not None
    assert not seen.is_held

    await restore(db)
    with time_machine.travel(clock.real_now() + timedelta(seconds=3)):
        entry = await door.sign_in("lena", PASSWORD, address=HERE)
        seen = await door.resume(entry.visitor.secret)

    assert seen is not None
    assert seen.is_held


async def test_a_wrong_password_says_no_more_than_before(db: Database, door: FrontDoor) -> None:
    await restore(db)

    with pytest.raises(WrongPassword):
        await door.sign_in("nell", "wrong", address=HERE)


async def test_neither_a_program_nor_who_has_a_link_gets_in(db: Database, door: FrontDoor) -> None:
    secret = await programs.add(db, "lab-feed", by="staff:test")
    assert await door.link_token("assessment")
    await restore(db)

    with pytest.raises(Held):
        await door.recognise_program("lab-feed", secret, address=HERE)
    with pytest.raises(Held):
        await door.link_token("assessment")
    assert await door.own_token("assessment"), "the portal itself goes on telling who may see whom"


async def test_no_session_that_a_backup_brought_back_counts(db: Database, door: FrontDoor) -> None:
    """One of them may have been ended since, for a reason."""
    entry = await door.sign_in("oona", PASSWORD, address=HERE)
    assert await door.resume(entry.visitor.secret) is not None

    await restore(db)

    assert await door.resume(entry.visitor.secret) is None


async def test_who_was_never_restored_has_nothing_to_release(door: FrontDoor) -> None:
    entry = await door.sign_in("nell", PASSWORD, address=HERE)
    assert await door.resume(entry.visitor.secret) is not None


async def test_another_restore_is_held_again(db: Database, door: FrontDoor) -> None:
    await restore(db)
    async with db.transaction(actor="staff:test") as tx:
        await tx.session.execute(parked.update().values(status="discarded"))
        tx.audit("parked.discarded", object="parked:it")
    with time_machine.travel(clock.real_now() + timedelta(seconds=3)):
        await door.sign_in("nell", PASSWORD, address=HERE)

    await restore(db)

    with pytest.raises(Held):
        await door.sign_in("nell", PASSWORD, address=HERE)


async def _asked(portal: TestClient, username: str) -> tuple[int, dict[str, str]]:
    """The answer to somebody who wants a token."""
    body = {"username": username, "password": PASSWORD}
    answer = await portal.post("/api/v1/tokens", json=body)
    return answer.status, await answer.json()


async def _resolve(portal: TestClient, id_: UUID, act: str, *, by: str) -> tuple[int, str]:
    _status, told = await _asked(portal, by)
    headers = {
        "Authorization": f"Bearer {told['access_token']}",
        "Idempotency-Key": str(clock.new_id()),
    }
    at = f"/api/v1/parked/{id_}/{act}"
    answer = await portal.post(at, json={"reason": "looked-at"}, headers=headers)
    told = await answer.json()
    return answer.status, told.get("code") or told["status"]


async def test_two_people_release_it(portal: TestClient) -> None:
    assert portal.app is not None
    db = portal.app[desk_key].office.db
    await epochs.begin(db, actor=BY, held=True)
    async with db.reading() as tx:
        id_ = (await tx.session.execute(select(parked.c.id))).scalar_one()

    assert (await _asked(portal, "nell"))[1]["code"] == "restored-copy"
    assert (await _resolve(portal, id_, "replay", by="oona"))[0] == 409, "it cannot be applied"
    assert await _resolve(portal, id_, "discard", by="oona") == (200, "parked")
    assert await _resolve(portal, id_, "discard", by="oona") == (403, "four-eyes")
    assert (await _asked(portal, "nell"))[0] == 403, "one person is not enough"
    assert await _resolve(portal, id_, "discard", by="lena") == (200, "discarded")

    assert (await _asked(portal, "nell"))[0] == 200


async def test_the_sign_in_page_says_why_and_what_to_do(portal: TestClient) -> None:
    assert portal.app is not None
    await epochs.begin(portal.app[desk_key].office.db, actor=BY, held=True)

    answer = await portal.post("/sign-in", data={"username": "nell", "password": PASSWORD})
    page = await answer.text()

    assert answer.status == 403
    assert "brought back from a backup" in page
    assert "two people" in page


async def test_who_has_a_link_is_told_to_try_later_and_where_help_is(portal: TestClient) -> None:
    """What they answered would be seen by nobody."""
    assert portal.app is not None
    await epochs.begin(portal.app[desk_key].office.db, actor=BY, held=True)

    opened = await portal.post("/answer", data={"secret": "#" + "a" * 43})
    assert opened.status == 503
    assert "If you need help now" in await opened.text()
    calendar = await portal.get("/calendar/" + "a" * 43 + ".ics")
    assert (calendar.status, "Retry-After" in calendar.headers) == (503, True)


async def test_every_page_says_that_it_is_a_copy(portal: TestClient) -> None:
    assert portal.app is not None
    await epochs.begin(portal.app[desk_key].office.db, actor=BY, held=True)

    await portal.post("/sign-in", data={"username": "lena", "password": PASSWORD})

    assert "A copy brought back from a backup" in await (await portal.get("/operations")).text()


def test_a_copy_waits_in_words_and_is_never_applied_again() -> None:
    body = ParkedBody(
        id=clock.new_id(),
        type=epochs.BEGUN,
        event_id=None,
        reason=COPY,
        error="as of 2026-11-28 08:00:00 UTC",
        tries=0,
        parked_at=NOW,
        status="parked",
        proposed="discard",
        proposed_by=f"staff:{staff_id('oona')}",
    )
    setting = Setting(
        now=NOW, zone=ZoneInfo("Europe/Berlin"), staff={staff_id("oona"): "Oona Virtanen"}
    )

    said = machinery.parked(body, setting)
    other = machinery.parked(body.model_copy(update={"reason": "unknown-type"}), setting)

    assert (said["is_copy"], other["is_copy"]) == ("yes", "")
    assert said["what"] == "a copy brought back from a backup"
    assert said["why"] == "Restored copy (as of 2026-11-28 08:00:00 UTC)"
    assert said["proposed"].startswith("Oona Virtanen wants to release it.")
    assert other["proposed"].startswith("Oona Virtanen wants to give it up.")
