"""A planted word is found wherever it lies in an image or a backup, and named, not shown."""

import gzip
import io
import tarfile
from pathlib import Path

import pytest

from tests.faults.searching import (
    PIECE,
    Unreadable,
    hits,
    in_image,
    require_none,
    secrets_in,
    told_by,
)

NEEDLES = {"password": b"mhush-hush-hush", "word": b"Zebrafinch"}


def tar(**files: bytes) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return made.getvalue()


@pytest.mark.parametrize("before", [0, PIECE - 3, PIECE, 2 * PIECE - 1])
def test_a_word_is_found_where_two_pieces_meet(before: int) -> None:
    stream = io.BytesIO(b"-" * before + b"Zebrafinch" + b"-" * PIECE)
    assert hits(stream, NEEDLES) == {"word"}


@pytest.mark.parametrize("packed", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_every_file_of_every_layer_and_the_settings_are_looked_at(packed) -> None:
    image = tar(
        first=packed(tar(deleted_later=b"x mhush-hush-hush x")),
        second=packed(tar(program=b"nothing", notes=b"Zebrafinch")),
        config=b'{"Env": ["PASSWORD=mhush-hush-hush"]}',
    )
    assert set(in_image(io.BytesIO(image), NEEDLES)) == {
        ("first deleted_later", "password"),
        ("second notes", "word"),
        ("config", "password"),
    }


def test_what_cannot_be_looked_into_is_no_pass() -> None:
    image = tar(layer=b"\x28\xb5\x2f\xfd and so on")
    with pytest.raises(Unreadable):
        list(in_image(io.BytesIO(image), NEEDLES))


def test_secrets_are_the_whole_password_and_a_line_of_a_key(tmp_path: Path) -> None:
    (tmp_path / "db_portal").write_text("mhush-hush-hush\n")
    (tmp_path / "a.key").write_text("-----BEGIN-----\nMIGHAgEAMBMGByqGSM49\n-----END-----\n")
    (tmp_path / "a.crt").write_text("everybody may have this one")
    (tmp_path / "empty").write_text("")
    assert secrets_in(tmp_path) == {
        "db_portal": b"mhush-hush-hush",
        "a.key": b"MIGHAgEAMBMGByqGSM49",
    }


def test_what_was_found_is_named_and_not_shown() -> None:
    with pytest.raises(AssertionError, match="password") as raised:
        require_none([("layer notes", "password")])
    assert "hush" not in str(raised.value)
    require_none([])


def test_a_command_that_fails_is_no_pass() -> None:
    with pytest.raises(AssertionError), told_by(["false"]) as stream:
        stream.read()
    with told_by(["echo", "Zebrafinch"]) as stream:
        assert hits(stream, NEEDLES) == {"word"}
