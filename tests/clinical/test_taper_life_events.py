"""T-22: no step of a taper starts in the 14 days before or after a life event, both included.

Source: evidence pack T-22, "do not start a step in the 14 days before or after a flagged life
event" (V2 idea, numbers PD).
"""

from datetime import date, timedelta
from uuid import UUID

import pytest

from services.treatment.domain.life_events import LifeEvent, in_the_way
from tests.support.courses import BOOK

DAYS = BOOK.steps.check_in.life_event_days
ON = date(2026, 6, 1)


def days(number: int) -> timedelta:
    return timedelta(days=number)


def an_event(no_step_before: int | None = None, *, number: int = 1, on: date = ON) -> LifeEvent:
    """``no_step_before``: days after it, as engagement asks; None: only treatment knows of it."""
    return LifeEvent(
        id=UUID(int=number),
        patient_id=UUID(int=9),
        kind="bereavement",
        on=on,
        no_step_before=None if no_step_before is None else on + days(no_step_before),
    )


# days from the event to the step, what engagement asks for, whether the step is held
STEPS = [
    (-15, None, False),
    (-14, None, True),
    (0, None, True),
    (14, None, True),
    (15, None, False),
    (-15, 15, False),
    (-14, 15, True),
    (14, 15, True),
    (15, 15, False),
    (14, 14, True),  # as engagement asked until it counted the fourteenth day
    (15, 14, False),
    (20, 21, True),  # who asks for more gets more
    (21, 21, False),
]


@pytest.mark.parametrize(("away", "asked", "held"), STEPS)
def test_which_steps_a_life_event_holds(away: int, asked: int | None, held: bool) -> None:
    event = an_event(asked)

    assert DAYS == 14
    assert event.is_near(ON + days(away), days=DAYS) is held
    assert (in_the_way([event], ON + days(away), days=DAYS) is not None) is held


def test_of_two_events_the_one_that_holds_longer_is_named() -> None:
    first, second = an_event(), an_event(number=2, on=ON + days(3))

    assert in_the_way([second, first], ON + days(5), days=DAYS) == second
    assert in_the_way([first, second], ON + days(17), days=DAYS) == second
    assert in_the_way([first, second], ON + days(18), days=DAYS) is None
