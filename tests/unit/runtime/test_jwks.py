"""A service asks the portal for keys when it meets one it does not know, and seldom."""

from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from joserfc.jwk import ECKey, KeySet

from shared.runtime.auth import JwksKeys, KeysUnavailable, Unauthenticated

OLD, NEW = (ECKey.generate_key("P-256", parameters={"kid": kid}) for kid in ("old", "new"))


class Portal:
    """Publishes keys, and counts who asks."""

    def __init__(self) -> None:
        self.keys, self.asked = [OLD], 0

    async def publish(self, _request: web.Request) -> web.Response:
        self.asked += 1
        return web.json_response(KeySet(self.keys).as_dict(private=False))


@pytest.fixture
async def portal() -> Portal:
    return Portal()


@pytest.fixture
async def keys(portal: Portal) -> AsyncIterator[JwksKeys]:
    app = web.Application()
    app.router.add_get("/jwks.json", portal.publish)
    async with TestServer(app) as server, aiohttp.ClientSession() as session:
        yield JwksKeys(str(server.make_url("/jwks.json")), session)


async def test_an_unknown_key_is_looked_up_once_a_minute_whoever_asks(
    portal: Portal, keys: JwksKeys
) -> None:
    assert (await keys.find("old")).kid == "old"
    for kid in ("made-up", "another", "old-one") * 20:
        with pytest.raises(Unauthenticated):
            await keys.find(kid)

    assert (await keys.find("old")).kid == "old"
    assert portal.asked == 1


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
