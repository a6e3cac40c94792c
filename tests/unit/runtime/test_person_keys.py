"""A key for each person: what it opens, and what no longer opens once it is gone."""

import stat
from pathlib import Path
from uuid import UUID

import pytest

from shared.runtime.person_keys import KeyDestroyed, KeyMissing, PersonKeys

WREN, ROBIN = UUID(int=0xA1), UUID(int=0xB2)


@pytest.fixture
def keys(tmp_path: Path) -> PersonKeys:
    return PersonKeys(tmp_path / "keys")


def key_file(folder: Path, person: UUID) -> Path:
    (found,) = folder.rglob(f"{person}.key")
    return found


def test_what_was_sealed_is_opened_for_that_person_and_field_alone(keys: PersonKeys) -> None:
    sealed = keys.seal(WREN, "contact", b"0555")
    keys.seal(ROBIN, "contact", b"0777")

    assert keys.open(WREN, "contact", sealed) == b"0555"
    for person, what in ((ROBIN, "contact"), (WREN, "version")):
        with pytest.raises(KeyMissing):
            keys.open(person, what, sealed)


def test_the_same_is_never_sealed_alike(keys: PersonKeys) -> None:
    assert keys.seal(WREN, "contact", b"0555") != keys.seal(WREN, "contact", b"0555")


def test_a_changed_byte_is_noticed(keys: PersonKeys) -> None:
    sealed = bytearray(keys.seal(WREN, "contact", b"0555"))
    sealed[-1] ^= 1

    with pytest.raises(KeyMissing):
        keys.open(WREN, "contact", bytes(sealed))


def test_only_the_service_s_own_account_reads_a_key(keys: PersonKeys, tmp_path: Path) -> None:
    keys.seal(WREN, "contact", b"0555")

    file = key_file(tmp_path, WREN)

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert file.stat().st_size == 32


def test_a_destroyed_key_is_gone_and_stays_so_when_somebody_puts_it_back(
    keys: PersonKeys, tmp_path: Path
) -> None:
    sealed = keys.seal(WREN, "contact", b"0555")
    file = key_file(tmp_path, WREN)
    copy = file.read_bytes()

    keys.destroy(WREN)
    keys.destroy(WREN)
    assert not file.exists()
    file.write_bytes(copy)

    with pytest.raises(KeyDestroyed):
        keys.open(WREN, "contact", sealed)
    with pytest.raises(KeyDestroyed):
        keys.seal(WREN, "contact", b"")
    assert list(keys.destroyed()) == [WREN]
    assert keys.is_destroyed(WREN)
    assert not keys.is_destroyed(ROBIN)


def test_another_process_loses_the_key_at_the_same_moment(keys: PersonKeys, tmp_path: Path) -> None:
    other = PersonKeys(tmp_path / "keys")
    sealed = other.seal(WREN, "contact", b"0555")

    keys.destroy(WREN)

    with pytest.raises(KeyDestroyed):
        other.open(WREN, "contact", sealed)


def test_the_first_of_two_keys_made_at_once_stays(keys: PersonKeys, tmp_path: Path) -> None:
    sealed = keys.seal(WREN, "contact", b"0555")

    again = PersonKeys(tmp_path / "keys")._make(WREN)

    assert again == key_file(tmp_path, WREN).read_bytes()
    assert keys.open(WREN, "contact", sealed) == b"0555"
    assert list(tmp_path.rglob("*.new")) == []


def test_what_is_remembered_goes_with_the_key(keys: PersonKeys, tmp_path: Path) -> None:
    other = PersonKeys(tmp_path / "keys", makes=False)
    sealed = keys.seal_values(WREN, "who", {"name": "Wren"})
    read: list[str] = []

    def name(values: dict[str, str]) -> str:
        read.append(values["name"])
        return values["name"]

    assert {other.recall(WREN, "who", sealed, name) for _ in range(3)} == {"Wren"}
    assert read == ["Wren"]
    with pytest.raises(KeyMissing):
        other.recall(ROBIN, "who", sealed, name)
    assert other.recall(WREN, "who", sealed, name) == "Wren"
    copy = key_file(tmp_path, WREN).read_bytes()
    keys.destroy(WREN)
    (tmp_path / "keys" / str(WREN)[-2:] / f"{WREN}.key").write_bytes(copy)

    with pytest.raises(KeyDestroyed):
        other.recall(WREN, "who", sealed, name)


def test_who_only_reads_makes_no_key(tmp_path: Path) -> None:
    reader = PersonKeys(tmp_path / "keys", makes=False)

    with pytest.raises(KeyMissing):
        reader.seal(WREN, "who", b"")

    assert not list(tmp_path.rglob("*.key"))


def test_a_folder_that_cannot_be_read_is_a_missing_key(keys: PersonKeys, tmp_path: Path) -> None:
    sealed = keys.seal(WREN, "who", b"x")
    file = key_file(tmp_path, WREN)
    file.unlink()
    file.mkdir()

    for use in (lambda: keys.open(WREN, "who", sealed), lambda: keys.seal(WREN, "who", b"y")):
        with pytest.raises(KeyMissing):
            use()


def test_a_folder_that_nobody_needs_yet_is_no_trouble(tmp_path: Path) -> None:
    assert PersonKeys(tmp_path / "keys").trouble([]) == ""
    assert PersonKeys(tmp_path / "keys", makes=False).trouble([]) == ""
    assert not (tmp_path / "keys").exists(), "looking makes nothing"


@pytest.mark.parametrize("makes", [True, False])
def test_what_is_wrong_with_the_folder_is_named(tmp_path: Path, *, makes: bool) -> None:
    folder = tmp_path / "keys"
    owner, here = PersonKeys(folder), PersonKeys(folder, makes=makes)
    assert here.trouble([WREN]) == "missing"

    owner.seal(WREN, "contact", b"0555")
    owner.seal(ROBIN, "contact", b"0777")
    assert here.trouble([WREN, ROBIN]) == ""
    owner.destroy(ROBIN)
    assert here.trouble([WREN, ROBIN]) == "", "an erased person has a mark"
    key_file(folder, WREN).unlink()
    assert here.trouble([ROBIN, WREN]) == "incomplete"

    (tmp_path / "file").write_bytes(b"")
    assert PersonKeys(tmp_path / "file", makes=makes).trouble([]) == "missing"


def test_only_who_makes_keys_needs_to_write() -> None:
    nobody_writes_here = Path("/proc/self")
    assert PersonKeys(nobody_writes_here).trouble([]) == "not writable"
    assert PersonKeys(nobody_writes_here, makes=False).trouble([]) == ""


def test_looking_leaves_nothing_behind(tmp_path: Path) -> None:
    keys = PersonKeys(tmp_path)
    assert keys.trouble([]) == ""
    assert not list(tmp_path.iterdir())
