"""A key for each person, kept apart from what it locks: destroying it erases the person.

Names, numbers and addresses outlive a deletion in every backup of a database. What is sealed here
is AES-256-GCM under the person's own key; the key is a file of its own in a folder that no backup
of the databases holds. Once it is destroyed, no copy of the data can be read again, wherever it
lies. The mark of a destroyed key stays, and wins over a key that somebody puts back.
"""

import os
import secrets
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_FORM = b"\x01"
_NONCE_BYTES = 12
_KEY_BITS = 256


class KeyDestroyed(Exception):
    """The person was erased: nothing sealed for them can be read again."""


class KeyMissing(Exception):
    """There is no key where one must be: the folder is the wrong one, or incomplete. The text is
    for whoever operates this; it holds the id alone."""

    code = "person-key-missing"


class PersonKeys:
    """The keys of one folder. Nothing is remembered between calls, so that a destroyed key is gone
    for every process that shares the folder at the same moment."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def seal(self, person: UUID, what: str, plain: bytes) -> bytes:
        """Lock something under the person's key, which is made when there is none yet. ``what``
        says which field it is: it can be opened for this person and this field alone.

        Raises:
            KeyDestroyed: the person was erased.
        """
        cipher = AESGCM(self._key(person) or self._make(person))
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return _FORM + nonce + cipher.encrypt(nonce, plain, _place(person, what))

    def open(self, person: UUID, what: str, sealed: bytes) -> bytes:
        """What was sealed.

        Raises:
            KeyDestroyed: the person was erased.
            KeyMissing: the key is not here, or is not the one it was sealed with.
        """
        key = self._key(person)
        if key is None:
            raise KeyMissing(f"no key of person {person}")
        nonce, locked = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        try:
            return AESGCM(key).decrypt(nonce, locked, _place(person, what))
        except InvalidTag as error:
            raise KeyMissing(f"not the key of person {person}") from error

    def destroy(self, person: UUID) -> None:
        """Make everything sealed for this person unreadable, for good. Doing it twice is well."""
        key, mark = self._file(person), self._mark(person)
        mark.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(mark, b"")
        with suppress(FileNotFoundError):
            with key.open("r+b") as handle:
                handle.write(bytes(_KEY_BITS // 8))
                os.fsync(handle.fileno())
            key.unlink()
        _settle(mark.parent)

    def is_destroyed(self, person: UUID) -> bool:
        """Whether this person was erased."""
        return self._mark(person).exists()

    def destroyed(self) -> Iterator[UUID]:
        """Everybody who was ever erased."""
        return (UUID(mark.stem) for mark in self._folder.glob("*/*.destroyed"))

    def _key(self, person: UUID) -> bytes | None:
        try:
            key = self._file(person).read_bytes()
        except FileNotFoundError:
            key = None
        if self.is_destroyed(person):
            raise KeyDestroyed
        return key

    def _make(self, person: UUID) -> bytes:
        """A new key, on disk before anything is sealed with it; of two made at once, one stays."""
        file = self._file(person)
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        new = file.with_suffix(f".{secrets.token_hex(8)}.new")
        _write(new, AESGCM.generate_key(_KEY_BITS))
        try:
            with suppress(FileExistsError):
                os.link(new, file)
        finally:
            new.unlink()
        _settle(file.parent)
        return file.read_bytes()

    def _file(self, person: UUID) -> Path:
        return self._folder / person.hex[-2:] / f"{person}.key"

    def _mark(self, person: UUID) -> Path:
        return self._folder / person.hex[-2:] / f"{person}.destroyed"


def _place(person: UUID, what: str) -> bytes:
    return f"{person}/{what}".encode()


def _write(file: Path, content: bytes) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as handle:
        handle.write(content)
        handle.flush()
        os.fsync(handle.fileno())


def _settle(folder: Path) -> None:
    """Names in a folder last once the folder itself is on disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
