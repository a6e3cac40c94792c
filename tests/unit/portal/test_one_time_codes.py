"""One-time codes, recovery codes, locks: on both databases, at instants of the test's choosing."""

from datetime import UTC, datetime, timedelta

import pyotp
import pytest
import time_machine

from services.portal.identity import locks, one_time, second_factor, staff
from services.portal.identity.front_door import (
    FrontDoor,
    Locked,
    TooManyTries,
    WrongCode,
    WrongPassword,
)
from services.portal.identity.office import Office
from services.portal.identity.passwords import Passwords, faults
from services.portal.identity.staff import Staff
from shared.demo.staff import staff_id
from shared.runtime.db import Database
from tests.unit.portal.conftest import PASSWORD

HERE = "192.0.2.1"
AT = datetime(2026, 11, 25, 9, 0, 10, tzinfo=UTC)
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


async def nell(db: Database) -> Staff:
    async with db.reading() as tx:
        person = await staff.by_id(tx, staff_id("nell"))
    assert person is not None
    return person


async def with_codes(db: Database, door: FrontDoor, *, at: datetime) -> tuple[str, tuple[str, ...]]:
    """Nell's app is set up; its secret and the recovery codes."""
    person = await nell(db)
    secret = await door.offer_code(person)
    codes = await door.confirm_code(person, pyotp.TOTP(secret).at(at))
    assert codes is not None
    return secret, codes


@pytest.mark.parametrize(
    ("steps", "right"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)]
)
def test_a_code_of_a_neighbouring_half_minute_is_right(steps: int, right: bool) -> None:
    code = pyotp.TOTP(SECRET).at(AT + timedelta(seconds=30 * steps))

    assert (one_time.step_of(code, secret=SECRET, after=0, now=AT) is not None) is right


def test_a_code_works_once() -> None:
    code = pyotp.TOTP(SECRET).at(AT)
    step = one_time.step_of(code, secret=SECRET, after=0, now=AT)

    assert step is not None
    assert one_time.step_of(code, secret=SECRET, after=step, now=AT) is None


@pytest.mark.parametrize("code", ["", "12345", "abcdef", "１２３４５６", "000000000000", "-1"])
def test_what_is_no_code_is_wrong(code: str) -> None:
    assert one_time.step_of(code, secret=SECRET, after=0, now=AT) is None


def test_recovery_codes_differ_and_are_read_as_people_copy_them() -> None:
    codes = one_time.recovery_codes()
    stored = [one_time.digest(code) for code in codes]

    assert len(set(codes)) == one_time.RECOVERY_CODES
    left = one_time.without(stored, f" {one_time.spaced(codes[3]).lower()} ")
    assert left is not None
    assert len(left) == len(stored) - 1
    assert one_time.without(left, codes[3]) is None
    assert one_time.without(stored, "") is None


async def test_a_password_alone_opens_nothing_where_codes_are_set_up(
    db: Database, door: FrontDoor
) -> None:
    with time_machine.travel(AT, tick=False):
        secret, _ = await with_codes(db, door, at=AT)
        entry = await door.sign_in("nell", PASSWORD, address=HERE)

        assert entry.awaits_code
        assert await door.resume(entry.visitor.secret) is None
    later = AT + timedelta(minutes=2)
    with time_machine.travel(later, tick=False):
        opened = await door.show_code(
            entry.visitor.secret, pyotp.TOTP(secret).at(later), address=HERE
        )

        assert opened.visitor.secret != entry.visitor.secret
        assert await door.resume(opened.visitor.secret) is not None
        with pytest.raises(WrongCode):  # the half-open session is used up
            await door.show_code(entry.visitor.secret, pyotp.TOTP(secret).at(later), address=HERE)


async def test_a_code_comes_within_five_minutes_of_the_password(
    db: Database, door: FrontDoor
) -> None:
    with time_machine.travel(AT, tick=False):
        secret, _ = await with_codes(db, door, at=AT)
        entry = await door.sign_in("nell", PASSWORD, address=HERE)
    late = AT + timedelta(minutes=5)
    with time_machine.travel(late, tick=False), pytest.raises(WrongCode):
        await door.show_code(entry.visitor.secret, pyotp.TOTP(secret).at(late), address=HERE)


async def test_a_recovery_code_opens_the_door_once(db: Database, door: FrontDoor) -> None:
    with time_machine.travel(AT, tick=False):
        _, codes = await with_codes(db, door, at=AT)
        first = await door.sign_in("nell", PASSWORD, address=HERE)
        await door.show_code(first.visitor.secret, codes[0], address=HERE)
        second = await door.sign_in("nell", PASSWORD, address=HERE)

        with pytest.raises(WrongCode):
            await door.show_code(second.visitor.secret, codes[0], address=HERE)


async def test_codes_cannot_be_guessed_at_speed(db: Database, door: FrontDoor) -> None:
    with time_machine.travel(AT, tick=False):
        await with_codes(db, door, at=AT)
        entry = await door.sign_in("nell", PASSWORD, address=HERE)
        for _ in range(5):
            with pytest.raises(WrongCode):
                await door.show_code(entry.visitor.secret, "000000", address=HERE)

        with pytest.raises(TooManyTries):
            await door.show_code(entry.visitor.secret, "000000", address=HERE)


async def test_a_script_sends_the_code_too(db: Database, door: FrontDoor) -> None:
    with time_machine.travel(AT, tick=False):
        secret, _ = await with_codes(db, door, at=AT)
        for code in (None, "000000"):
            with pytest.raises(WrongCode):
                await door.recognise_fully("nell", PASSWORD, code=code, address=HERE)
    later = AT + timedelta(minutes=1)
    with time_machine.travel(later, tick=False):
        person = await door.recognise_fully(
            "nell", PASSWORD, code=pyotp.TOTP(secret).at(later), address=HERE
        )

    assert person.username == "nell"


async def lock(db: Database) -> None:
    async with db.transaction(actor="service:portal") as tx:
        for _ in range(locks.LOCKED_AFTER):
            await locks.count_failure(tx, staff_id("nell"), now=AT)


async def test_a_locked_account_turns_unknown_browsers_away_until_it_is_unlocked(
    db: Database, door: FrontDoor
) -> None:
    device = (await door.sign_in("nell", PASSWORD, address=HERE)).device
    await lock(db)

    with pytest.raises(Locked):
        await door.sign_in("nell", PASSWORD, address=HERE)
    with pytest.raises(WrongPassword):  # whoever does not know the password learns nothing
        await door.sign_in("nell", "wrong", address=HERE)
    known = await door.sign_in("nell", PASSWORD, address=HERE, device=device)
    assert await door.resume(known.visitor.secret) is not None

    await Office(db, Passwords()).unlock(staff_id("nell"), by="staff:lead")
    assert not (await door.sign_in("nell", PASSWORD, address=HERE)).awaits_code


async def test_whoever_is_let_in_to_a_locked_account_can_sign_too(
    db: Database, door: FrontDoor
) -> None:
    device = (await door.sign_in("nell", PASSWORD, address=HERE)).device
    await lock(db)

    async def sign(device: str) -> str:
        return await door.signature(
            "nell", PASSWORD, hash_="ab" * 32, meaning="test", address=HERE, device=device
        )

    for unknown in ("", "made-up"):
        with pytest.raises(Locked):
            await sign(unknown)
    assert await sign(device)


async def test_one_failure_less_locks_nothing(db: Database, door: FrontDoor) -> None:
    async with db.transaction(actor="service:portal") as tx:
        for _ in range(locks.LOCKED_AFTER - 1):
            await locks.count_failure(tx, staff_id("nell"), now=AT)
        tx.audit("test", object="test:1")

    await door.sign_in("nell", PASSWORD, address=HERE)


async def test_signing_out_everywhere_ends_sessions_and_tokens(
    db: Database, door: FrontDoor
) -> None:
    first = await door.sign_in("nell", PASSWORD, address=HERE)
    second = await door.sign_in("nell", PASSWORD, address=HERE)
    before = await nell(db)

    await door.sign_out_everywhere(before)

    assert await door.resume(first.visitor.secret) is None
    assert await door.resume(second.visitor.secret) is None
    assert (await nell(db)).version > before.version


async def test_the_sixth_browser_ends_the_first(door: FrontDoor) -> None:
    entries = []
    for minute in range(6):
        with time_machine.travel(AT + timedelta(minutes=minute), tick=False):
            entries.append(await door.sign_in("nell", PASSWORD, address=HERE))

    with time_machine.travel(AT + timedelta(minutes=6), tick=False):
        alive = [await door.resume(entry.visitor.secret) is not None for entry in entries]
    assert alive == [False, True, True, True, True, True]


async def test_a_closed_account_is_out_at_once(db: Database, door: FrontDoor) -> None:
    entry = await door.sign_in("nell", PASSWORD, address=HERE)

    await Office(db, Passwords()).close(staff_id("nell"), by="staff:oona")

    assert await door.resume(entry.visitor.secret) is None
    with pytest.raises(WrongPassword):
        await door.sign_in("nell", PASSWORD, address=HERE)


async def test_a_lost_phone_is_taken_off(db: Database, door: FrontDoor) -> None:
    with time_machine.travel(AT, tick=False):
        await with_codes(db, door, at=AT)
        await Office(db, Passwords()).take_codes_off(staff_id("nell"), by="staff:lena")

        async with db.reading() as tx:
            assert not await second_factor.is_needed(tx, staff_id("nell"))


@pytest.mark.parametrize(
    "password", ["short words", "aaaaaaaaaaaaaaaa", "nell likes the sea", "x" * 257]
)
def test_a_password_that_is_easily_guessed_is_refused(password: str) -> None:
    assert faults(password, username="nell")


def test_a_few_words_are_a_good_password() -> None:
    assert not faults("four words by the sea", username="nell")
