"""Signing in with an identity provider: a real one in this process, and every way to cheat it."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from pydantic import SecretStr
from sqlalchemy import select
from yarl import URL

from services.portal.identity import roles, staff
from services.portal.identity.federation import Federation
from services.portal.identity.provider import Provider, ProviderAway, ProviderRefused
from services.portal.main import schema
from shared.api.identity import Role
from shared.runtime import audit_check, clock
from shared.runtime.anchors import Anchors
from shared.runtime.db import Database
from shared.runtime.tables import audit as audit_table
from tests.support.databases import Databases
from tests.support.identity_provider import identity_provider

# The provider under test here is ours to talk to, not ours to mend: its own warnings are its own.
pytestmark = pytest.mark.filterwarnings("ignore:get_jwt_config:DeprecationWarning")

BACK = "http://127.0.0.1:1/sign-in/back"
MAPPING = """
claim = "groups"
[[role]]
when = "mooring-leads"
role = "lead"
teams = ["harbour"]
[[role]]
when = "mooring-nurses"
role = "nurse"
teams = ["harbour", "hill"]
"""


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """An identity provider listening on this machine."""
    with identity_provider() as address:
        yield address


@pytest.fixture
async def federation(
    issuer: str, sqlite_databases: Databases, tmp_path: Path
) -> AsyncIterator[Federation]:
    db = Database.open(await sqlite_databases.migrated(schema), source="portal")
    (tmp_path / "roles.toml").write_text(MAPPING)
    async with aiohttp.ClientSession() as session:
        provider = Provider(issuer, "mooring", SecretStr("a secret"), BACK, session)
        yield Federation(db, provider, roles.read(tmp_path / "roles.toml"))
    await db.close()


async def answer_of(federation: Federation, address: str, *, who: str) -> dict[str, str]:
    """What the provider sends the browser back with, after this person signed in there."""
    async with federation.provider.session.post(
        address, data={"sub": who}, allow_redirects=False
    ) as answer:
        assert answer.status == 302, await answer.text()
        back = URL(answer.headers["Location"])
    assert str(back.with_query(None)) == BACK
    return dict(back.query)


async def test_a_known_role_is_let_in_and_keeps_one_account(federation: Federation) -> None:
    for _ in range(2):
        leaving = await federation.depart(back_to="/patients")
        query = await answer_of(federation, leaving.address, who="nora")
        arrival = await federation.come_back(query, browser=leaving.browser)

    person = arrival.person
    assert (person.role, person.teams) == (Role.NURSE, ("harbour", "hill"))
    assert (person.display_name, arrival.back_to) == ("Nora Oidc", "/patients")
    async with federation.db.reading() as tx:
        assert len(await staff.everyone(tx)) == 1


async def test_whoever_has_no_role_here_is_not_let_in(federation: Federation) -> None:
    leaving = await federation.depart(back_to="/")
    query = await answer_of(federation, leaving.address, who="stranger")

    await refused(federation, query, browser=leaving.browser, code="no-role")


async def refused(
    federation: Federation, query: dict[str, str], *, browser: str, code: str
) -> None:
    """Nobody is let in, and the reason is on record."""
    with pytest.raises(ProviderRefused, match=code):
        await federation.come_back(query, browser=browser)
    async with federation.db.reading() as tx:
        rows = await tx.session.execute(
            select(audit_table.c.reason).where(audit_table.c.action == "sign-in.refused")
        )
        assert rows.scalars().all() == [code]
        assert not await staff.everyone(tx)
    assert not (await audit_check.check(federation.db, anchors=Anchors("test", None))).broken


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"state": "somebody-else-s"}, "state"),
        ({"state": ""}, "state"),
        ({"code": "made-up"}, "code"),
        ({"code": ""}, "denied"),
        ({"iss": "https://another.example"}, "issuer"),
    ],
    ids=["other-state", "no-state", "other-code", "no-code", "mix-up"],
)
async def test_an_answer_that_is_not_to_our_question_opens_nothing(
    federation: Federation, change: dict[str, str], code: str
) -> None:
    leaving = await federation.depart(back_to="/")
    query = await answer_of(federation, leaving.address, who="nora")

    await refused(federation, query | change, browser=leaving.browser, code=code)


async def test_another_browser_cannot_use_the_answer(federation: Federation) -> None:
    leaving = await federation.depart(back_to="/")
    query = await answer_of(federation, leaving.address, who="nora")

    await refused(federation, query, browser="another", code="browser")


async def test_an_answer_works_once(federation: Federation) -> None:
    leaving = await federation.depart(back_to="/")
    query = await answer_of(federation, leaving.address, who="nora")
    await federation.come_back(query, browser=leaving.browser)

    with pytest.raises(ProviderRefused, match="state"):
        await federation.come_back(query, browser=leaving.browser)


async def test_a_token_for_another_attempt_is_refused(federation: Federation) -> None:
    """The nonce binds the ID token to the attempt: an answer of one serves no other."""
    first = await federation.depart(back_to="/")
    second = await federation.depart(back_to="/")
    stolen = await answer_of(federation, first.address, who="nora")
    own = await answer_of(federation, second.address, who="nora")

    with pytest.raises(ProviderRefused):
        await federation.come_back(own | {"code": stolen["code"]}, browser=second.browser)


async def test_a_provider_that_is_away_is_said_to_be(federation: Federation) -> None:
    federation.provider.issuer = "http://127.0.0.1:9"

    with pytest.raises(ProviderAway):
        await federation.depart(back_to="/")


def forged(claims: dict[str, Any], **header: Any) -> str:
    from joserfc import jwt

    from tests.support.tokens import new_key

    now = int(clock.real_now().timestamp())
    whole = {"iss": "x", "aud": "mooring", "sub": "nora", "iat": now, "exp": now + 60} | claims
    return jwt.encode({"alg": "ES256"} | header, whole, new_key())


@pytest.mark.parametrize("header", [{}, {"kid": "../../etc/passwd"}, {"kid": "' OR 1=1 --"}])
async def test_an_id_token_of_another_key_is_refused(
    federation: Federation, header: dict[str, str]
) -> None:
    token = forged({"iss": federation.provider.issuer, "nonce": "n"}, **header)

    with pytest.raises(ProviderRefused, match="id-token"):
        await federation.provider._verified(token, nonce="n")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("claim = 1", "claim"),
        ('claim = "groups"', "role"),
        ('claim = "groups"\n[[role]]\nwhen = "a"\nrole = "owner"', "role"),
        ("no toml at all [", "cannot be read"),
    ],
)
def test_a_mapping_that_cannot_be_meant_is_refused(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "roles.toml").write_text(text)

    with pytest.raises(roles.BadMapping, match=said):
        roles.read(tmp_path / "roles.toml")
