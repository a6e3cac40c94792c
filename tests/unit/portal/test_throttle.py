"""Guessing gets slow; nobody is locked out for good."""

from datetime import UTC, datetime, timedelta

import pytest

from services.portal.identity.throttle import FORGOTTEN_AFTER, Tries, counted, given_back, wait

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


def test_a_success_leaves_things_as_they_were_without_it() -> None:
    before = Tries(3, NOW)
    later = NOW + timedelta(minutes=10)
    counting = counted(before, now=later)

    assert given_back(counting, before=before, counted_at=later) == before
    meanwhile = counted(counting, now=later + timedelta(seconds=1))
    left = given_back(meanwhile, before=before, counted_at=later)
    assert left == Tries(4, meanwhile.last_at)


def test_a_success_after_what_was_forgotten_leaves_nothing() -> None:
    later = NOW + FORGOTTEN_AFTER
    counting = counted(Tries(30, NOW), now=later)

    assert given_back(counting, before=Tries(30, NOW), counted_at=later).count == 0
    assert given_back(Tries(0, NOW), before=Tries(0, NOW), counted_at=NOW).count == 0
