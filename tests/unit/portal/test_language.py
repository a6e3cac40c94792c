"""Which language a page speaks, and how dates and numbers are written in it."""

from datetime import date
from decimal import Decimal

import pytest
from aiohttp.test_utils import TestClient

from services.portal.presenters import language, words


@pytest.mark.parametrize(
    ("wish", "accepted", "code"),
    [
        ("", "", "en"),
        ("", "de-AT,de;q=0.9,en;q=0.8", "de"),
        ("", "fr;q=0.9,en;q=0.5,de;q=0.7", "de"),
        ("", "de;q=0,fr", "en"),
        ("", "de;q=nonsense,,;q=1", "en"),
        ("en", "de", "en"),
        ("tlh", "de", "de"),
    ],
)
def test_a_choice_wins_over_what_the_browser_prefers(wish: str, accepted: str, code: str) -> None:
    assert language.chosen(wish, accepted) == code


def test_dates_and_amounts_in_german() -> None:
    with language.speaking("de"):
        assert words.day(date(2027, 5, 4)) == "Di. 4. Mai 2027"
        assert words.decimal(Decimal("12.50")) == "12,5"
        assert words.spoken("Take 1.3 mL from 2027-05-04.") == "Take 1,3 mL from Di. 4. Mai 2027."


def test_a_rules_number_is_no_amount() -> None:
    with language.speaking("de"):
        assert words.spoken("By rule R-6.1, section 3.6.") == "By rule R-6.1, section 3.6."


async def test_the_choice_is_remembered_and_leads_back(portal: TestClient) -> None:
    there = str(portal.make_url("/sign-in"))
    answer = await portal.post(
        "/language", data={"language": "de"}, headers={"Referer": there}, allow_redirects=False
    )

    assert (answer.status, answer.headers["Location"]) == (303, "/sign-in")
    assert 'lang="de"' in await (await portal.get("/sign-in")).text()


async def test_no_choice_leads_to_another_site(portal: TestClient) -> None:
    answer = await portal.post(
        "/language",
        data={"language": "de"},
        headers={"Referer": "https://evil.example/there"},
        allow_redirects=False,
    )

    assert answer.headers["Location"] == "/"
