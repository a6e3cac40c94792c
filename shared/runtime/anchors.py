"""The audit chain's heads, kept outside the database: one line an hour in a file of their own.

Whoever can write to the database can rewrite a whole chain or cut off its end, and the chain
alone would not show it. They would have to rewrite this file and the log as well.
"""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from shared.runtime.logs import get_logger

log = get_logger()


class BadAnchors(Exception):
    """The file cannot be read as anchors; the text names the line."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """At ``at`` the chain had this many entries, and this was the hash of the last."""

    at: datetime
    entries: int
    head: str


@dataclass(frozen=True, slots=True)
class Anchors:
    """The anchors of one service. Without a file they are in the log alone."""

    service: str
    folder: Path | None

    @property
    def file(self) -> Path | None:
        """Where they are kept."""
        return None if self.folder is None else self.folder / f"{self.service}.anchors"

    def keep(self, anchor: Anchor) -> None:
        """Add one, and have it on the disk before going on."""
        log.info("audit_anchored", entries=anchor.entries, head=anchor.head)
        if self.file is None:
            return
        line = {"at": anchor.at.isoformat(), "entries": anchor.entries, "head": anchor.head}
        try:
            _append(self.file, json.dumps(line) + "\n")
        except OSError as error:  # care goes on; the log line above is an anchor too
            log.error("audit_anchor_not_kept", error=type(error).__name__)  # noqa: TRY400

    def kept(self) -> Sequence[Anchor]:
        """All of them, oldest first.

        Raises:
            BadAnchors: a line is not one.
        """
        if self.file is None or not self.file.exists():
            return ()
        found = []
        for number, line in enumerate(self.file.read_text(encoding="utf-8").splitlines(), 1):
            try:
                said = json.loads(line)
                at, head = datetime.fromisoformat(said["at"]), str(said["head"])
                found.append(Anchor(at, int(said["entries"]), head))
            except (ValueError, KeyError, TypeError) as error:
                raise BadAnchors(f"{self.file.name}, line {number}") from error
        return tuple(found)


def _append(file: Path, line: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, line.encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
