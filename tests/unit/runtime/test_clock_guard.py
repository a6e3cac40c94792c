"""A wrong clock makes nothing due too early (reliability.md 2.10: 30 seconds, 5 minutes)."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.runtime.clock_guard import ClockGuard

TRUE = datetime(2027, 3, 28, 0, 30, tzinfo=UTC)


def compared(*, database_s: float = 0, wall_s: float = 0, passed_s: float = 60) -> ClockGuard:
    """A minute after the start by the truth; each clock off by so many seconds."""
    guard = ClockGuard(started_at=TRUE - timedelta(seconds=60), started_s=1000.0)
    guard.compare(
        TRUE + timedelta(seconds=database_s),
        wall=TRUE + timedelta(seconds=wall_s),
        elapsed_s=1000.0 + passed_s,
    )
    return guard


@pytest.mark.parametrize(
    ("off", "suspect", "held_back_s", "ready"),
    [
        pytest.param({}, False, 0, True, id="all agree"),
        pytest.param({"database_s": 30}, False, 0, True, id="database 30 s ahead is tolerated"),
        pytest.param({"database_s": 31}, True, 31, True, id="database 31 s ahead is held back"),
        pytest.param({"database_s": 3600}, True, 3600, False, id="database an hour ahead"),
        pytest.param(
            {"database_s": -3600}, True, 0, False, id="database an hour behind is only late"
        ),
        pytest.param(
            {"wall_s": 3600}, True, 0, False, id="this machine an hour ahead changes nothing"
        ),
        pytest.param(
            {"wall_s": -3600}, True, 3600, False, id="this machine an hour behind holds back"
        ),
        pytest.param(
            {"database_s": 86400, "wall_s": 86400}, True, 86400, True, id="both stepped on by a day"
        ),
        pytest.param({"database_s": 300}, True, 300, True, id="five minutes apart still serves"),
        pytest.param({"database_s": 301}, True, 301, False, id="more than five minutes does not"),
        pytest.param({"passed_s": 91}, True, 0, True, id="both clocks slow by 31 s is only late"),
    ],
)
def test_only_what_is_due_by_all_clocks_is_handled(
    off: dict[str, float], suspect: bool, held_back_s: float, ready: bool
) -> None:
    guard = compared(**off)

    assert guard.is_suspect is suspect
    assert guard.is_ready is ready
    assert guard.cautious(TRUE) == TRUE - timedelta(seconds=held_back_s)


def test_clocks_that_agree_again_hold_nothing_back() -> None:
    guard = compared(database_s=3600)
    guard.compare(TRUE, wall=TRUE, elapsed_s=1060.0)

    assert not guard.is_suspect
    assert guard.cautious(TRUE) == TRUE
