"""Requests to addresses that a user gave: https to the public internet, and nothing else.

Whoever may choose an address must not reach our own network through us. So every address a name
resolves to has to be public, the connection goes to exactly the address that was checked, and
nothing is followed: no redirect, no proxy from the environment.
"""

import ipaddress
import socket
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

SEND_S = 10.0
_HTTPS_PORT = 443
_COMPATIBLE = ipaddress.ip_network("::/96")
"""IPv4 inside IPv6 as nobody writes it any more (RFC 4291, 2.5.5.1): some systems still send it
to the IPv4 address, and none has to."""


class NotAllowed(OSError):
    """The address is not one we may send to."""


def is_public(address: str) -> bool:
    """Whether this IP address is on the public internet, however it is written."""
    found: ipaddress.IPv4Address | ipaddress.IPv6Address = ipaddress.ip_address(address)
    if isinstance(found, ipaddress.IPv6Address):
        inside = found.ipv4_mapped or found.sixtofour or (found.teredo and found.teredo[1])
        if inside:
            found = inside
        elif found in _COMPATIBLE:
            return False
        elif found in ipaddress.ip_network("64:ff9b::/96"):
            found = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
    return found.is_global and not found.is_multicast


def require_safe(url: str) -> URL:
    """The address in parts, if it may be kept at all.

    Raises:
        NotAllowed: not https, with a password, another port, a private address, or an IP address
            written in a way that others may read differently.
    """
    try:
        found = URL(url)
        host, port = found.host, found.port
    except ValueError as error:
        raise NotAllowed("not an address") from error
    if found.scheme != "https" or not host or found.user or found.password or found.fragment:
        raise NotAllowed("not a plain https address")
    if port != _HTTPS_PORT:
        raise NotAllowed("not the port of https")
    if _is_literal(host):
        if not is_public(host):
            raise NotAllowed("not a public address")
    elif _ends_in_number(host):
        raise NotAllowed("not the way an IP address is written")
    return found


def _is_literal(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _ends_in_number(host: str) -> bool:
    """Whether resolvers may read it as an IPv4 address (127.1, 0x7f.1, 0). No name on the public
    internet ends so."""
    last = host.rstrip(".").rpartition(".")[2]
    return last.isdigit() or last.lower().startswith("0x")


class PublicResolver(AbstractResolver):
    """Names to public addresses; one private address among them refuses the name."""

    def __init__(self, inner: AbstractResolver) -> None:
        self._inner = inner

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The addresses of a name, all of them public.

        Raises:
            NotAllowed: one of them is not.
        """
        found = await self._inner.resolve(host, port, family)
        if not found or not all(is_public(one["host"]) for one in found):
            raise NotAllowed("not a public address")
        return found

    async def close(self) -> None:
        """Let go of the resolver behind it."""
        await self._inner.close()


@dataclass(slots=True)
class Egress:
    """The one way out. Tests give a resolver and a certificate authority of their own."""

    resolver: Callable[[], AbstractResolver] | None = None
    tls: ssl.SSLContext | None = None

    async def post(self, url: str, *, body: bytes, headers: Mapping[str, str]) -> int:
        """The status of the answer; nothing else of it is read.

        Raises:
            NotAllowed: we may not send there.
            aiohttp.ClientError, TimeoutError, OSError: it could not be sent.
        """
        address = require_safe(url)
        inner = self.resolver() if self.resolver else PublicResolver(aiohttp.ThreadedResolver())
        connector = aiohttp.TCPConnector(
            resolver=inner, use_dns_cache=False, ssl=self.tls or True, force_close=True
        )
        async with (
            aiohttp.ClientSession(
                connector=connector,
                timeout=aiohttp.ClientTimeout(total=SEND_S),
                trust_env=False,
                cookie_jar=aiohttp.DummyCookieJar(),
            ) as session,
            session.post(address, data=body, headers=headers, allow_redirects=False) as answer,
        ):
            return answer.status
