"""A header is believed as far as our own proxies wrote it."""

import asyncio
from ipaddress import ip_network

import pytest
from aiohttp.test_utils import make_mocked_request

from shared.runtime.http.address import client_address

OURS = (ip_network("172.16.0.0/12"), ip_network("fd00::/8"))


@pytest.mark.parametrize(
    ("remote", "claimed", "found"),
    [
        ("203.0.113.9", "", "203.0.113.9"),
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("172.18.0.5", "198.51.100.1", "198.51.100.1"),
        ("172.18.0.5", "10.0.0.1, 198.51.100.1", "198.51.100.1"),
        ("172.18.0.5", "198.51.100.1, 172.18.0.9", "198.51.100.1"),
        ("172.18.0.5", "", "172.18.0.5"),
        ("fd00::5", "2001:db8::1", "2001:db8::1"),
        ("", "198.51.100.1", ""),
    ],
)
def test_the_nearest_hop_that_is_not_ours(remote: str, claimed: str, found: str) -> None:
    headers = {"X-Forwarded-For": claimed} if claimed else {}
    request = make_mocked_request("GET", "/", headers=headers, transport=_from(remote))

    assert client_address(request, proxies=OURS) == found


def test_without_proxies_nothing_is_believed() -> None:
    request = make_mocked_request(
        "GET", "/", headers={"X-Forwarded-For": "198.51.100.1"}, transport=_from("172.18.0.5")
    )

    assert client_address(request, proxies=()) == "172.18.0.5"


class _from(asyncio.Transport):  # noqa: N801 - reads as a word above
    """A connection from this address, or from nobody knows where."""

    def __init__(self, address: str) -> None:
        super().__init__({"peername": (address, 4711)} if address else {})
