"""The README shows the pictures that ``make screenshots`` takes anew, and no others."""

import re

from tests.architecture.tree import ROOT
from tests.screenshots import README

SHOWN = re.compile(r"!\[[^\]]+\]\(([^)]+)\)")


def test_the_readme_shows_every_picture_that_is_taken_for_it() -> None:
    shown = {ROOT / place for place in SHOWN.findall((ROOT / "README.md").read_text("utf-8"))}

    assert len(shown) == 3
    assert shown == set(README.glob("*.png"))
