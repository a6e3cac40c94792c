"""A service asks the portal for keys when it meets one it does not know, and seldom."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from joserfc.jwk import ECKey, KeySet

from shared.runtime.auth import JwksKeys, KeysUnavailable, Unauthenticated

OLD, NEW = (ECKey.generate_key("P-256", parameters={"kid": kid}) for kid in ("old", "new"))


class Portal:
    """Publishes keys, counts who asks, and says how late it is."""

    def __init__(self) -> None:
        self.keys, self.asked, self.is_away = [OLD], 0, False
        self.seconds = 1000.0

    async def publish(self, _request: web.Request) -> web.Response:
        self.asked += 1
        if self.is_away:
            raise web.HTTPServiceUnavailable
        return web.json_response(KeySet(self.keys).as_dict(private=False))


@pytest.fixture
async def portal() -> Portal:
    return Portal()


@pytest.fixture
async def keys(portal: Portal) -> AsyncIterator[JwksKeys]:
    app = web.Application()
    app.router.add_get("/jwks.json", portal.publish)
    async with TestServer(app) as server, aiohttp.ClientSession() as session:
        url = str(server.make_url("/jwks.json"))
        yield JwksKeys(url, session, monotonic=lambda: portal.seconds)


async def test_an_unknown_key_is_looked_up_once_a_minute_whoever_asks(
    portal: Portal, keys: JwksKeys
) -> None:
    assert (await keys.find("old")).kid == "old"
    for kid in ("made-up", "another", "old-one") * 20:
        with pytest.raises(Unauthenticated):
            await keys.find(kid)

    assert (await keys.find("old")).kid == "old"
    assert portal.asked == 1


async def test_unknown_keys_at_the_same_moment_are_looked_up_once(
    portal: Portal, keys: JwksKeys
) -> None:
    found = await asyncio.gather(
        *(keys.find(f"made-up-{n}") for n in range(50)), return_exceptions=True
    )

    assert {type(one) for one in found} == {Unauthenticated}
    assert portal.asked == 1


@pytest.mark.parametrize("known_before", [False, True])
async def test_a_portal_that_does_not_answer_is_left_alone_for_a_few_seconds(
    portal: Portal, keys: JwksKeys, *, known_before: bool
) -> None:
    if known_before:
        await keys.find("old")
        portal.seconds += 60
    before, portal.is_away = portal.asked, True
    for _ in range(50):
        with pytest.raises(KeysUnavailable):
            await keys.find("new")
    assert portal.asked - before == 1

    portal.keys, portal.is_away = [OLD, NEW], False
    portal.seconds += 5
    assert [(await keys.find(kid)).kid for kid in ("new", "old")] == ["new", "old"]
    assert portal.asked - before == 2


async def test_a_portal_without_keys_judges_nobody(portal: Portal, keys: JwksKeys) -> None:
    portal.keys = []
    for _ in range(50):
        with pytest.raises(KeysUnavailable):
            await keys.find("old")
    assert portal.asked == 1


async def test_a_new_key_is_found_after_a_minute(portal: Portal, keys: JwksKeys) -> None:
    await keys.find("old")
    portal.keys = [OLD, NEW]
    portal.seconds += 59
    with pytest.raises(Unauthenticated):
        await keys.find("new")
    portal.seconds += 1
    assert (await keys.find("new")).kid == "new"
    assert portal.asked == 2


async def test_both_keys_of_an_overlap_are_known_after_one_look(
    portal: Portal, keys: JwksKeys
) -> None:
    portal.keys = [OLD, NEW]
    assert [(await keys.find(kid)).kid for kid in ("new", "old", "new")] == ["new", "old", "new"]
    assert portal.asked == 1


async def test_a_portal_that_is_away_is_said_to_be(portal: Portal) -> None:
    async with aiohttp.ClientSession() as session:
        with pytest.raises(KeysUnavailable):
            await JwksKeys("http://127.0.0.1:9/jwks.json", session).find("old")
    assert portal.asked == 0
