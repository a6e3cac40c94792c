"""The dose of support: days of contact a week (features.md (c) C3, quarter review)."""

from decimal import Decimal

import pytest

from services.engagement.domain.support.contact import Outcome, Purpose
from services.engagement.domain.support.doses import by_month
from tests.support.support import a_contact, a_miss, day

# The programme begins on Monday 5 January 2026; day 26 is the last of January.
HELD = [
    ("none", (), 26, 0, "0.0"),
    ("two on one day are one day", (7, 7), 26, 1, "0.2"),
    ("once a week", (4, 11, 18, 25), 26, 4, "0.9"),
    ("three a week", (4, 5, 6, 11, 12, 13, 18, 19, 20, 25, 26), 26, 11, "2.5"),
    ("half of the month has passed", (1, 4), 9, 2, "1.0"),
    ("the first week counts as a whole one", (1,), 1, 1, "1.0"),
]


@pytest.mark.parametrize(
    ("held", "until", "days", "a_week"), [row[1:] for row in HELD], ids=[row[0] for row in HELD]
)
def test_days_of_contact_a_week(held: tuple[int, ...], until: int, days: int, a_week: str) -> None:
    contacts = [a_contact(number) for number in held]

    (month,) = by_month([a_miss(0), *contacts], until=day(until))

    assert (month.days, month.days_a_week) == (days, Decimal(a_week))


def test_only_what_took_place_with_the_person_is_a_day_of_contact() -> None:
    others = [
        a_miss(7),
        a_contact(8, Outcome.CALLED_OFF),
        a_contact(9, purpose=Purpose.CARER, programme_id=None),
    ]

    (month,) = by_month([a_contact(2), *others], until=day(26))

    assert month.days == 1
