"""Support charted like a medicine: minutes, contacts and the ways of meeting, month by month."""

from datetime import date
from decimal import Decimal

from services.portal.presenters import doses
from shared.api.support import MonthBody

MODES = {"face-to-face": "Face to face", "video": "Video", "telephone": "Telephone"}


def month(number: int, **modes: int) -> MonthBody:
    counted = {code.replace("_", "-"): count for code, count in modes.items()}
    held = sum(counted.values())
    return MonthBody(
        first=date(2026, number, 1),
        contacts=held,
        days_a_week=Decimal(1),
        minutes=50 * held,
        missed=1,
        agreed=held + 1,
        modes=counted,
    )


def test_the_ways_of_meeting_are_drawn_and_written_month_by_month() -> None:
    months = [month(9, face_to_face=3, telephone=1), month(10, telephone=2), month(11)]

    drawn = doses.of_programme(months, "Choir", date(2026, 11, 20), MODES)

    assert drawn is not None
    assert [key.name for key in drawn.legend][1:] == ["Face to face", "Telephone"]
    how = drawn.columns.index("How they met")
    assert [row[how] for row in drawn.rows] == ["–", "2 telephone", "3 face to face, 1 telephone"]


def test_without_any_contact_there_is_nothing_to_draw() -> None:
    assert doses.of_programme([], "Choir", date(2026, 11, 20), MODES) is None
