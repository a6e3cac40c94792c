"""How much one caller may ask, second by second."""

import pytest

from shared.runtime import clock
from shared.runtime.http.limits import BURST_S, Place, Rate, Room
from shared.runtime.http.problems import ApiError


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    at = [1000.0]
    monkeypatch.setattr(clock, "monotonic", lambda: at[0])
    return at


def test_a_burst_is_let_through_and_then_one_each_second(seconds: list[float]) -> None:
    rate = Rate(60)

    assert [rate.take("a") for _ in range(BURST_S)] == [0.0] * BURST_S
    assert rate.take("a") == pytest.approx(1.0)
    seconds[0] += 0.5
    assert rate.take("a") == pytest.approx(0.5)
    seconds[0] += 0.5
    assert rate.take("a") == 0.0
    assert rate.take("a") == pytest.approx(1.0)


def test_one_caller_takes_nothing_from_another(seconds: list[float]) -> None:
    rate = Rate(60)
    while not rate.take("a"):
        pass

    assert rate.take("b") == 0.0


def test_ten_thousand_requests_in_a_minute_are_mostly_refused(seconds: list[float]) -> None:
    rate, let_through = Rate(1200), 0
    for _ in range(10_000):
        seconds[0] += 60 / 10_000
        let_through += rate.take("a") == 0.0

    assert let_through == pytest.approx(1200 + 1200 / 60 * BURST_S, abs=2)


def test_the_refusal_says_how_long_to_wait(seconds: list[float]) -> None:
    rate = Rate(60)
    for _ in range(BURST_S):
        rate.require("a", whose="caller")

    with pytest.raises(ApiError) as refused:
        rate.require("a", whose="caller")
    assert (refused.value.status, refused.value.headers) == (429, {"Retry-After": "2"})


def test_without_a_limit_everything_is_let_through(seconds: list[float]) -> None:
    rate = Rate(None)

    assert not any(rate.take("a") for _ in range(5000))


def test_many_callers_do_not_fill_the_memory(seconds: list[float]) -> None:
    rate = Rate(60)
    for number in range(50_000):
        seconds[0] += 0.01
        rate.take(str(number))

    assert len(rate._left) <= 20_000


def test_who_waits_for_a_body_holds_no_place_among_those_being_answered() -> None:
    working, arriving = Room(1), Room(1)
    slow, next_one, third = (Place(working, arriving) for _ in range(3))

    slow.work()
    with pytest.raises(ApiError, match="busy"):
        next_one.work()
    slow.wait_for_body()
    next_one.work()
    with pytest.raises(ApiError, match="busy"):
        next_one.wait_for_body()  # and stays where it is
    with pytest.raises(ApiError, match="busy"):
        slow.work()  # it has to come again: the place went to another
    for one in (slow, next_one):
        one.leave()
        one.leave()

    assert (working.free, arriving.free) == (1, 1)
    third.work()
    assert (working.free, arriving.free) == (0, 1)
