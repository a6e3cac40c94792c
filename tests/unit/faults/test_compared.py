"""Whoever the door accepted is lost, unknown or doubled by itself; none makes up for another."""

import pytest

from tests.faults.compared import Compared

BEFORE = {"old"}


@pytest.mark.parametrize(
    ("accepted", "kept", "others", "expected"),
    [
        (["a", "b"], {"old", "a", "b"}, ({"a", "b"}, {"a", "b"}), Compared(0, 0, 0)),
        (["a", "b"], {"old", "a"}, ({"a"}, {"a"}), Compared(lost=1, unknown=0, doubled=0)),
        (["a", "b"], {"old", "a", "b"}, ({"a"}, set()), Compared(lost=0, unknown=3, doubled=0)),
        (["a"], {"old", "a", "c"}, ({"a", "c"}, {"a"}), Compared(lost=0, unknown=0, doubled=1)),
        (["a", "b"], {"old", "a", "c"}, ({"a"}, {"a"}), Compared(lost=1, unknown=0, doubled=1)),
        (["a", "a"], {"old", "a"}, ({"a"}, {"a"}), Compared(lost=0, unknown=0, doubled=1)),
    ],
    ids=["exact", "lost", "unknown", "extra", "one lost, one extra", "one for two"],
)
def test_what_came_of_those_accepted(
    accepted: list[str], kept: set[str], others: tuple[set[str], ...], expected: Compared
) -> None:
    assert Compared.of(accepted, BEFORE, kept, *others) == expected
