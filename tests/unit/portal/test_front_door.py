"""Signing in, being recognised again, and signing, on both databases."""

import asyncio
from collections.abc import Iterable
from datetime import timedelta

import pytest
import time_machine
from joserfc.jwk import KeySet
from sqlalchemy import select, text

from services.portal.identity import locks, staff, tries
from services.portal.identity.demo import open_accounts
from services.portal.identity.front_door import FrontDoor, TooManyTries, WrongPassword
from services.portal.identity.keyring import Keyring
from services.portal.identity.passwords import Passwords
from services.portal.identity.sessions import IDLE_LIMIT
from services.portal.identity.tables import lock
from services.portal.identity.tables import session as session_table
from services.portal.main import manner_of
from services.portal.settings import Settings
from shared.api.identity import Role
from shared.demo.staff import STAFF, staff_id
from shared.runtime import audit_check, auth, clock
from shared.runtime.anchors import Anchors
from shared.runtime.db import Database
from tests.unit.portal.conftest import PASSWORD

HERE = "192.0.2.1"


async def test_the_demo_accounts_are_opened_once_and_told_to_the_others(db: Database) -> None:
    await open_accounts(db, Passwords(), password="another")

    async with db.reading() as tx:
        people = await staff.everyone(tx)
        told = (await tx.session.execute(text("SELECT type FROM outbox"))).scalars().all()

    assert {person.username for person in people} == {member.username for member in STAFF}
    assert told == ["care.portal.staff.added.v1"] * len(STAFF)


async def test_a_cookie_is_worth_its_person_until_sign_out(door: FrontDoor) -> None:
    visitor = (await door.sign_in(" Nell ", PASSWORD, address=HERE)).visitor

    again = await door.resume(visitor.secret)
    assert again is not None
    assert again.staff.staff_id == staff_id("nell")

    await door.sign_out(again)
    assert await door.resume(visitor.secret) is None


async def test_each_sign_in_has_a_new_secret_and_the_table_holds_none(
    door: FrontDoor, db: Database
) -> None:
    first = (await door.sign_in("nell", PASSWORD, address=HERE)).visitor
    second = (await door.sign_in("nell", PASSWORD, address=HERE)).visitor

    async with db.reading() as tx:
        stored = (await tx.session.execute(select(session_table.c.secret_hash))).scalars().all()

    assert first.secret != second.secret
    assert not {first.secret, second.secret} & set(stored)


async def test_a_stranger_and_a_wrong_password_get_the_same_answer(door: FrontDoor) -> None:
    with pytest.raises(WrongPassword):
        await door.sign_in("nobody", PASSWORD, address=HERE)
    with pytest.raises(WrongPassword):
        await door.sign_in("nell", "wrong", address=HERE)


async def test_guessing_is_slowed_even_when_all_guesses_come_at_once(door: FrontDoor) -> None:
    guesses = [door.sign_in("nell", f"guess {n}", address=HERE) for n in range(12)]
    refusals = await asyncio.gather(*guesses, return_exceptions=True)

    assert sum(isinstance(one, WrongPassword) for one in refusals) == 5
    assert sum(isinstance(one, TooManyTries) for one in refusals) == 7


async def test_first_failures_at_the_same_moment_are_all_counted(db: Database) -> None:
    async def fail() -> None:
        async with db.housekeeping() as tx:
            await locks.count_failure(tx, staff_id("nell"), now=clock.real_now())

    await asyncio.gather(*(fail() for _ in range(8)))

    async with db.reading() as tx:
        assert (await tx.session.execute(select(lock.c.failures))).scalars().all() == [8]


async def test_the_right_password_from_another_place_still_opens(door: FrontDoor) -> None:
    for _ in range(6):
        with pytest.raises((WrongPassword, TooManyTries)):
            await door.sign_in("nell", "guess", address="198.51.100.7")

    assert (await door.sign_in("nell", PASSWORD, address=HERE)).visitor.staff.username == "nell"


async def guess_from(door_db: Database, addresses: Iterable[str]) -> None:
    """Wrong passwords of Nell's, one from each address; the last come too early."""
    for address in addresses:
        async with door_db.housekeeping() as tx:
            await tries.count(tx, tries.places("nell", address), now=clock.real_now())


async def test_guesses_from_anywhere_keep_nobody_from_a_browser_that_is_known(
    door: FrontDoor, db: Database
) -> None:
    with time_machine.travel(clock.real_now(), tick=False):
        device = (await door.sign_in("nell", PASSWORD, address=HERE)).device
        await guess_from(db, [f"198.51.100.{n}" for n in range(60)] + [HERE] * 30)

        with pytest.raises(TooManyTries):
            await door.sign_in("nell", PASSWORD, address="192.0.2.9")
        assert await door.sign_in("nell", PASSWORD, address=HERE, device=device)
        assert await door.signature(
            "nell", PASSWORD, hash_="ab" * 32, meaning="test", address=HERE, device=device
        )


async def test_a_browser_that_is_known_guesses_slowly_from_wherever_it_is(
    door: FrontDoor,
) -> None:
    with time_machine.travel(clock.real_now(), tick=False):
        device = (await door.sign_in("nell", PASSWORD, address=HERE)).device
        for n in range(5):
            with pytest.raises(WrongPassword):
                await door.sign_in("nell", "guess", address=f"192.0.2.{n}", device=device)

        with pytest.raises(TooManyTries):
            await door.sign_in("nell", PASSWORD, address="192.0.2.9", device=device)


async def test_a_browser_that_is_known_to_one_account_is_strange_to_others(
    door: FrontDoor, db: Database
) -> None:
    with time_machine.travel(clock.real_now(), tick=False):
        device = (await door.sign_in("oona", PASSWORD, address=HERE)).device
        await guess_from(db, (f"198.51.100.{n}" for n in range(60)))

        with pytest.raises(TooManyTries):
            await door.sign_in("nell", PASSWORD, address=HERE, device=device)


async def test_signing_in_oneself_pays_for_no_guesses_at_others(door: FrontDoor) -> None:
    """Spraying: few passwords tried on many names, with a right one in between."""
    heard = []
    with time_machine.travel(clock.real_now(), tick=False):
        for n in range(40):
            name, password = ("nell", PASSWORD) if n % 15 == 14 else (f"name-{n}", "Autumn2026")
            try:
                await door.sign_in(name, password, address=HERE)
            except (WrongPassword, TooManyTries) as error:
                heard.append(type(error))

    assert heard.count(WrongPassword) == 20
    assert heard[20:] == [TooManyTries] * len(heard[20:])


async def test_whoever_signs_in_all_day_keeps_no_old_failures_alive(db: Database) -> None:
    """A program's address: a slip now and then, and a success every few minutes."""
    now = clock.real_now()
    for n in range(25):
        async with db.housekeeping() as tx:
            slip = await tries.count(tx, tries.places(f"slip-{n}", HERE), now=now)
        assert not slip.pause
        for _ in range(2):
            now += timedelta(minutes=8)
            async with db.housekeeping() as tx:
                counted = await tries.count(tx, tries.places("nell", HERE), now=now)
                await tries.forgive(tx, counted)


async def test_a_program_of_several_workers_signs_in_at_the_same_moment(db: Database) -> None:
    """Whoever counts and whoever is forgiven lock the same rows, in the same order."""
    now = clock.real_now()

    async def work(name: str) -> None:
        for _ in range(15):
            async with db.housekeeping() as tx:
                counted = await tries.count(tx, tries.places(name, HERE), now=now)
            async with db.housekeeping() as tx:
                await tries.forgive(tx, counted)

    for name in ("nell", "amara", "tomas", "lena"):
        await asyncio.gather(work(name), work(name), work(name))

    async with db.housekeeping() as tx:
        left = await tries.count(tx, tries.places("nell", HERE), now=now)
    assert {known.count for known in left.before.values()} == {0}


async def test_an_idle_session_ends_and_refreshing_pages_do_not_keep_it(door: FrontDoor) -> None:
    with time_machine.travel(clock.real_now(), tick=False) as traveller:
        visitor = (await door.sign_in("nell", PASSWORD, address=HERE)).visitor
        for _ in range(14):
            traveller.shift(timedelta(minutes=1))
            assert await door.resume(visitor.secret, noting=False)
        traveller.shift(IDLE_LIMIT - timedelta(minutes=14))

        assert await door.resume(visitor.secret) is None


async def test_use_keeps_a_session(door: FrontDoor) -> None:
    with time_machine.travel(clock.real_now(), tick=False) as traveller:
        visitor = (await door.sign_in("nell", PASSWORD, address=HERE)).visitor
        for _ in range(3):
            traveller.shift(timedelta(minutes=14))

            assert await door.resume(visitor.secret)


async def test_a_closed_account_ends_its_sessions_at_once(door: FrontDoor, db: Database) -> None:
    visitor = (await door.sign_in("nell", PASSWORD, address=HERE)).visitor

    async with db.transaction(actor="service:portal") as tx:
        await staff.disable(tx, visitor.staff)

    assert await door.resume(visitor.secret) is None
    with pytest.raises(WrongPassword):
        await door.sign_in("nell", PASSWORD, address=HERE)


async def test_a_role_changes_only_from_what_was_seen(door: FrontDoor, db: Database) -> None:
    nell = (await door.sign_in("nell", PASSWORD, address=HERE)).visitor.staff
    async with db.transaction(actor="service:portal") as tx:
        await staff.change_role(tx, nell, role=Role.LEAD, teams=nell.teams)

    with pytest.raises(staff.AccountChangedMeanwhile):
        async with db.transaction(actor="service:portal") as tx:
            await staff.change_role(tx, nell, role=Role.NURSE, teams=nell.teams)


async def test_a_token_names_person_role_team_and_one_service(db: Database) -> None:
    keyring = Keyring(db)
    door = FrontDoor(db, keyring=keyring, passwords=Passwords())
    visitor = (await door.sign_in("amara", PASSWORD, address=HERE)).visitor

    token = await door.token(visitor.staff, audience="treatment")
    keys = auth.StaticKeys(KeySet.import_key_set(await keyring.published()))
    principal = await auth.verify_access_token(token, keys=keys, audience="treatment")

    assert principal.staff_id == staff_id("amara")
    assert principal.role is Role.PRESCRIBER
    assert principal.teams == ("harbour",)
    with pytest.raises(auth.Unauthenticated):
        await auth.verify_access_token(token, keys=keys, audience="assessment")
    assert await door.token(visitor.staff, audience="treatment") == token


@pytest.mark.parametrize("within", [timedelta(seconds=60)], ids=["60s"])
async def test_with_no_news_at_all_a_token_of_somebody_gone_ends_by_itself(
    db: Database, within: timedelta
) -> None:
    """A broker that is down tells nobody of a closed account: age alone ends what it holds."""
    keyring = Keyring(db)
    door = FrontDoor(db, keyring=keyring, passwords=Passwords())
    keys = auth.StaticKeys(KeySet.import_key_set(await keyring.published()))
    manner = manner_of(Settings(demo=False))
    nell = await door.recognise("nell", PASSWORD, address=HERE)

    with time_machine.travel(clock.real_now(), tick=False) as machine:
        tokens = [
            await door.token(nell, audience="treatment"),
            await door.fresh_token(
                nell, audience=["treatment"], lifetime=manner.script_token_lifetime
            ),
        ]
        machine.shift(within / 2)
        for token in tokens:
            await auth.verify_access_token(token, keys=keys, audience="treatment")
        machine.shift(within / 2)
        for token in tokens:
            with pytest.raises(auth.Unauthenticated):
                await auth.verify_access_token(token, keys=keys, audience="treatment")


async def test_a_signature_needs_the_password_again_and_binds_one_version(db: Database) -> None:
    keyring = Keyring(db)
    door = FrontDoor(db, keyring=keyring, passwords=Passwords())
    version = "ab" * 32

    with pytest.raises(WrongPassword):
        await door.signature("amara", "no", hash_=version, meaning="sign", address=HERE)
    signed = await door.signature(
        "amara", PASSWORD, hash_=version, meaning="sign-taper-plan", address=HERE
    )

    keys = auth.StaticKeys(KeySet.import_key_set(await keyring.published()))
    signature = await auth.verify_signature(signed, keys=keys, audience="treatment")
    assert (signature.staff_id, signature.hash) == (staff_id("amara"), version)
    assert signature.meaning == "sign-taper-plan"


async def test_every_sign_in_and_refusal_is_in_the_audit_trail(
    door: FrontDoor, db: Database
) -> None:
    await door.sign_in("nell", PASSWORD, address=HERE)
    with pytest.raises(WrongPassword):
        await door.sign_in("nell", "wrong", address=HERE)

    async with db.reading() as tx:
        actions = (await tx.session.execute(text("SELECT action FROM audit"))).scalars().all()
    verdict = await audit_check.check(db, anchors=Anchors("test", None))

    assert actions[-2:] == ["session.started", "sign-in.refused"]
    assert not verdict.broken


async def test_what_can_have_no_effect_is_swept_away(door: FrontDoor, db: Database) -> None:
    visitor = (await door.sign_in("nell", PASSWORD, address=HERE)).visitor
    with time_machine.travel(clock.real_now() + IDLE_LIMIT + timedelta(seconds=1), tick=False):
        await door.sweep()

    async with db.reading() as tx:
        left = (await tx.session.execute(select(session_table.c.staff_id))).all()
    assert not left
    assert await door.resume(visitor.secret) is None
