"""Activities of the directory matched on interest, distance, cost and access needs.

Source: features row 70 (match on preference, distance, cost, access needs), R-40. What does not fit
is shown as not fitting and never hidden; what is not known is neither.
"""

from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from services.engagement.domain.support.directory import Activity, matches
from services.engagement.domain.support.profile import Profile
from tests.support.engagement import PATIENT

CHESS = Activity(
    activity_id=UUID(int=1),
    source_id="chess",
    name="Chess evening",
    organisation="Library",
    interests=("Chess",),
    access=("Step-free",),
    cost=Decimal(3),
    km=Decimal(5),
)
OPEN = Profile(patient_id=PATIENT)

FITS: list[tuple[str, dict[str, Any], dict[str, Any], tuple[str, str, str]]] = [
    ("nothing is asked for", {}, {}, ("", "", "")),
    ("an interest, whatever its case", {"interests": ("chess",)}, {}, ("interest", "", "")),
    ("another interest", {"interests": ("choir",)}, {}, ("", "", "interest")),
    ("as far as they go", {"within_km": 5}, {}, ("distance", "", "")),
    ("a little too far", {"within_km": 5}, {"km": Decimal("5.1")}, ("", "", "distance")),
    ("nobody knows how far", {"within_km": 5}, {"km": None}, ("", "distance", "")),
    ("as much as they can pay", {"most_cost": 3}, {}, ("cost", "", "")),
    ("a little too dear", {"most_cost": 3}, {"cost": Decimal("3.01")}, ("", "", "cost")),
    ("nothing to spend, and it is free", {"most_cost": 0}, {"cost": Decimal(0)}, ("cost", "", "")),
    ("nothing to spend", {"most_cost": 0}, {}, ("", "", "cost")),
    ("the price in our own currency", {"most_cost": 3}, {"currency": "GBP"}, ("cost", "", "")),
    ("too dear in our own", {"most_cost": 2}, {"currency": "GBP"}, ("", "", "cost")),
    ("another currency is not compared", {"most_cost": 9}, {"currency": "PLN"}, ("", "cost", "")),
    ("free is free", {"most_cost": 0}, {"cost": Decimal(0), "currency": "PLN"}, ("cost", "", "")),
    ("nobody knows what it costs", {"most_cost": 3}, {"cost": None}, ("", "cost", "")),
    ("an access need that is met", {"access_needs": ("step-free",)}, {}, ("step-free", "", "")),
    ("one that is not", {"access_needs": ("hearing loop",)}, {}, ("", "", "hearing loop")),
    ("access is not said", {"access_needs": ("ramp",)}, {"access": ()}, ("", "ramp", "")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("wanted", "offered", "said"), [row[1:] for row in FITS], ids=[row[0] for row in FITS]
)
def test_what_fits_what_does_not_and_what_is_unknown(
    wanted: dict[str, Any], offered: dict[str, Any], said: tuple[str, str, str]
) -> None:
    (match,) = matches([replace(CHESS, **offered)], replace(OPEN, **wanted), "GBP")

    assert tuple(", ".join(one) for one in (match.fits, match.unknown, match.against)) == said


def test_what_fits_best_comes_first_and_nothing_active_is_hidden() -> None:
    wish = replace(OPEN, interests=("chess",), within_km=5)
    made = {
        "near and wanted": {},
        "wanted, nobody knows how far": {"km": None},
        "near and not asked for": {"interests": ("choir",)},
        "far and not asked for": {"interests": (), "km": Decimal(9)},
        "not offered any more": {"active": False},
    }
    activities = [replace(CHESS, name=name, **changes) for name, changes in made.items()]

    found = matches(reversed(activities), wish, "GBP")

    assert [one.activity.name for one in found] == list(made)[:-1]
