"""What the page says after somebody worked on a reminder: by the service's word alone."""

from datetime import timedelta
from urllib.parse import parse_qs

import pytest

from services.portal.presenters import chores, frame
from shared.api.engagement import Outcome
from tests.unit.portal.test_today import SETTING, reminder

BACK = SETTING.now + timedelta(hours=3)


def said(outcome: Outcome, **fields: object) -> str:
    """The notice of the page one is sent to."""
    query = parse_qs("done=" + chores.noted(outcome, reminder().model_copy(update=fields)))
    return frame.notice(query["done"][0], query.get("back", [""])[0], SETTING)


@pytest.mark.parametrize(
    ("outcome", "fields", "words"),
    [
        (Outcome.NO_ANSWER, {"comes_back_at": BACK}, "comes back by itself: "),
        (Outcome.NO_ANSWER, {"comes_back_at": BACK, "escalated_to": 1}, "still knows"),
        (Outcome.CALL_BACK, {"comes_back_at": BACK}, f"at {BACK.astimezone(SETTING.zone):%H:%M}"),
        (Outcome.RESCHEDULE, {"comes_back_at": BACK, "escalated_to": 1}, "comes back by itself: "),
        (
            Outcome.NO_ANSWER,
            {"escalated_to": 1, "told_now": True},
            "The next person has been told.",
        ),
        (Outcome.NO_ANSWER, {"comes_back_at": BACK, "told_now": True}, "The next person has been"),
        (Outcome.NO_ANSWER, {"escalated_to": 3, "everybody_told": True}, "Everybody"),
        (Outcome.ESCALATE, {"everybody_told": True, "told_now": True}, "The next person has been"),
        (Outcome.REFUSED, {"escalated_to": 3, "everybody_told": True}, "Everybody"),
        (Outcome.REFUSED, {"comes_back_at": BACK, "everybody_told": True}, "comes back"),
        (Outcome.HAND_OVER, {"comes_back_at": BACK}, "on your colleague's list"),
        (Outcome.DONE, {}, "This is noted."),
    ],
)
def test_it_says_whether_it_comes_back_or_was_passed_on(
    outcome: Outcome, fields: dict[str, object], words: str
) -> None:
    assert words in said(outcome, **fields)


@pytest.mark.parametrize("back", ["", "tomorrow", "<b>", "0001-01-01T00:00+14:00"])
def test_a_time_nobody_can_read_is_left_out(back: str) -> None:
    assert frame.notice("comes-back", back, SETTING) == frame.NOTICES["comes-back"]
