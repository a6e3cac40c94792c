"""A key for each person, kept apart from what it locks: destroying it erases the person.

Names, numbers and addresses outlive a deletion in every backup of a database. What is sealed here
is AES-256-GCM under the person's own key; the key is a file of its own in a folder that no backup
of the databases holds. Once it is destroyed, no copy of the data can be read again, wherever it
lies. The mark of a destroyed key stays, and wins over a key that somebody puts back.
"""

import json
import os
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_FORM = b"\x01"
_NONCE_BYTES = 12
_KEY_BITS = 256
_KEY, _MARK = ".key", ".destroyed"
_MOST_REMEMBERED = 20_000

T = TypeVar("T")


class KeyDestroyed(Exception):
    """The person was erased: nothing sealed for them can be read again."""


class KeyMissing(Exception):
    """There is no key where one must be: the folder is the wrong one, or incomplete. The text is
    for whoever operates this; it holds the id alone."""

    code = "person-key-missing"


class PersonKeys:
    """The keys of one folder. No key is remembered between calls, and what ``recall`` remembers is
    given only while the key is there, so that a destroyed key is gone for every process that shares
    the folder at the same moment.

    ``makes``: whether a key is made for whoever has none; one service alone does, the others read.
    """

    def __init__(self, folder: Path, *, makes: bool = True) -> None:
        self._folder = folder
        self._name = str(folder)
        self._makes = makes
        self._remembered: dict[bytes, tuple[Any, UUID, str, str]] = {}

    @property
    def folder(self) -> Path:
        """Where they lie."""
        return self._folder

    def seal(self, person: UUID, what: str, plain: bytes, *, may_make: bool = True) -> bytes:
        """Lock something under the person's key, which is made when there is none yet, unless
        somebody must have one already. ``what`` says which field it is: it can be opened for this
        person and this field alone.

        Raises:
            KeyDestroyed: the person was erased.
            KeyMissing: there is no key, and it is not for us to make one.
        """
        key = self._key(person)
        if key is None and not (self._makes and may_make):
            raise KeyMissing(f"no key of person {person}")
        cipher = AESGCM(key or self._make(person))
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

    def seal_values(self, person: UUID, what: str, values: Mapping[str, Any]) -> bytes:
        """Lock plain values, as JSON. Raises as ``seal`` does."""
        return self.seal(person, what, json.dumps(values).encode())

    def open_values(self, person: UUID, what: str, sealed: bytes) -> dict[str, Any]:
        """The values that were sealed. Raises as ``open`` does."""
        values: dict[str, Any] = json.loads(self.open(person, what, sealed))
        return values

    def recall(
        self, person: UUID, what: str, sealed: bytes, read: Callable[[dict[str, Any]], T]
    ) -> T:
        """What ``read`` makes of the values that were sealed, made once and then remembered: a
        list in the order of names opens a thousand of them. Raises as ``open`` does."""
        if (known := self._remembered.get(sealed)) is not None:
            found, owner, key, mark = known
            if owner == person and os.access(key, os.R_OK) and not os.access(mark, os.F_OK):
                return found  # type: ignore[no-any-return]
            del self._remembered[sealed]
        made = read(self.open_values(person, what, sealed))
        if len(self._remembered) >= _MOST_REMEMBERED:
            self._remembered.clear()
        stem = self._stem(person)
        self._remembered[sealed] = (made, person, stem + _KEY, stem + _MARK)
        return made

    def destroy(self, person: UUID) -> None:
        """Make everything sealed for this person unreadable, for good. Doing it twice is well."""
        key, mark = self._file(person), self._mark(person)
        mark.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_to_disk(mark, b"")
        with suppress(FileNotFoundError):
            with key.open("r+b") as handle:
                handle.write(bytes(_KEY_BITS // 8))
                os.fsync(handle.fileno())
            key.unlink()
        settle(mark.parent)

    def is_destroyed(self, person: UUID) -> bool:
        """Whether this person was erased."""
        return os.access(self._stem(person) + _MARK, os.F_OK)

    def destroyed(self) -> Iterator[UUID]:
        """Everybody who was ever erased."""
        return (UUID(mark.stem) for mark in self._folder.glob("*/*.destroyed"))

    def trouble(self, must_have: Iterable[UUID]) -> str:
        """What is wrong with the folder, in a word or two; nothing when it can be used and these
        people, who must have one, have a key or the mark of a destroyed one."""
        people = tuple(must_have)
        if not self._folder.is_dir():
            fresh = not people and not self._folder.exists()
            return "" if fresh and self._can_make_the_folder() else "missing"
        if not os.access(self._folder, os.R_OK | os.X_OK):
            return "not readable"
        if self._makes and not self._takes_a_file():
            return "not writable"
        without = (one for one in people if not (self._has_key(one) or self.is_destroyed(one)))
        return "incomplete" if any(True for _ in without) else ""

    def _can_make_the_folder(self) -> bool:
        """Nobody was enrolled yet; whoever reads only waits for whoever makes it."""
        above = next(one for one in self._folder.absolute().parents if one.exists())
        return not self._makes or os.access(above, os.W_OK | os.X_OK)

    def _takes_a_file(self) -> bool:
        tried = self._folder / f".{secrets.token_hex(8)}.new"
        try:
            write_to_disk(tried, b"")
            tried.unlink()
        except OSError:
            return False
        return True

    def _has_key(self, person: UUID) -> bool:
        return os.access(self._stem(person) + _KEY, os.R_OK)

    def _key(self, person: UUID) -> bytes | None:
        try:
            key = self._file(person).read_bytes()
        except FileNotFoundError:
            key = None
        except OSError as error:
            raise KeyMissing(f"the key of person {person} cannot be read") from error
        if self.is_destroyed(person):
            raise KeyDestroyed
        return key

    def _make(self, person: UUID) -> bytes:
        """A new key, on disk before anything is sealed with it; of two made at once, one stays."""
        file = self._file(person)
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        new = file.with_suffix(f".{secrets.token_hex(8)}.new")
        write_to_disk(new, AESGCM.generate_key(_KEY_BITS))
        try:
            with suppress(FileExistsError):
                os.link(new, file)
        finally:
            new.unlink()
        settle(file.parent)
        return file.read_bytes()

    def _file(self, person: UUID) -> Path:
        return Path(self._stem(person) + _KEY)

    def _mark(self, person: UUID) -> Path:
        return Path(self._stem(person) + _MARK)

    def _stem(self, person: UUID) -> str:
        """What both files of a person begin with."""
        name = str(person)
        return f"{self._name}/{name[-2:]}/{name}"


def _place(person: UUID, what: str) -> bytes:
    return f"{person}/{what}".encode()


def write_to_disk(file: Path, content: bytes) -> None:
    """Write a file that only our own account reads; it is on disk when this returns."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as handle:
        handle.write(content)
        handle.flush()
        os.fsync(handle.fileno())


def settle(folder: Path) -> None:
    """Names in a folder last once the folder itself is on disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
