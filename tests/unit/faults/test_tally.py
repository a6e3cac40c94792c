"""A write counts as arrived only where everybody has it, and once."""

import pytest

from tests.faults.tally import Tally

ALL = ("a", "b", "c")
EXACT = Tally(accepted=3, effects=3, lost=0, missing=0, doubled=0)


def test_all_is_well_when_everybody_has_each_once() -> None:
    found = Tally.of(ALL, ALL, {"treatment": ALL, "engagement": ("c", "b", "a")})

    assert found == EXACT
    assert found.exact


def test_nothing_written_is_nothing_lost() -> None:
    assert Tally.of((), (), {"treatment": ()}).exact


@pytest.mark.parametrize(
    ("accepted", "kept", "known", "wrong"),
    [
        (ALL, ("a", "b"), {"x": ("a", "b")}, {"lost": 1, "effects": 2}),
        (ALL, ALL, {"x": ("a", "b"), "y": ALL}, {"missing": 1, "effects": 2}),
        (ALL, ALL, {"x": ("a",), "y": ("b",)}, {"missing": 4, "effects": 0}),
        (ALL, (*ALL, "d"), {"x": ALL}, {"doubled": 1}),
        (ALL, (*ALL, "a"), {"x": ALL}, {"doubled": 1}),
        (ALL, ALL, {"x": (*ALL, "a")}, {"doubled": 1}),
        (ALL, ALL, {"x": (*ALL, "d")}, {"doubled": 1}),
        (("a", "a", "b"), ("a", "b"), {"x": ("a", "b")}, {"accepted": 2, "doubled": 1}),
    ],
)
def test_each_way_to_be_wrong_is_seen(
    accepted: tuple[str, ...],
    kept: tuple[str, ...],
    known: dict[str, tuple[str, ...]],
    wrong: dict[str, int],
) -> None:
    found = Tally.of(accepted, kept, known)

    assert {name: getattr(found, name) for name in wrong} == wrong
    assert not found.exact


def test_one_lost_does_not_hide_behind_one_too_many() -> None:
    found = Tally.of(ALL, ("a", "b", "d"), {"x": ("a", "b", "d")})

    assert (found.lost, found.doubled, found.effects) == (1, 1, 2)
