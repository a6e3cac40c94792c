"""What a day writes, and how what is missing is judged."""

from collections import Counter

from services.assessment.domain.contact import MOST_CARERS
from tests.faults.compared import Compared
from tests.faults.mix import SHARES, WRITES_EACH, Kind, day_of
from tests.faults.tally import Tally, of_newcomers, wrong_in


def test_a_day_holds_every_kind_by_its_share_in_an_order_of_the_seed() -> None:
    day = day_of(7, 15_000)

    assert sum(SHARES.values()) == 100
    assert Counter(day) == {kind: share * 150 for kind, share in SHARES.items()}
    assert day == day_of(7, 15_000)
    assert day != day_of(8, 15_000)
    assert len(day_of(7, 101)) == 101


def test_nobody_gets_more_people_near_than_a_record_takes() -> None:
    people = 15_000 // WRITES_EACH
    for seed in range(5):
        day = enumerate(day_of(seed, 15_000))
        each = Counter(number % people for number, kind in day if kind is Kind.NEAR)
        assert max(each.values()) <= MOST_CARERS


def test_what_is_missing_is_lost_once_nothing_is_on_its_way() -> None:
    tallies = {
        Kind.FLAG: Tally(accepted=9, effects=6, lost=1, missing=2, doubled=0),
        Kind.NEAR: Tally(accepted=9, effects=8, lost=0, missing=1, doubled=4),
    }

    assert wrong_in(tallies, still=0) == Compared(lost=4, unknown=0, doubled=4)
    assert wrong_in(tallies, still=1) == Compared(lost=1, unknown=3, doubled=4)


def test_newcomers_count_like_the_others() -> None:
    assert of_newcomers(("a", "b", "c"), Compared(0, 0, 0)).exact
    assert of_newcomers(("a", "b", "c"), Compared(1, 1, 1)) == Tally(3, 1, 1, 1, 1)
