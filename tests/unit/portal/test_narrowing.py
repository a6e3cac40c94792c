"""Which part of the list is wanted, from an address to rows."""

import pytest

from services.portal.presenters import narrowing, today
from services.portal.presenters.narrowing import Narrowing
from services.portal.presenters.today import Sources
from shared.api.engagement import Acknowledged, Action, Meaning, Section
from tests.unit.portal.test_today import NELL, NOW, SETTING, _key, due, flag, reminder

WHOLE = today.grouped(
    Sources(
        due=[due(key=_key(9, "change-day"), action=Action.TAKE_STEP, course_id=NELL)],
        reminders=[
            reminder(),
            reminder(
                key=_key(3),
                patient_id=NELL,
                section=Section.WAITING,
                patient_name="Zo\u00eb M\u00fcller-Ortiz",
                acknowledged=Acknowledged(by=NELL, at=NOW, meaning=Meaning.SEEN),
            ),
        ],
        flags=[flag()],
    ),
    SETTING,
)


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        (Narrowing(view="team"), 4),
        (Narrowing(view="team", section=Section.WAITING), 1),
        (Narrowing(view="team", work=Action.TAKE_STEP), 1),
        (Narrowing(view="team", work=Action.ANSWER_FLAG), 1),
        (Narrowing(view="team", free=True), 3),
        (Narrowing(view="team", name="ortiz"), 1),
        (Narrowing(view="team", name="zoe mul"), 1),
        (Narrowing(view="team", name="rtiz"), 0),
        (Narrowing(view="team", section=Section.OVERDUE), 0),
    ],
)
def test_the_rows_that_are_wanted(wanted: Narrowing, count: int) -> None:
    groups = narrowing.narrowed(WHOLE, wanted)

    assert sum(len(group.rows) for group in groups) == count


def test_an_address_says_all_but_a_name_and_what_it_does_not_know_is_left_out() -> None:
    query = {"view": "team", "section": "overdue", "work": "check-in", "free": "true", "name": "x"}

    wanted = narrowing.read(query, usual_view="mine")

    assert wanted == Narrowing(
        view="team", section=Section.OVERDUE, work=Action.CHECK_IN, free=True
    )
    assert wanted.rows_href == "/list?view=team&section=overdue&work=check-in&free=true"
    assert "Ada" not in narrowing.looked_for(wanted, "Ada").rows_href
    odd = narrowing.read(
        {"view": "all", "section": "x", "work": "../", "free": "1"}, usual_view="mine"
    )
    assert odd == Narrowing(view="mine")
