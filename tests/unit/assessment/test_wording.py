"""The official wording is installed beside the instruments and must cover every item."""

from pathlib import Path

import pytest

from services.assessment.adapters.content import BadContent, load
from services.assessment.adapters.wording import load_wording

INSTRUMENTS = load().instruments
WHOLE = """
instrument = "phq-2"
version = "1"
source = "a licence"

[items]
interest = "The whole question about interest"
mood = "The whole question about mood"
"""


def installed(folder: Path, text: str) -> Path:
    (folder / "phq-2.toml").write_text(text, encoding="utf-8")
    return folder


def test_without_a_folder_there_is_no_wording() -> None:
    assert load_wording(None, INSTRUMENTS) == {}


def test_a_file_that_covers_every_item_is_used(tmp_path: Path) -> None:
    found = load_wording(installed(tmp_path, WHOLE), INSTRUMENTS)

    assert found["phq-2"]["mood"] == "The whole question about mood"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('mood = "The whole question about mood"', "", "items.mood: is not covered"),
        ("mood =", "joy =", r"items\.joy: is no item"),
        ('version = "1"', 'version = "2"', "version: the instrument is at 1"),
        ('instrument = "phq-2"', 'instrument = "phq-9"', "phq-2.toml: instrument"),
        ('source = "a licence"', "", "source: Field required"),
        ('about mood"', 'about mood"\nextra = 3', "items.extra"),
    ],
)
def test_a_file_that_does_not_fit_is_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in WHOLE

    with pytest.raises(BadContent, match=said):
        load_wording(installed(tmp_path, WHOLE.replace(old, new)), INSTRUMENTS)
