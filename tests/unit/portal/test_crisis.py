"""Where help is found: every jurisdiction says enough, and a bad file stops the start."""

from pathlib import Path
from typing import get_args

import pytest

from services.portal.presenters import crisis
from services.portal.settings import Settings
from shared.runtime.service import Refused

NO_LINES = """
[uk]
emergency = "999"
emergency_words = "x"
lines = []
source = "s"
grade = "V1"
"""
JURISDICTIONS = get_args(Settings.model_fields["jurisdiction"].annotation)


@pytest.mark.parametrize("jurisdiction", JURISDICTIONS)
def test_every_jurisdiction_has_an_emergency_number_and_a_line_to_call(jurisdiction: str) -> None:
    found = crisis.load(jurisdiction)

    assert found.emergency
    assert all(line.dial.startswith("tel:") and " " not in line.dial for line in found.lines)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[us]\n", "bad.toml: uk: nothing is said about it"),
        ('[uk]\nemergency = "nine"\n', "bad.toml: uk.emergency: "),
        (
            NO_LINES,
            "bad.toml: uk.lines: ",
        ),
    ],
)
def test_a_file_that_does_not_fit_stops_the_start_with_its_reason(
    tmp_path: Path, text: str, said: str
) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(text)

    with pytest.raises(Refused) as refusal:
        crisis.load("uk", path)

    assert str(refusal.value).startswith(said)
