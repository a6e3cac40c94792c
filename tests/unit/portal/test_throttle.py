"""Guessing gets slow; nobody is locked out for good."""

from datetime import UTC, datetime, timedelta

import pytest

from services.portal.identity.throttle import FORGOTTEN_AFTER, Tries, counted, wait

NOW = datetime(2027, 5, 4, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("count", "seconds"),
    [(0, 0), (4, 0), (5, 1), (6, 2), (7, 4), (10, 32), (11, 60), (500, 60)],
)
def test_the_wait_doubles_up_to_a_minute(count: int, seconds: int) -> None:
    assert wait(Tries(count, NOW), free=5, now=NOW) == timedelta(seconds=seconds)


def test_the_wait_runs_out() -> None:
    tries = Tries(6, NOW)

    assert wait(tries, free=5, now=NOW + timedelta(seconds=1)) == timedelta(seconds=1)
    assert wait(tries, free=5, now=NOW + timedelta(seconds=2)) == timedelta(0)


def test_old_tries_are_forgotten() -> None:
    tries = Tries(50, NOW)

    assert wait(tries, free=5, now=NOW + FORGOTTEN_AFTER) == timedelta(0)
    assert counted(tries, now=NOW + FORGOTTEN_AFTER).count == 1


def test_each_try_adds_one() -> None:
    assert counted(counted(Tries(0, NOW), now=NOW), now=NOW) == Tries(2, NOW)
