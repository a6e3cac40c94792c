"""Finding people by what somebody typed, and lists of people whose state is in the address."""

import pytest

from services.portal.presenters import people


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("roth", {"name": "roth"}),
        ("  Dina   Roth ", {"name": "Dina Roth"}),
        ("1979-04-06", {"birth_date": "1979-04-06"}),
        ("6.4.1979", {"birth_date": "1979-04-06"}),
        ("Roth 1979-4-6", {"name": "Roth", "birth_date": "1979-04-06"}),
        ("5498 947B", {"number": "5498 947B"}),
        ("5498947b", {"number": "5498947b"}),
        ("Abadecca", {"name": "Abadecca"}),
        ("مريم", {"name": "مريم"}),
        ("", {}),
    ],
)
def test_what_was_typed_becomes_a_question(typed: str, asked: dict[str, str]) -> None:
    assert people.question(typed) == asked


@pytest.mark.parametrize("typed", ["04/06/1979", "Roth 6/4/1979", "6-4-79"])
def test_a_date_that_can_be_read_in_two_ways_is_not_guessed(typed: str) -> None:
    with pytest.raises(people.Unclear, match="year-month-day"):
        people.question(typed)


def test_an_address_that_asks_for_what_there_is_not_gets_the_usual_list() -> None:
    wanted = people.wanted({"show": "everyone", "sort": "secret"}, for_lead=True)

    assert (wanted.show, wanted.sort) == ("active", "name")
    assert wanted.query == {"status": "active", "sort": "name", "limit": "50"}


def test_only_a_lead_is_offered_those_nobody_looks_after() -> None:
    asked = {"show": "ownerless"}

    assert people.wanted(asked, for_lead=True).query["ownerless"] == "true"
    assert people.wanted(asked, for_lead=False).show == "active"


def test_new_questionnaires_are_a_list_of_their_own() -> None:
    wanted = people.wanted({"show": "assessed"}, for_lead=False)

    assert wanted.query["newly_assessed"] == "true"
    assert wanted.title == "With a questionnaire of the last 7 days"


def test_another_list_keeps_the_order_and_begins_at_its_first_page() -> None:
    wanted = people.wanted({"sort": "-born", "cursor": "abc"}, for_lead=False)

    links = {one.title: one.href for one in people.choices(wanted, for_lead=False)}

    assert links["With an open safety flag"] == "/patients?sort=-born&show=flagged"
    assert links["In care"] == "/patients?sort=-born"


def test_a_heading_sorts_and_the_foot_leads_on() -> None:
    wanted = people.wanted({"show": "flagged", "cursor": "abc"}, for_lead=False)

    born = people.columns(wanted)[1]
    foot = people.pages(wanted, next_cursor="def", shown=50)

    assert born.href == "/patients?show=flagged&sort=born"
    assert foot.next_href == "/patients?show=flagged&cursor=def"
    assert foot.first_href == "/patients?show=flagged"
