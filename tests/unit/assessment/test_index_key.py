"""The key of the index of names: one for all, gone when it is replaced."""

import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest

from services.assessment.adapters.index_key import IndexKey
from services.assessment.adapters.name_index import NameIndex
from shared.runtime.person_keys import KeyMissing


def test_of_several_made_at_once_one_stays(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: IndexKey(folder).get(), range(32)))

    assert len(found) == 1
    assert [len(key) for key in found] == [32]
    (file,) = folder.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_what_was_replaced_is_overwritten(tmp_path: Path) -> None:
    key = IndexKey(tmp_path)
    before = key.get()
    (file,) = tmp_path.iterdir()
    with file.open("rb") as old:
        key.replace()
        assert old.read() == bytes(32)

    assert key.get() not in {before, bytes(32)}
    assert list(tmp_path.iterdir()) == [file]


def test_it_is_replaced_where_there_was_none(tmp_path: Path) -> None:
    IndexKey(tmp_path / "keys").replace()

    assert len(IndexKey(tmp_path / "keys").get()) == 32


def test_a_folder_that_cannot_be_used_is_named_as_the_people_s_is(tmp_path: Path) -> None:
    (tmp_path / "keys").write_bytes(b"")

    with pytest.raises(KeyMissing):
        IndexKey(tmp_path / "keys").get()


def test_names_that_fit_together_otherwise_are_others() -> None:
    index = NameIndex(b"k" * 32)
    day = date(1984, 2, 29)

    digests = {
        index.digest("ann marie heron", day),
        index.digest("ann marieheron", day),
        index.digest("ann marie heron", date(1984, 2, 28)),
        NameIndex(b"l" * 32).digest("ann marie heron", day),
    }

    assert len(digests) == 4
    assert {len(one) for one in digests} == {32}
    assert index.digest("ann marie heron", day) == index.digest("ann marie heron", day)
