"""The identity provider from PyPI, with the people the tests sign in as."""

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import aiohttp

PEOPLE: Mapping[str, Mapping[str, Any]] = {
    "nora": {"groups": ["mooring-nurses"], "name": "Nora Oidc"},
    "petra": {"groups": ["mooring-prescribers"], "name": "Petra Oidc"},
    "stranger": {"groups": ["kitchen"]},
}


@contextmanager
def identity_provider() -> Iterator[str]:
    """Its address while it listens on this machine; Nora is a nurse, Petra a prescriber, the
    stranger is nobody."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it is ours to talk to, not ours to mend
        from oidc_provider_mock import User, run_server_in_thread

        people = [User(sub=sub, claims=dict(claims)) for sub, claims in PEOPLE.items()]
        with run_server_in_thread(user_claims=people, require_nonce=True) as server:
            yield f"http://localhost:{server.server_port}"


async def tells(session: aiohttp.ClientSession, issuer: str, sub: str, **claims: Any) -> None:
    """Have it say this too of the person from now on, and no more. Of its own accord it says in
    ``auth_time`` that they have just signed in."""
    whole = dict(PEOPLE[sub]) | claims
    async with session.put(f"{issuer}/users/{sub}", json=whole) as answer:
        assert answer.status == 204, await answer.text()
