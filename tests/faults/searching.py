"""Looks for planted words in what is stored or shipped: image archives, backups, dumps."""

import io
import subprocess
import tarfile
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

PIECE = 1024 * 1024
IN_MEMORY = 64 * PIECE
ZSTANDARD = b"\x28\xb5\x2f\xfd"
PUBLIC = frozenset({".crt", ".conf", ".pub"})
"""Files among the secrets that everybody may have."""
SHORTEST = 12

Needles = Mapping[str, bytes]
"""What is looked for, by a name that may be printed."""


class Unreadable(AssertionError):
    """Something that could not be searched, so nothing is said of it."""


def hits(stream: IO[bytes], needles: Needles) -> set[str]:
    """The names of all needles in a stream, wherever pieces of it meet."""
    found: set[str] = set()
    longest = max(map(len, needles.values()))
    end = b""
    while piece := stream.read(PIECE):
        window = end + piece
        found |= {name for name, needle in needles.items() if needle in window}
        end = window[-(longest - 1) :]
    return found


def in_image(archive: IO[bytes], needles: Needles) -> Iterator[tuple[str, str]]:
    """Where in a ``docker save`` which needles are: in every file of every layer, deleted later or
    not, in its name and where a link leads, and in the settings and the history.

    Raises:
        Unreadable: a layer is packed in a way that cannot be looked into here.
    """
    with tarfile.open(fileobj=archive, mode="r|") as outer:
        for part in outer:
            if not part.isfile() or (content := outer.extractfile(part)) is None:
                continue  # a link to a layer that is there by itself
            with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as kept:
                while piece := content.read(PIECE):
                    kept.write(piece)
                yield from _in_part(part.name, kept, needles)


def _in_part(
    name: str, kept: "tempfile.SpooledTemporaryFile[bytes]", needles: Needles
) -> Iterator[tuple[str, str]]:
    kept.seek(0)
    if kept.read(4) == ZSTANDARD:
        raise Unreadable(f"{name} is packed with zstandard")
    kept.seek(0)
    try:
        layer = tarfile.open(fileobj=kept, mode="r:*")  # noqa: SIM115 - closed below
    except tarfile.ReadError:
        kept.seek(0)
        yield from ((name, needle) for needle in sorted(hits(kept, needles)))  # type: ignore[arg-type]
        return
    with layer:
        for file in layer:
            at = f"{name} {file.name}"
            called = io.BytesIO(f"{file.name} -> {file.linkname}".encode())
            yield from ((at, needle) for needle in sorted(hits(called, needles)))
            if file.isfile() and (content := layer.extractfile(file)) is not None:
                yield from ((at, needle) for needle in sorted(hits(content, needles)))


def secrets_in(folder: Path) -> Needles:
    """Each secret of an installation by its file's name: the whole of a password, a line from the
    middle of a private key."""
    found = {}
    for file in sorted(folder.iterdir()):
        if not file.is_file() or file.suffix in PUBLIC:
            continue
        lines = [line.strip() for line in file.read_bytes().splitlines() if line.strip()]
        within = [line for line in lines if not line.startswith(b"-----")]
        if within and len(within[0]) >= SHORTEST:
            found[file.name] = within[0]
    return found


@contextmanager
def told_by(command: Sequence[str], *, cwd: Path | None = None) -> Iterator[IO[bytes]]:
    """What a command prints, while it prints it.

    Raises:
        AssertionError: it failed.
    """
    with subprocess.Popen(command, cwd=cwd, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield process.stdout
        while process.stdout.read(PIECE):
            pass
        assert process.wait() == 0, command[:3]


def require_none(found: Iterable[tuple[str, str]]) -> None:
    """Raises AssertionError with the places and the names, never with what was found."""
    places = sorted(set(found))
    assert not places, places[:20]
