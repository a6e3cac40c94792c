"""The key of the index of names: one file beside the keys of people.

It is replaced with every key of a person that is destroyed. What backups hold of the index then
belongs to a key that is nowhere any more, so that no guessed name can be tried against them.
"""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from shared.runtime.person_keys import KeyMissing, settle, write_to_disk

_FILE = "names.index"
_BYTES = 32


class IndexKey:
    """The key in this folder. It is never remembered, so that all replicas change at once."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / _FILE

    def get(self) -> bytes:
        """The key, made when there is none: what it was used for can be worked out again.

        Raises:
            KeyMissing: the folder cannot be used.
        """
        try:
            return self._read() or self._make()
        except OSError as error:
            raise KeyMissing("the key of the index of names cannot be read") from error

    def replace(self) -> None:
        """Put another key in its place; the old one is overwritten."""
        new = self._written()
        try:
            with self._file.open("r+b") as old:
                new.replace(self._file)
                old.write(bytes(_BYTES))
                old.flush()
                os.fsync(old.fileno())
        except FileNotFoundError:
            new.replace(self._file)
        settle(self._file.parent)

    def _read(self) -> bytes | None:
        """Again when it was overwritten while we read."""
        with suppress(FileNotFoundError):
            key = self._file.read_bytes()
            return key if any(key) else self._file.read_bytes()
        return None

    def _make(self) -> bytes:
        """On disk before it is used; of two made at once, one stays."""
        new = self._written()
        try:
            with suppress(FileExistsError):
                os.link(new, self._file)
        finally:
            new.unlink()
        settle(self._file.parent)
        return self._file.read_bytes()

    def _written(self) -> Path:
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        new = self._file.with_suffix(f".{secrets.token_hex(8)}.new")
        write_to_disk(new, secrets.token_bytes(_BYTES))
        return new
