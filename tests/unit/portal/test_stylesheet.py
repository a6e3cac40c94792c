"""A brace that is not closed swallows every rule after it, and nothing says so."""

from pathlib import Path

import pytest
import tinycss2

import services.portal

STATIC = Path(services.portal.__file__).parent / "static"


@pytest.mark.parametrize("sheet", sorted(STATIC.rglob("*.css")), ids=lambda sheet: sheet.name)
def test_no_rule_lies_inside_another(sheet: Path) -> None:
    rules = tinycss2.parse_stylesheet(sheet.read_text(), skip_comments=True, skip_whitespace=True)

    assert len(rules) > 1
    for rule in rules:
        assert rule.type in {"qualified-rule", "at-rule"}, rule.message
        if rule.type == "qualified-rule":
            inside = [token.source_line for token in rule.content if token.type == "{} block"]
            assert not inside, f"the rule of line {rule.source_line} is not closed"
