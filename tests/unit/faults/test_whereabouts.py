"""What the drill calls lost is nowhere; what is only late is on the way, and is waited for."""

from dataclasses import replace

import pytest

from tests.faults.whereabouts import Patience, Seen, Whereabouts

ALL_THERE = Seen(
    accepted={"a", "b", "c"},
    kept={"a": True, "b": True, "c": True},
    with_broker=0,
    parked=set(),
    owed={"a", "b", "c"},
    due=6,
    visible=6,
    planned=0,
)
ONE_MISSING = replace(ALL_THERE, owed={"a", "b"})


def test_what_arrived_is_neither_lost_nor_on_the_way() -> None:
    found = Whereabouts.of(ALL_THERE)
    assert (found.arrived, found.on_the_way, found.parked, found.lost) == (9, 0, 0, 0)


@pytest.mark.parametrize(
    ("seen", "unsent", "with_broker", "planned", "parked", "lost"),
    [
        (replace(ONE_MISSING, kept={"a": True, "b": True, "c": False}), 1, 0, 0, 0, 0),
        (replace(ONE_MISSING, with_broker=1), 0, 1, 0, 0, 0),
        (replace(ONE_MISSING, with_broker=40), 0, 1, 0, 0, 0),  # others' events are there too
        (replace(ONE_MISSING, with_broker=None), 0, 1, 0, 0, 0),  # no broker can say: not lost yet
        (replace(ONE_MISSING, with_broker=0), 0, 0, 0, 0, 1),
        (replace(ALL_THERE, owed={"a"}, with_broker=1), 0, 1, 0, 0, 1),
        (replace(ONE_MISSING, parked={"c"}), 0, 0, 0, 1, 0),
        (replace(ONE_MISSING, kept={"a": True, "b": True}, with_broker=9), 0, 0, 0, 0, 1),
        (replace(ALL_THERE, visible=4, planned=2), 0, 0, 2, 0, 0),
        (replace(ALL_THERE, visible=4, planned=1), 0, 0, 1, 0, 1),
    ],
)
def test_each_is_counted_where_it_is(
    seen: Seen, unsent: int, with_broker: int, planned: int, parked: int, lost: int
) -> None:
    found = Whereabouts.of(seen)
    assert (found.unsent, found.with_broker, found.planned) == (unsent, with_broker, planned)
    assert (found.parked, found.lost) == (parked, lost)


def test_a_flag_that_nobody_was_promised_is_not_missed() -> None:
    more = replace(ALL_THERE, kept={**ALL_THERE.kept, "another's": False})
    assert Whereabouts.of(more).on_the_way == 0


def late(arrived: int) -> Whereabouts:
    return Whereabouts(
        arrived=arrived, unsent=0, with_broker=100 - arrived, planned=0, parked=0, lost=0
    )


def test_the_wait_ends_when_nothing_is_on_the_way() -> None:
    assert Patience().is_over(Whereabouts.of(ALL_THERE), at_s=0)
    assert Patience().is_over(Whereabouts.of(replace(ONE_MISSING, with_broker=0)), at_s=0)


def test_the_wait_goes_on_as_long_as_things_arrive() -> None:
    patience = Patience(still_s=60, most_s=1000)
    assert not any(patience.is_over(late(number), at_s=number * 59.9) for number in range(16))


@pytest.mark.parametrize(("at_s", "over"), [(159.9, False), (160.0, True)])
def test_the_wait_ends_when_nothing_arrives_any_more(*, at_s: float, over: bool) -> None:
    patience = Patience(still_s=60, most_s=1000)
    assert not patience.is_over(late(5), at_s=0)
    assert not patience.is_over(late(6), at_s=100)
    assert patience.is_over(late(6), at_s=at_s) is over


@pytest.mark.parametrize(("at_s", "over"), [(1009.9, False), (1010.0, True)])
def test_the_wait_is_bounded_in_all(*, at_s: float, over: bool) -> None:
    patience = Patience(still_s=60, most_s=1000)
    for number in range(20):
        assert not patience.is_over(late(number), at_s=10 + number * 50)
    assert patience.is_over(late(99), at_s=at_s) is over
