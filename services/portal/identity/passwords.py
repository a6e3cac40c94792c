"""Passwords: argon2id, hashed off the event loop and never more than a few at once."""

import asyncio

from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError
from pwdlib.hashers.argon2 import Argon2Hasher

_MEMORY_KIB = 19 * 1024
_ROUNDS = 2
_AT_ONCE = 2
LONGEST = 256
FEWEST_SIGNS = 5


SHORTEST = 12


def faults(password: str, *, username: str) -> tuple[str, ...]:
    """What is wrong with a new password; length is what counts (NIST SP 800-63B, 3.1.1)."""
    if len(password) < SHORTEST:
        return (f"At least {SHORTEST} characters, please: a few words are good.",)
    if len(password) > LONGEST:
        return ("This is too long.",)
    plain = password.casefold()
    if username.casefold() in plain or len(set(plain)) < FEWEST_SIGNS:
        return ("This is too easy to guess.",)
    return ()


class Passwords:
    """Hashes and checks passwords.

    Source: OWASP Password Storage Cheat Sheet, argon2id with 19 MiB, two passes, one lane.
    """

    def __init__(self) -> None:
        hasher = Argon2Hasher(time_cost=_ROUNDS, memory_cost=_MEMORY_KIB, parallelism=1)
        self._hasher = PasswordHash((hasher,))
        self._few = asyncio.Semaphore(_AT_ONCE)
        self._decoy = self._hasher.hash("nobody's password")

    async def hash(self, password: str) -> str:
        """The text to store."""
        async with self._few:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def match(self, password: str, stored: str | None) -> bool:
        """Whether it is the password. Without an account it takes just as long to say no."""
        async with self._few:
            right = await asyncio.to_thread(self._verify, password, stored or self._decoy)
        return right and stored is not None

    def _verify(self, password: str, stored: str) -> bool:
        try:
            return self._hasher.verify(password, stored)
        except UnknownHashError:
            return False
