"""Signing keys overlap: a reader always knows the key before it is used and while it counts."""

from datetime import UTC, datetime, timedelta

import time_machine

from services.portal.identity import keys
from services.portal.identity.keyring import Keyring
from services.portal.identity.keys import ANNOUNCED_FOR, PUBLISHED_AFTER, SIGNS_FOR
from services.portal.main import schema
from shared.runtime.db import Database
from tests.support.databases import Databases

START = datetime(2027, 5, 4, 8, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def test_the_first_key_signs_at_once() -> None:
    first = keys.make(now=START)

    assert keys.signing([first], now=START) is first


def test_a_new_key_is_made_when_the_newest_has_signed_long_enough() -> None:
    first = keys.make(now=START)

    assert keys.is_due([], now=START)
    assert not keys.is_due([first], now=START + SIGNS_FOR - SECOND)
    assert keys.is_due([first], now=START + SIGNS_FOR)


def test_a_new_key_is_published_before_it_signs() -> None:
    first, second = keys.make(now=START), keys.make(now=START + SIGNS_FOR)
    both = [first, second]

    assert keys.signing(both, now=START + SIGNS_FOR + ANNOUNCED_FOR - SECOND) is first
    assert keys.signing(both, now=START + SIGNS_FOR + ANNOUNCED_FOR) is second


def test_an_old_key_is_published_until_nothing_signed_with_it_counts() -> None:
    first, second = keys.make(now=START), keys.make(now=START + SIGNS_FOR)
    gone_at = START + SIGNS_FOR + ANNOUNCED_FOR + PUBLISHED_AFTER

    assert keys.retired([first, second], now=gone_at - SECOND) == ()
    assert keys.retired([first, second], now=gone_at) == (first,)
    assert keys.retired([first], now=gone_at) == ()


def test_the_published_key_holds_nothing_private() -> None:
    public = keys.make(now=START).public_jwk()

    assert "d" not in public
    assert public["alg"] == "ES256"
    assert public["kid"]


async def test_a_key_replaced_before_its_time_overlaps_with_the_old_one(
    sqlite_databases: Databases,
) -> None:
    db = Database.open(await sqlite_databases.migrated(schema), source="portal")
    running = Keyring(db)
    with time_machine.travel(START, tick=False):
        first = await running.current()
    with time_machine.travel(START + SECOND, tick=False):
        made, ended = await Keyring(db).replace(end_old=False, by="test")
        await running.refresh()

        assert ended == 0
        assert (await running.current()).key_id == first.key_id
        assert {key["kid"] for key in (await running.published())["keys"]} == {first.key_id, made}
    with time_machine.travel(START + SECOND + ANNOUNCED_FOR, tick=False):
        await running.refresh()
        assert (await running.current()).key_id == made
        assert len((await running.published())["keys"]) == 2
    await db.close()


async def test_a_key_that_leaked_is_ended_at_once(sqlite_databases: Databases) -> None:
    db = Database.open(await sqlite_databases.migrated(schema), source="portal")
    running = Keyring(db)
    with time_machine.travel(START, tick=False):
        first = await running.current()
        made, ended = await Keyring(db).replace(end_old=True, by="test")
        await running.refresh()

        assert (ended, (await running.current()).key_id) == (1, made)
        assert first.key_id not in str(await running.published())
    await db.close()
