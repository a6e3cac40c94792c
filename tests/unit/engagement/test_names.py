"""Finding somebody by the beginning of a name."""

import pytest

from services.engagement.domain.names import begins_so


@pytest.mark.parametrize(
    ("wanted", "given", "family", "found"),
    [
        ("zo", "Zoë", "Müller-Ortiz", True),
        ("muller", "Zoë", "Müller-Ortiz", True),
        ("ORTIZ", "Zoë", "Müller-Ortiz", True),
        ("zoe mul", "Zoë", "Müller-Ortiz", True),
        ("da  costa", "Ana", "da Costa", True),
        ("rtiz", "Zoë", "Müller-Ortiz", False),
        ("  ", "Zoë", "Müller-Ortiz", False),
    ],
)
def test_the_beginning_of_any_name_finds_somebody(
    wanted: str, given: str, family: str, found: bool
) -> None:
    assert begins_so(wanted, given, family) is found
