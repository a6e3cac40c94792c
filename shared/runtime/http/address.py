"""Where a request comes from, when proxies of ours stand before us."""

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address

from aiohttp import web

Network = IPv4Network | IPv6Network


def client_address(request: web.Request, *, proxies: Sequence[Network]) -> str:
    """The nearest address that is not a proxy of ours. What a header claims counts only as far
    as our own proxies wrote it: whoever comes directly is who they are."""
    address = request.remote or ""
    claimed = ",".join(request.headers.getall("X-Forwarded-For", []))
    for hop in reversed([part.strip() for part in claimed.split(",") if part.strip()]):
        if not _is_ours(address, proxies):
            break
        address = hop
    return address


def _is_ours(address: str, proxies: Sequence[Network]) -> bool:
    try:
        found = ip_address(address)
    except ValueError:
        return False
    return any(found in network for network in proxies)
