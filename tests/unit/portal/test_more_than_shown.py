"""The first page of a role: where there is more than it shows, it says so and where the rest is."""

from collections.abc import AsyncIterator

import pytest
from aiohttp.test_utils import TestClient

from shared.api.assessment import FlagBody
from shared.api.engagement import Section, Worklist
from tests.unit.portal.test_every_list import MORE, Raw, a, around
from tests.unit.portal.test_gate import sign_in
from tests.unit.portal.test_services_away import listening

FLAGS = "More safety flags are open than are shown here."
ALL_FLAGGED = '<a href="/patients?show=flagged">Everybody with an open safety flag</a>'


@pytest.fixture
def following() -> str | None:
    """Where the list of flags goes on."""
    return None


@pytest.fixture
async def neighbours(following: str | None) -> AsyncIterator[dict[str, str]]:
    known = around("/worklist", a(Worklist, counts=dict.fromkeys(Section, 0)))
    known["/api/v1/flags"] = Raw({"items": [a(FlagBody)], "next": following})
    async with listening(known) as everyone:
        yield dict.fromkeys(("assessment", "treatment", "engagement"), everyone)


@pytest.mark.parametrize("following", [None, MORE])
@pytest.mark.parametrize("address", ["/", "/?view=team", "/?view=team&section=safety-now", "/list"])
async def test_more_flags_than_shown_are_said_with_the_way_to_all_of_them(
    portal: TestClient, address: str, following: str | None
) -> None:
    await sign_in(portal, "nell")

    page = await (await portal.get(address)).text()

    assert (FLAGS in page, ALL_FLAGGED in page) == (following is not None,) * 2
