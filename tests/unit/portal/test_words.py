"""Dates, spans, names and codes as people say them."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from services.portal.presenters import words

TODAY = date(2027, 5, 1)
LONDON = ZoneInfo("Europe/London")
NOW = datetime(2027, 5, 1, 7, 0, tzinfo=UTC)
ADA = UUID("11111111-1111-1111-1111-111111111111")


@dataclass(frozen=True)
class Somebody:
    """What a service says of when somebody was born."""

    birth_date: date | None
    birth_year: int | None = None
    erased_on: date | None = None


@pytest.mark.parametrize(
    ("day", "said"),
    [
        (date(2027, 4, 30), "Fri 30 April 2027, yesterday"),
        (date(2027, 5, 1), "Sat 1 May 2027, today"),
        (date(2027, 5, 2), "Sun 2 May 2027, tomorrow"),
        (date(2027, 5, 4), "Tue 4 May 2027, in 3 days"),
        (date(2027, 4, 18), "Sun 18 April 2027, 13 days ago"),
        (date(2027, 5, 15), "Sat 15 May 2027, in 2 weeks"),
        (date(2027, 7, 23), "Fri 23 July 2027, in 12 weeks"),
        (date(2027, 7, 24), "Sat 24 July 2027, in 3 months"),
        (date(2026, 11, 1), "Sun 1 November 2026, 6 months ago"),
        (date(2030, 4, 29), "Mon 29 April 2030, in 36 months"),
        (date(2051, 9, 9), "Sat 9 September 2051, in 24 years"),
    ],
)
def test_a_day_names_its_weekday_and_its_distance(day: date, said: str) -> None:
    assert words.when(day, today=TODAY) == said


@pytest.mark.parametrize(
    ("gap", "said"),
    [
        (timedelta(0), "Sat 1 May 2027 at 08:00, now"),
        (timedelta(minutes=20), "Sat 1 May 2027 at 08:20, in 20 minutes"),
        (timedelta(hours=-3), "Sat 1 May 2027 at 05:00, 3 hours ago"),
        (timedelta(days=1), "Sun 2 May 2027 at 08:00, tomorrow"),
    ],
)
def test_a_moment_counts_minutes_on_its_own_day(gap: timedelta, said: str) -> None:
    assert words.moment(NOW + gap, zone=LONDON, now=NOW) == said


def test_a_moment_is_said_in_the_clinics_zone() -> None:
    in_tokyo = words.moment(NOW, zone=ZoneInfo("Asia/Tokyo"), now=NOW)

    assert in_tokyo == "Sat 1 May 2027 at 16:00, now"


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        (1, "1 minute"),
        (59, "59 minutes"),
        (60, "1 hour"),
        (47 * 60, "47 hours"),
        (48 * 60, "2 days"),
        (20 * 24 * 60, "3 weeks"),
    ],
)
def test_lateness_grows_from_minutes_to_weeks(minutes: int, said: str) -> None:
    assert words.lateness(minutes) == said


@pytest.mark.parametrize(
    ("birth_date", "age"),
    [(date(1956, 5, 1), 71), (date(1956, 5, 2), 70), (date(1960, 2, 29), 67)],
)
def test_a_birthday_counts_on_its_day(birth_date: date, age: int) -> None:
    assert words.born(Somebody(birth_date), today=TODAY).endswith(f", {age} years")


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("course-review", "Course review"),
        ("prolonged-qt", "Prolonged QT"),
        ("cbt", "CBT"),
        ("no_answer", "No answer"),
    ],
)
def test_a_code_becomes_words(code: str, said: str) -> None:
    assert words.plain(code) == said


@pytest.mark.parametrize(
    ("actor", "said"),
    [
        (f"staff:{ADA}", "Nell Hughes"),
        ("rule:T-06@3", "the system, by rule T-06"),
        ("service:engagement", "the system"),
        ("patient:22222222-2222-2222-2222-222222222222", "the person themselves"),
        (
            "staff:33333333-3333-3333-3333-333333333333",
            "somebody who is not in the staff list",
        ),
        ("staff:not-an-id", "the system"),
    ],
)
def test_whoever_recorded_something_is_named(actor: str, said: str) -> None:
    assert words.who_recorded(actor, {ADA: "Nell Hughes"}) == said


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (datetime(2027, 5, 1, 16, 25, tzinfo=UTC), "today at 17:25, in 9 hours"),
        (datetime(2027, 5, 1, 23, 0, tzinfo=UTC), "the end of today"),
        (datetime(2027, 5, 2, 23, 0, tzinfo=UTC), "the end of Sun 2 May 2027, tomorrow"),
        (datetime(2027, 5, 2, 8, 0, tzinfo=UTC), "Sun 2 May 2027 at 09:00, tomorrow"),
    ],
)
def test_a_deadline_at_midnight_is_the_end_of_the_day_before(at: datetime, said: str) -> None:
    assert words.deadline(at, zone=LONDON, now=NOW) == said


def test_a_services_sentence_says_its_dates_as_everywhere_else() -> None:
    said = words.spoken("Step 1 may not start before 2026-11-26.")

    assert said == "Step 1 may not start before Thu 26 November 2026."
    assert words.spoken("Rule 2026-99-99 stays.") == "Rule 2026-99-99 stays."


def test_nobody_is_born_in_the_year_1() -> None:
    """What services say of somebody erased whom a backup brought back, or without the keys."""
    for nobody in (Somebody(date.min), Somebody(None), Somebody(date.min, erased_on=TODAY)):
        assert words.birth(nobody, today=TODAY) == words.birth_day(nobody) == "not known"
        assert words.born(nobody, today=TODAY) == ""
    assert words.born(Somebody(date(1984, 2, 29)), today=TODAY) == "born 29 February 1984, 43 years"


@pytest.mark.parametrize(
    "erased",
    [
        Somebody(None, 1961),
        Somebody(date(1961, 1, 1), 1961, erased_on=TODAY),
        Somebody(date(1961, 1, 1), erased_on=TODAY),
    ],
    ids=["told as null", "told beside", "told by an earlier release"],
)
def test_a_year_is_never_a_day(erased: Somebody) -> None:
    """An erased date of birth is no first of January."""
    assert words.born(erased, today=TODAY) == "born 1961 (day erased)"
    assert words.birth(erased, today=TODAY) == "1961 (day erased)"
    assert words.birth_day(erased) == "1961 (day erased)"


def test_somebody_born_on_the_first_of_january_has_a_birthday() -> None:
    assert words.born(Somebody(date(1961, 1, 1)), today=TODAY) == "born 1 January 1961, 66 years"
