"""A right to use that is recorded enables an instrument; without one it is stored and not used."""

from pathlib import Path

import pytest

from services.assessment.adapters.content import BadContent, load
from services.assessment.adapters.rights import with_rights
from services.assessment.domain.refusals import Conflict

CONTENT = load()


def recorded(folder: Path, text: str) -> Path:
    path = folder / "rights.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_without_a_right_an_instrument_is_stored_and_not_used() -> None:
    assert with_rights(CONTENT, None) is CONTENT
    with pytest.raises(Conflict, match="may not be used"):
        CONTENT.usable("wsas")


def test_a_recorded_right_enables_the_instrument_and_is_shown(tmp_path: Path) -> None:
    path = recorded(tmp_path, '[rights]\nwsas = "Letter of 3 May 2027"\n')

    found = with_rights(CONTENT, path)

    assert found.usable("wsas").right_to_use.statement == "Letter of 3 May 2027"
    assert not found.instruments["mdq"].enabled


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[rights]\nxyz = "Letter of 3 May 2027"\n', "rights.xyz: there is no such instrument"),
        ('[rights]\nwsas = "yes"\n', "rights.wsas"),
        ("", "rights: Field required"),
    ],
)
def test_a_file_that_does_not_fit_is_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(BadContent) as problem:
        with_rights(CONTENT, recorded(tmp_path, text))

    assert str(problem.value).startswith("rights.toml: ")
    assert said in str(problem.value)
