"""Signing by a fresh sign-in at the identity provider: a real one in this process, both databases,
and every way to sign without one."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import time_machine
from joserfc.jwk import KeySet
from pydantic import SecretStr
from sqlalchemy import select, update
from yarl import URL

from services.portal.identity import locks, roles, staff, step_up
from services.portal.identity.demo import open_accounts
from services.portal.identity.federation import Departure, Federation
from services.portal.identity.front_door import (
    FrontDoor,
    Locked,
    NotSignedInAgain,
    TooManyTries,
    Visitor,
)
from services.portal.identity.keyring import Keyring
from services.portal.identity.passwords import Passwords
from services.portal.identity.provider import Provider, ProviderAway, ProviderRefused
from services.portal.identity.tables import session as session_table
from services.portal.main import schema
from shared.api.identity import Role
from shared.runtime import audit_check, auth, clock
from shared.runtime.anchors import Anchors
from shared.runtime.db import Database
from shared.runtime.tables import audit as audit_table
from tests.support.databases import Databases
from tests.support.identity_provider import identity_provider, tells

# The provider under test here is ours to talk to, not ours to mend: its own warnings are its own.
pytestmark = pytest.mark.filterwarnings("ignore:get_jwt_config:DeprecationWarning")

BACK = "http://127.0.0.1:1/sign-in/back"
HERE = "192.0.2.1"
HASH = "ab" * 32
MEANING = "confirm-course"
FORM = "/patients/1/courses/2"
PASSWORD = "a demo password"
MAPPING = """
claim = "groups"
[[role]]
when = "mooring-prescribers"
role = "prescriber"
teams = ["harbour"]
[[role]]
when = "mooring-nurses"
role = "nurse"
teams = ["harbour"]
"""


@dataclass(frozen=True, slots=True)
class Portal:
    """What signing needs of a portal, and the way to the provider."""

    db: Database
    federation: Federation
    door: FrontDoor

    async def signed_in(self, who: str = "petra") -> tuple[Visitor, str]:
        """Somebody in a browser of their own, and what that browser is known by."""
        leaving = await self.federation.depart(back_to="/")
        arrival = await self.federation.come_back(
            await self.answer(leaving, who=who), browser=leaving.browser
        )
        entry = await self.door.let_in(arrival.person, by="provider")
        return entry.visitor, entry.device

    async def answer(self, leaving: Departure, *, who: str) -> dict[str, str]:
        """What the provider sends the browser back with, after this person signed in there."""
        async with self.federation.provider.session.post(
            leaving.address, data={"sub": who}, allow_redirects=False
        ) as answer:
            assert answer.status == 302, await answer.text()
            return dict(URL(answer.headers["Location"]).query)

    async def says(self, who: str, **claims: Any) -> None:
        """Have the provider say this too."""
        await tells(
            self.federation.provider.session, self.federation.provider.issuer, who, **claims
        )

    async def again(self, visitor: Visitor, *, who: str = "petra") -> None:
        """Sign in again to sign."""
        leaving = await self.federation.depart(back_to=FORM, again=visitor.secret)
        query = await self.answer(leaving, who=who)
        arrival = await self.federation.come_back(query, browser=leaving.browser)
        assert arrival.again_at is not None
        assert (arrival.person.staff_id, arrival.back_to) == (visitor.staff.staff_id, FORM)

    async def sign(self, visitor: Visitor, *, hash_: str = HASH, device: str = "") -> str:
        return await self.door.signature_again(
            visitor, hash_=hash_, meaning=MEANING, address=HERE, device=device
        )

    async def trail(self, action: str) -> list[tuple[str, str | None]]:
        """The objects and reasons of these entries; the chain they are in is whole."""
        async with self.db.reading() as tx:
            columns = (audit_table.c.object, audit_table.c.reason)
            rows = await tx.session.execute(
                select(*columns).where(audit_table.c.action == action).order_by(audit_table.c.seq)
            )
            found = [(row.object, row.reason) for row in rows]
        assert not (await audit_check.check(self.db, anchors=Anchors("test", None))).broken
        return found


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """An identity provider listening on this machine."""
    with identity_provider() as address:
        yield address


@pytest.fixture
async def portal(issuer: str, databases: Databases, tmp_path: Path) -> AsyncIterator[Portal]:
    db = Database.open(await databases.migrated(schema), source="portal")
    (tmp_path / "roles.toml").write_text(MAPPING)
    async with aiohttp.ClientSession() as session:
        provider = Provider(issuer, "mooring", SecretStr("a secret"), BACK, session)
        mapping = roles.read(tmp_path / "roles.toml")
        door = FrontDoor(db, keyring=Keyring(db), passwords=Passwords())
        yield Portal(db, Federation(db, provider, mapping), door)
        for who in ("petra", "nora"):
            await tells(session, issuer, who)
    await db.close()


async def test_the_provider_is_asked_to_ask_anew(portal: Portal) -> None:
    visitor, _ = await portal.signed_in()

    plain = URL((await portal.federation.depart(back_to="/")).address).query
    leaving = await portal.federation.depart(back_to=FORM, again=visitor.secret)
    asked = URL(leaving.address).query

    assert (asked["prompt"], asked["max_age"]) == ("login", "0")
    assert asked["code_challenge_method"] == "S256"
    assert {asked[name] for name in ("state", "nonce", "code_challenge")}.isdisjoint(plain.values())
    assert "prompt" not in plain
    assert visitor.secret not in leaving.address


async def test_a_fresh_sign_in_signs_one_version(portal: Portal) -> None:
    visitor, device = await portal.signed_in()
    assert (await portal.door.resume(visitor.secret) or visitor).stepped_up_at is None

    await portal.again(visitor)
    held = await portal.door.resume(visitor.secret)
    assert held is not None
    assert held.stepped_up_at is not None
    assert timedelta(0) <= held.now - held.stepped_up_at < timedelta(minutes=1)
    signature = await portal.sign(held, device=device)

    keys = auth.StaticKeys(KeySet.import_key_set(await Keyring(portal.db).published()))
    verified = await auth.verify_signature(signature, keys=keys, audience="treatment")
    assert (verified.staff_id, verified.hash, verified.meaning, verified.by) == (
        visitor.staff.staff_id,
        HASH,
        MEANING,
        "provider",
    )
    assert auth.proven(verified.proof, audience="treatment") == verified
    theirs = f"staff:{visitor.staff.staff_id}"
    assert await portal.trail("sign-in.again") == [(theirs, "provider")]
    assert await portal.trail("signature.issued") == [(f"sha256:{HASH}", MEANING)]
    assert await portal.trail("signature.signer-proved") == [(f"sha256:{HASH}", "provider")]
    over = await portal.door.resume(visitor.secret)
    assert over is not None, "the session itself goes on"
    assert over.stepped_up_at is None


async def nothing_is_signed(portal: Portal, visitor: Visitor, **signing: Any) -> None:
    before = await portal.trail("signature.issued")
    with pytest.raises(NotSignedInAgain):
        await portal.sign(visitor, **signing)
    assert await portal.trail("signature.issued") == before
    theirs = f"staff:{visitor.staff.staff_id}"
    assert (theirs, "not-signed-in-again") in await portal.trail("signature.refused")


async def test_it_is_used_up_by_that(portal: Portal) -> None:
    visitor, device = await portal.signed_in()
    await portal.again(visitor)
    await portal.sign(visitor, device=device)

    await nothing_is_signed(portal, visitor, device=device)
    await nothing_is_signed(portal, visitor, device=device, hash_="cd" * 32)


async def test_of_many_at_the_same_moment_one_signs(portal: Portal) -> None:
    visitor, device = await portal.signed_in()
    await portal.again(visitor)

    tried = [portal.sign(visitor, hash_=f"{n:064x}", device=device) for n in range(5)]
    outcomes = await asyncio.gather(*tried, return_exceptions=True)

    assert [type(one) for one in outcomes].count(str) == 1
    assert len(await portal.trail("signature.issued")) == 1


async def test_without_one_nothing_is_signed(portal: Portal) -> None:
    visitor, device = await portal.signed_in()

    await nothing_is_signed(portal, visitor, device=device)


async def test_that_of_another_session_signs_nothing(portal: Portal) -> None:
    here, device = await portal.signed_in()
    there, other_device = await portal.signed_in()
    await portal.again(here)

    await nothing_is_signed(portal, there, device=other_device)
    assert await portal.sign(here, device=device)


async def test_one_that_is_too_old_signs_nothing(portal: Portal) -> None:
    visitor, device = await portal.signed_in()
    await portal.again(visitor)

    with time_machine.travel(clock.real_now() + step_up.LIFETIME, tick=True):
        late = await portal.door.resume(visitor.secret)
        assert late is not None
        assert late.stepped_up_at is None
        await nothing_is_signed(portal, visitor, device=device)


async def test_one_just_young_enough_signs(portal: Portal) -> None:
    visitor, device = await portal.signed_in()
    await portal.again(visitor)

    late = clock.real_now() + step_up.LIFETIME - timedelta(seconds=10)
    with time_machine.travel(late, tick=True):
        assert await portal.sign(visitor, device=device)


async def test_it_ends_with_its_session(portal: Portal) -> None:
    visitor, device = await portal.signed_in()
    await portal.again(visitor)
    await portal.door.sign_out(visitor)

    await nothing_is_signed(portal, visitor, device=device)


async def test_an_account_with_a_password_does_not_sign_by_it(portal: Portal) -> None:
    """Even with one in its session, which nothing puts there."""
    await open_accounts(portal.db, Passwords(), password=PASSWORD)
    visitor = (await portal.door.sign_in("amara", PASSWORD, address=HERE)).visitor
    async with portal.db.housekeeping() as tx:
        now = clock.real_now()
        await tx.session.execute(update(session_table).values(stepped_up_at=now))

    await nothing_is_signed(portal, visitor)


async def refused(
    portal: Portal, query: dict[str, str], *, browser: str, code: str, whose: Visitor | None
) -> None:
    """The reason is on record with whose session it was for, and no session can sign."""
    with pytest.raises(ProviderRefused, match=f"^{code}$"):
        await portal.federation.come_back(query, browser=browser)
    tried = f"staff:{whose.staff.staff_id if whose else 'unknown'}"
    assert (await portal.trail("sign-in.refused"))[-1] == (tried, code)
    async with portal.db.reading() as tx:
        held = select(session_table.c.stepped_up_at).distinct()
        assert (await tx.session.execute(held)).scalars().all() == [None]


async def test_somebody_else_at_the_provider_does_not_sign_for_them(portal: Portal) -> None:
    visitor, _ = await portal.signed_in("petra")
    await portal.signed_in("nora")

    leaving = await portal.federation.depart(back_to=FORM, again=visitor.secret)
    query = await portal.answer(leaving, who="nora")

    await refused(portal, query, browser=leaving.browser, code="another-person", whose=visitor)


async def test_somebody_whom_nobody_knows_yet_gets_no_account_by_it(portal: Portal) -> None:
    visitor, _ = await portal.signed_in("petra")

    leaving = await portal.federation.depart(back_to=FORM, again=visitor.secret)
    query = await portal.answer(leaving, who="nora")

    await refused(portal, query, browser=leaving.browser, code="another-person", whose=visitor)
    async with portal.db.reading() as tx:
        assert [one.staff_id for one in await staff.everyone(tx)] == [visitor.staff.staff_id]


@pytest.mark.parametrize(
    "after_s", [-3600, -32, 90], ids=["long ago", "just before", "in the future"]
)
async def test_a_provider_that_did_not_ask_now_is_not_believed(
    portal: Portal, after_s: float
) -> None:
    visitor, _ = await portal.signed_in()
    leaving = await portal.federation.depart(back_to=FORM, again=visitor.secret)
    await portal.says("petra", auth_time=int(clock.real_now().timestamp() + after_s))
    query = await portal.answer(leaving, who="petra")

    await refused(portal, query, browser=leaving.browser, code="auth-time", whose=visitor)


@pytest.mark.parametrize("claim", [None, "1790000000", True, [], {}])
async def test_a_provider_that_does_not_say_when_is_not_believed(
    portal: Portal, claim: object
) -> None:
    visitor, _ = await portal.signed_in()
    await portal.says("petra", auth_time=claim)
    leaving = await portal.federation.depart(back_to=FORM, again=visitor.secret)
    query = await portal.answer(leaving, who="petra")

    code = "auth-time-missing"
    await refused(portal, query, browser=leaving.browser, code=code, whose=visitor)


async def test_an_answer_that_comes_back_late_is_no_fresh_sign_in(portal: Portal) -> None:
    """Its minutes count from the sign-in itself, not from the moment the browser brings it."""
    visitor, _ = await portal.signed_in()
    await portal.says("petra", auth_time=int(clock.real_now().timestamp()))
    leaving = await portal.federation.depart(back_to=FORM, again=visitor.secret)
    query = await portal.answer(leaving, who="petra")

    with time_machine.travel(clock.real_now() + step_up.LIFETIME, tick=True):
        await refused(portal, query, browser=leaving.browser, code="auth-time", whose=visitor)


async def test_an_answer_works_once(portal: Portal) -> None:
    visitor, device = await portal.signed_in()
    leaving = await portal.federation.depart(back_to=FORM, again=visitor.secret)
    query = await portal.answer(leaving, who="petra")
    await portal.federation.come_back(query, browser=leaving.browser)
    await portal.sign(visitor, device=device)

    await refused(portal, query, browser=leaving.browser, code="state", whose=None)
    await nothing_is_signed(portal, visitor, device=device)


@pytest.mark.parametrize(
    ("change", "code", "known"),
    [
        ({"state": "somebody-else-s"}, "state", False),
        ({"code": "made-up"}, "code", True),
        ({"code": ""}, "denied", True),
        ({"iss": "https://another.example"}, "issuer", True),
    ],
    ids=["other-state", "other-code", "no-code", "mix-up"],
)
async def test_an_answer_that_is_not_to_our_question_is_none(
    portal: Portal, change: dict[str, str], code: str, known: bool
) -> None:
    visitor, _ = await portal.signed_in()
    leaving = await portal.federation.depart(back_to=FORM, again=visitor.secret)
    query = await portal.answer(leaving, who="petra")

    whose = visitor if known else None
    await refused(portal, query | change, browser=leaving.browser, code=code, whose=whose)


async def test_a_code_of_another_attempt_is_refused(portal: Portal) -> None:
    """A plain sign-in of the same moment, such as one that was stolen, signs nothing."""
    visitor, _ = await portal.signed_in()
    plain = await portal.federation.depart(back_to="/")
    leaving = await portal.federation.depart(back_to=FORM, again=visitor.secret)
    stolen = await portal.answer(plain, who="petra")
    own = await portal.answer(leaving, who="petra")

    with pytest.raises(ProviderRefused):
        await portal.federation.come_back(own | {"code": stolen["code"]}, browser=leaving.browser)
    with pytest.raises(NotSignedInAgain):
        await portal.sign(visitor)


async def test_another_browser_cannot_bring_the_answer(portal: Portal) -> None:
    visitor, _ = await portal.signed_in()
    leaving = await portal.federation.depart(back_to=FORM, again=visitor.secret)
    query = await portal.answer(leaving, who="petra")

    await refused(portal, query, browser="another", code="browser", whose=visitor)


async def test_a_session_that_is_over_gets_nothing(portal: Portal) -> None:
    visitor, _ = await portal.signed_in()
    leaving = await portal.federation.depart(back_to=FORM, again=visitor.secret)
    query = await portal.answer(leaving, who="petra")
    await portal.door.sign_out(visitor)

    await refused(portal, query, browser=leaving.browser, code="session-over", whose=visitor)


async def test_a_plain_sign_in_signs_nothing(portal: Portal) -> None:
    visitor, device = await portal.signed_in()

    await nothing_is_signed(portal, visitor, device=device)


async def test_whoever_lost_their_role_there_does_not_sign_here(portal: Portal) -> None:
    visitor, _ = await portal.signed_in()
    await portal.says("petra", groups=["kitchen"])
    leaving = await portal.federation.depart(back_to=FORM, again=visitor.secret)
    query = await portal.answer(leaving, who="petra")
    await refused(portal, query, browser=leaving.browser, code="no-role", whose=visitor)

    await portal.says("petra", groups=["mooring-nurses"])
    await portal.again(visitor)
    held = await portal.door.resume(visitor.secret)
    assert held is not None
    assert held.staff.role is Role.NURSE, "the services ask for the role, as always"


async def test_a_provider_that_is_away_is_said_to_be(portal: Portal) -> None:
    visitor, _ = await portal.signed_in()
    portal.federation.provider._about_at = float("-inf")
    portal.federation.provider.issuer = "http://127.0.0.1:9"

    with pytest.raises(ProviderAway):
        await portal.federation.depart(back_to=FORM, again=visitor.secret)


async def test_tries_and_the_lock_count_as_with_a_password(portal: Portal) -> None:
    visitor, device = await portal.signed_in()
    async with portal.db.transaction(actor="service:portal") as tx:
        for _ in range(locks.LOCKED_AFTER):
            await locks.count_failure(tx, visitor.staff.staff_id, now=clock.real_now())
    await portal.again(visitor)

    with pytest.raises(Locked):
        await portal.sign(visitor, device="of an unknown browser")
    assert await portal.sign(visitor, device=device), "a browser that was let in is not shut out"

    for _ in range(5):
        with pytest.raises(NotSignedInAgain):
            await portal.sign(visitor, device=device)
    with pytest.raises(TooManyTries):
        await portal.sign(visitor, device=device)
