"""The identity provider from PyPI, with the people the tests sign in as."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def identity_provider() -> Iterator[str]:
    """Its address while it listens on this machine; Nora is a nurse, the stranger is nobody."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it is ours to talk to, not ours to mend
        from oidc_provider_mock import User, run_server_in_thread

        people = [
            User(sub="nora", claims={"groups": ["mooring-nurses"], "name": "Nora Oidc"}),
            User(sub="stranger", claims={"groups": ["kitchen"]}),
        ]
        with run_server_in_thread(user_claims=people, require_nonce=True) as server:
            yield f"http://localhost:{server.server_port}"
