"""The timeline from the day a phase began: what is listed, what is drawn, what can be chosen."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from services.portal.presenters import timelines
from services.portal.presenters.today import Setting
from shared.api.timeline import TimelineEntry

ADA, COURSE = UUID(int=1), UUID(int=2)
TODAY = date(2027, 5, 4)
SETTING = Setting(now=datetime.combine(TODAY, time(8), UTC), zone=ZoneInfo("Europe/London"))
HAPPENED = (
    (600, "confirmed", "50"),
    (500, "remission", "50"),
    (366, "dose-changed", "75"),
    (365, "assessment", None),
    (20, "taper-signed", "75"),
    (10, "dose-changed", "50"),
)
"""Days ago, kind, and the daily dose from then on."""


def timeline(zoom: str, *, but: str = "") -> timelines.Timeline:
    """What happened, but for one kind, seen from where a phase began."""
    entries = []
    for ago, kind, dose_mg in HAPPENED:
        if kind == but:
            continue
        on = TODAY - timedelta(days=ago)
        body = {"at": datetime.combine(on, time(12), UTC), "on": on, "kind": kind, "text": kind}
        body |= {"recorded_by": "system", "course_id": COURSE, "dose_mg": dose_mg}
        entries.append(TimelineEntry.model_validate(body))
    told = timelines.told([entries], [])
    return timelines.of(told, ADA, {"zoom": zoom} if zoom else {}, SETTING)


@pytest.mark.parametrize(
    ("zoom", "listed"), [("", 6), ("course", 6), ("remission", 5), ("year", 3), ("taper", 2)]
)
def test_what_is_listed_begins_with_the_phase(zoom: str, listed: int) -> None:
    seen = timeline(zoom)

    assert len(seen.events) == listed
    assert [one.href.partition("zoom=")[2] for one in seen.zooms if one.here] == [zoom]


def test_the_dose_of_that_day_is_carried_into_the_drawing() -> None:
    chart = timeline("taper").chart

    assert chart is not None
    assert [row[2] for row in chart.rows] == ["75 mg a day", "50 mg a day"]


def test_a_phase_that_nobody_has_reached_is_not_offered() -> None:
    offered = {one.title for one in timeline("", but="remission").zooms}

    assert offered == {one.title for one in timeline("").zooms} - {"Since remission"}
    assert "Since remission" not in offered


def test_a_phase_that_is_not_there_shows_everything() -> None:
    assert len(timeline("remission", but="remission").events) == len(HAPPENED) - 1
