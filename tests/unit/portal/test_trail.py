"""The audit trail as a file, and who looked at a record, day by day."""

from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from services.portal.presenters import looks, trail
from services.portal.presenters.today import Setting
from shared.api.body import Page
from shared.api.operations import AuditEntryBody, LookBody

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
NELL = UUID(int=1)
SETTING = Setting(now=NOW, zone=ZoneInfo("Europe/London"), staff={NELL: "Nell Hughes"})


def an_entry(reason: str) -> AuditEntryBody:
    return AuditEntryBody(
        seq=1,
        at=NOW,
        actor=f"staff:{NELL}",
        action="patient.read",
        object="patient:1",
        object_version=None,
        subject=None,
        reason=reason,
        correlation_id="c",
    )


@pytest.mark.parametrize("text", ["=cmd|'/C calc'!A0", "+1", "-1", "@SUM(A1)", "\tx", "\rx"])
def test_no_spreadsheet_calculates_what_an_entry_says(text: str) -> None:
    assert f"'{text}" in trail.csv_lines([an_entry(text)]).decode()


def test_a_comma_a_quote_and_a_new_line_stay_in_their_cell() -> None:
    assert trail.csv_lines([an_entry('a,"b"\nc')]).decode().endswith(',"a,""b""\nc",c\r\n')


def a_look(*, minutes: int, action: str, who: UUID = NELL, reason: str | None = None) -> LookBody:
    at = NOW - timedelta(minutes=minutes)
    return LookBody(at=at, actor=f"staff:{who}", action=action, reason=reason)


def test_looks_are_shown_as_far_back_as_every_service_has_told() -> None:
    whole = Page(items=tuple(a_look(minutes=m, action="patient.read") for m in (1, 20, 40)))
    cut = Page(
        items=tuple(a_look(minutes=m, action="courses.read") for m in (5, 15, 30)), next="more"
    )

    shown, older = looks.as_far_as_all_reach([whole, cut])

    assert [(NOW - one.at) // timedelta(minutes=1) for one in shown] == [1, 20, 5, 15]
    assert older == (NOW - timedelta(minutes=30)).isoformat()
    assert looks.until({"older": older}) == {"older": older}
    assert looks.until({"older": "yesterday"}) == {}
    assert looks.as_far_as_all_reach([whole]) == (list(whole.items), None)


def test_looks_of_one_person_on_one_day_are_one_line() -> None:
    found = [
        a_look(minutes=50, action="patient.read"),
        a_look(minutes=40, action="courses.read"),
        a_look(minutes=30, action="patient.read"),
        a_look(minutes=60 * 24, action="intake.read", reason="break-glass"),
        a_look(minutes=20, action="access.denied", reason="outside-relation"),
    ]

    days = looks.by_day(found, SETTING)

    assert [(one.who, one.times, one.parts, one.emergency, one.refused) for one in days] == [
        ("Nell Hughes", "11:40", "access.denied", False, True),
        ("Nell Hughes", "11:10 to 11:30", "details, courses", False, False),
        ("Nell Hughes", "12:00", "intake", True, False),
    ]
