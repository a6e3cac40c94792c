"""Lists that are here as a whole: in the order of the address, narrowed by it, and in pages."""

import re
from collections.abc import Sequence
from urllib.parse import parse_qsl, urlsplit

import pytest
from aiohttp.test_utils import TestClient

from services.portal.presenters import listing, notices
from services.portal.presenters.listing import Pages
from tests.unit.portal.test_gate import sign_in

BY = {"name": str.casefold, "length": len}


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("", ["Ann", "bo", "Cleo"]),
        ("name", ["Ann", "bo", "Cleo"]),
        ("-name", ["Cleo", "bo", "Ann"]),
        ("length", ["bo", "Ann", "Cleo"]),
        ("nobody-offers-this", ["Ann", "bo", "Cleo"]),
    ],
)
def test_the_address_says_the_order(sort: str, expected: list[str]) -> None:
    found = listing.arranged(["Cleo", "Ann", "bo"], BY, query={"sort": sort}, default="name")

    assert found == expected


def test_a_long_list_is_read_page_by_page_and_nothing_is_left_out() -> None:
    rows, query, read = list(range(7)), {"sort": "-name"}, []
    while True:
        shown, foot = listing.portion(rows, "/staff", query, longest=3)
        read.append(list(shown))
        if not foot.next_href:
            break
        query = dict(parse_qsl(urlsplit(foot.next_href).query))

    assert read == [[0, 1, 2], [3, 4, 5], [6]]
    assert query["sort"] == "-name"
    assert foot.first_href == "/staff?sort=-name"


@pytest.mark.parametrize("cursor", ["", "0", "-1", "x", "9" * 9, "²"])
def test_a_place_that_is_none_is_the_beginning(cursor: str) -> None:
    shown, foot = listing.portion([1, 2], "/staff", {"cursor": cursor}, longest=3)

    assert (list(shown), foot) == ([1, 2], listing.Pages())


def fruit(
    rows: Sequence[str] = ("plum", "apple", "pear", "peach"), **query: str
) -> listing.Listed[str]:
    """A list of words that can be narrowed to those that begin with p."""
    of = listing.Narrowing(
        "kind",
        {"p": "With p", "other": "Others"},
        lambda one: "p" if one.startswith("p") else "other",
    )
    orders = {"name": ("Name", str.casefold), "length": ("Length", len)}
    return listing.whole(
        rows, path="/x", query=query, orders=orders, default="name", narrowing=of, longest=2
    )


def read_whole(**query: str) -> list[str]:
    """Every page of it, one after the other, by the addresses it gives."""
    read: list[str] = []
    while True:
        found = fruit(**query)
        read += found.rows
        if not found.pages.next_href:
            return read
        query = dict(parse_qsl(urlsplit(found.pages.next_href).query))


def test_a_list_that_came_whole_is_narrowed_ordered_and_read_page_by_page() -> None:
    assert read_whole() == ["apple", "peach", "pear", "plum"]
    assert read_whole(kind="p") == ["peach", "pear", "plum"]
    assert read_whole(kind="p", sort="-name") == ["plum", "pear", "peach"]
    assert read_whole(kind="nothing-like-it") == []


def test_every_way_on_keeps_the_others_and_begins_again() -> None:
    found = fruit(kind="p", sort="-name", cursor="2", done="kept", surprise="1")

    assert {one.title: (one.href, one.here) for one in found.choices} == {
        "All": ("/x?sort=-name", False),
        "With p": ("/x?sort=-name&kind=p", True),
        "Others": ("/x?sort=-name&kind=other", False),
    }
    assert {one.title: (one.href, one.sorted) for one in found.orders} == {
        "Name": ("/x?sort=name&kind=p", "descending"),
        "Length": ("/x?sort=length&kind=p", ""),
    }


def test_nothing_is_offered_where_there_is_nothing_to_choose() -> None:
    assert (fruit(["plum"]).orders, fruit(["plum", "pear"]).choices) == ((), ())
    assert [one.here for one in fruit(["plum"], kind="other").choices] == [False, False]


async def names(portal: TestClient, address: str) -> list[str]:
    page = await (await portal.get(address)).text()
    return re.findall(r'<th scope="row">([^<]+)<br>', page)


async def test_the_staff_can_be_sorted_both_ways_and_narrowed_to_a_role(portal: TestClient) -> None:
    await sign_in(portal, "oona")

    upwards, downwards = await names(portal, "/staff"), await names(portal, "/staff?sort=-name")
    nurses = await names(portal, "/staff?role=nurse&sort=-name")

    assert upwards == sorted(upwards, key=str.casefold)
    assert downwards == upwards[::-1]
    assert nurses
    assert set(nurses) < set(upwards)


@pytest.mark.parametrize(
    ("address", "state"),
    [
        ("/staff", "ascending"),
        ("/staff?sort=-name", "descending"),
        ("/staff?sort=account", "ascending"),
    ],
)
async def test_a_heading_says_how_the_staff_are_sorted(
    portal: TestClient, address: str, state: str
) -> None:
    await sign_in(portal, "oona")

    page = await (await portal.get(address)).text()

    assert re.findall(r'aria-sort="(\w+)"', page) == [state]
    assert page.count('class="sort"') == 4


def test_each_list_of_notices_has_its_own_place_in_the_address() -> None:
    asked = {"cursor": "two", "unsent": "five"}

    sent, unsent = notices.pages(asked, "cursor", "three"), notices.pages(asked, "unsent", None)

    assert sent.next_href == "/account/notices?cursor=three&unsent=five"
    assert sent.first_href == "/account/notices?unsent=five"
    assert (unsent.next_href, unsent.first_href) == ("", "/account/notices?cursor=two")
    assert notices.pages({}, "cursor", None) == Pages()
