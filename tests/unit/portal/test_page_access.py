"""Roles x routes and relations x pages of the portal, as its browser sessions and tokens have them.

The portal knows no relations: it asks the services, and whoever is not theirs is told 404. Here
every service says so of everybody, which is what a stranger's pages are made of.
"""

import re
from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from shared.api.identity import Role
from shared.runtime import access
from shared.runtime.access import Rule
from shared.runtime.http.problems import Problem
from tests.unit.portal.conftest import PASSWORD
from tests.unit.portal.test_gate import sign_in

PEOPLE = {
    Role.PRESCRIBER: "amara",
    Role.NURSE: "nell",
    Role.LEAD: "lena",
    Role.FACILITATOR: "femi",
    Role.OPERATIONS: "oona",
    Role.AUDITOR: "arun",
}
SOMEBODY = str(UUID(int=404))
WORDS = {"instrument": "phq-9", "kind": "early", "ordinal": "1", "version": "1"}
ENDS_SESSIONS = ("/sign-out", "/account/sign-out-everywhere")
LIVE = "/live"
"""A stream: its answer does not end."""
WRONG_ROLE = "This page is for another role"


@pytest.fixture
async def neighbours() -> AsyncIterator[dict[str, str]]:
    """Three services in which nobody here is anybody's."""
    problem = Problem(
        type="about:blank",
        title="Not found",
        status=404,
        code="not-found",
        detail="There is no such record.",
        correlation_id=SOMEBODY,
    ).model_dump_json()

    async def nothing(request: web.Request) -> web.Response:
        if request.path != "/api/v1/reads":
            return web.Response(text=problem, status=404, content_type="application/problem+json")
        asked = await request.json()
        looks = len(asked["paths"]) + len(asked.get("questions", ()))
        return web.Response(text="\n".join(f"404\n{problem}" for _ in range(looks)))

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", nothing)
    async with TestServer(app) as server:
        address = str(server.make_url("")).rstrip("/")
        yield dict.fromkeys(("assessment", "treatment", "engagement"), address)


def lines() -> list[tuple[str, str, Rule]]:
    """What needs somebody: pages by a session, the rest by a token; what ends a session is last."""
    found = [
        (method, path, rule)
        for (method, path), rule in access.table().lines("portal").items()
        if not rule.public and path != LIVE
    ]
    return sorted(found, key=lambda one: (one[1].endswith(ENDS_SESSIONS), one[1], one[0]))


class Browser:
    """One member of staff, with a session and a token."""

    def __init__(self, portal: TestClient, role: Role, token: str) -> None:
        self.portal, self.role, self.token, self.csrf = portal, role, token, ""

    @classmethod
    async def of(cls, portal: TestClient, role: Role) -> "Browser":
        username = PEOPLE[role]
        form = {"username": username, "password": PASSWORD}
        answer = await portal.post("/api/v1/tokens", json=form)
        found = cls(portal, role, (await answer.json())["access_token"])
        await found.sign_in()
        return found

    async def sign_in(self) -> None:
        self.portal.session.cookie_jar.clear()
        await sign_in(self.portal, PEOPLE[self.role])
        page = await (await self.portal.get("/account")).text()
        found = re.search(r'name="csrf" value="(\w+)"', page)
        assert found
        self.csrf = found[1]

    async def ask(self, method: str, path: str) -> tuple[int, str]:
        address = re.sub(r"{(\w+)}", lambda name: WORDS.get(name[1], SOMEBODY), path)
        sent: dict[str, object] = {"allow_redirects": False}
        if path.startswith("/api/"):
            sent["headers"] = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": SOMEBODY}
            if method != "GET":
                sent["json"] = {}
        elif method != "GET":
            sent["data"] = {"csrf": self.csrf}
        async with self.portal.request(method, address, **sent) as answer:
            return answer.status, await answer.text()


def is_of_the_role(text: str) -> bool:
    """Whether a refusal is one of the role and nothing else: a page, or a problem."""
    return WRONG_ROLE in text or '"code":"role"' in text


@pytest.mark.timeout(600)  # over a thousand pages: a minute where much else runs
async def test_every_route_is_open_to_its_roles_and_to_nobody_else(portal: TestClient) -> None:
    wrong, cells = [], 0
    for role in PEOPLE:
        browser = await Browser.of(portal, role)
        for method, path, rule in lines():
            status, text = await browser.ask(method, path)
            cells += 1
            if role in rule.roles:
                if status in {401, 500} or is_of_the_role(text):
                    wrong.append(f"{role} at {method} {path}: {status}")
                if path.endswith(ENDS_SESSIONS):
                    await browser.sign_in()
            elif status != 403 or not is_of_the_role(text):
                wrong.append(f"{role} at {method} {path}: {status}, and it is not theirs")
    assert wrong == []
    print(f"portal: {cells} cells")
    assert cells > 1_000


@pytest.mark.parametrize("role", [Role.PRESCRIBER, Role.NURSE, Role.LEAD, Role.FACILITATOR])
async def test_nobody_is_shown_a_page_of_somebody_who_is_not_theirs(
    portal: TestClient, role: Role
) -> None:
    browser = await Browser.of(portal, role)
    shown, asked = [], 0
    for method, path, rule in lines():
        if rule.reach not in {"record", "change"} or role not in rule.roles:
            continue
        status, _text = await browser.ask(method, path)
        asked += 1
        if status != 404:
            shown.append(f"{method} {path}: {status}")
    assert shown == []
    assert asked > 90


async def test_nobody_without_a_session_is_turned_away_anywhere(portal: TestClient) -> None:
    browser = Browser(portal, Role.NURSE, "none")
    for method, path, _rule in lines():
        status, _text = await browser.ask(method, path)
        turned_away = {401} if path.startswith("/api/") else {303, 401}
        assert status in turned_away, f"{method} {path}: {status}"
