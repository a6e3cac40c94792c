"""A course in words: the clock, what speaks against it, and what is left to do."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from services.portal.pages.course_records import RECORDS
from services.portal.presenters import courses, findings, record, words
from services.portal.presenters.drafts import Draft
from services.portal.presenters.today import Setting
from shared.api.treatment import (
    ClockBody,
    CourseBody,
    FindingBody,
    RemissionRecord,
    ResponseBody,
    ReviewBody,
)

TODAY = date(2027, 5, 4)
NOW = datetime(2027, 5, 4, 8, 0, tzinfo=UTC)
SETTING = Setting(now=NOW, zone=ZoneInfo("Europe/London"))
ADA = UUID(int=1)


def course(**changes: Any) -> CourseBody:
    body = CourseBody(
        course_id=UUID(int=2),
        version=4,
        patient_id=ADA,
        phase="continuation",
        drug="a-drug",
        drug_name="a drug",
        indication="depression",
        primary_instrument="phq-9",
        dose_mg=Decimal("50.000"),
        dose_text="one 50 mg tablet",
        target_dose_mg=Decimal(50),
        prescriber_id=UUID(int=3),
        starts_on=date(2026, 10, 1),
        started_on=date(2026, 10, 1),
        closed_on=None,
        titration=(),
        clock=clock(),
        response=ResponseBody(
            instrument="phq-9",
            baseline_total=14,
            baseline_on=date(2026, 10, 1),
            latest_total=None,
            latest_on=date(2027, 5, 1),
            category="unknown",
            remission_confirmed_on=None,
        ),
        reviews=(),
        findings=(),
        taper=None,
        signing=None,
        information_missing=False,
        actions=(),
    )
    return body.model_copy(update=changes)


def clock(**changes: Any) -> ClockBody:
    body = ClockBody(
        weeks_on_treatment=30,
        remission_on=date(2027, 1, 4),
        months=6,
        minimum_end_on=date(2027, 7, 4),
        six_months_on=date(2027, 7, 4),
        twelve_months_on=date(2028, 1, 4),
        review_on=date(2027, 7, 4),
        paused_days=0,
        rule="C-01",
        why="Every clock starts at remission.",
    )
    return body.model_copy(update=changes)


def finding(rule: str, level: str) -> FindingBody:
    return FindingBody.model_validate(
        {"rule": rule, "level": level, "detail": "d", "source": "s", "grade": "V1"}
    )


def test_without_remission_the_clock_says_so_and_counts_no_end() -> None:
    unclear = clock(
        remission_on=None,
        months=None,
        minimum_end_on=None,
        six_months_on=None,
        twelve_months_on=None,
        review_on=None,
    )

    said = courses.clock(course(clock=unclear), SETTING)

    assert said.line == "On treatment 30 weeks. Remission not recorded."
    assert said.facts == ()


def test_the_clock_counts_from_remission() -> None:
    facts = dict(courses.clock(course(), SETTING).facts)

    assert facts["Decision due"] == "Sun 4 July 2027, in 9 weeks"
    assert facts["Length chosen"] == "6 months after remission"


def test_a_missing_score_is_said_and_never_guessed() -> None:
    said = dict(courses.response(course(), SETTING))

    assert said["Latest"] == "not known, on Sat 1 May 2027"
    assert said["So far"] == "cannot be said yet"


def test_the_gravest_finding_comes_first_and_only_warnings_ask_for_a_reason() -> None:
    found = findings.findings([finding("a", "inform"), finding("b", "warn"), finding("c", "block")])

    assert [(one.rule, one.needs_reason) for one in found] == [
        ("c", False),
        ("b", True),
        ("a", False),
    ]


def test_a_review_is_a_link_only_while_the_service_offers_it() -> None:
    open_, shut = (
        ReviewBody(
            ordinal=ordinal,
            kind="decision-review",
            due_on=date(2027, 5, 1),
            for_role="prescriber",
            rule="C-03",
            done_at=None,
            actions=actions,
        )
        for ordinal, actions in ((1, ("review",)), (2, ()))
    )

    first, second = courses.reviews(course(reviews=(open_, shut)), SETTING)

    assert first.href.endswith("/reviews/1")
    assert second.href == ""
    assert first.overdue


@pytest.mark.parametrize(
    ("courses_known", "phase"),
    [
        ([], None),
        (["closed"], None),
        (["withdrawn", "draft"], "draft"),
        (["draft", "taper-active"], "taper-active"),
    ],
)
def test_the_current_course_is_the_one_that_is_lived(
    courses_known: list[str], phase: str | None
) -> None:
    known = [
        course(phase=one, started_on=None if one in {"draft", "withdrawn"} else TODAY)
        for one in courses_known
    ]

    found = record.current(known)

    assert (found.phase if found else None) == phase


@pytest.mark.parametrize(
    ("dose", "said"),
    [
        (Decimal("50.000"), "one tablet (50 mg a day)"),
        (Decimal("12.5"), "one tablet (12.5 mg a day)"),
        (Decimal("0.000"), "one tablet"),
    ],
)
def test_a_dose_is_said_in_what_to_take_and_in_milligrams(dose: Decimal, said: str) -> None:
    assert words.daily("one tablet", dose) == said


def test_what_was_left_empty_is_left_to_the_service() -> None:
    draft = Draft("key", {"episodes": ("1",), "risk_factors": ("isolation",)})

    body = RECORDS["remission"].body_from(draft)

    assert body == RemissionRecord(episodes=1, risk_factors=("isolation",))
    assert body.model_fields_set == {"episodes", "risk_factors"}


def test_every_record_is_a_route_of_treatment_with_fields_of_its_request() -> None:
    for kind in RECORDS.values():
        assert {*kind.fields, *kind.lists} <= set(kind.body.model_fields)


@pytest.mark.parametrize(
    ("kept", "shown"),
    [
        ("side-effects: a rash", "Side effects: a rash"),
        ("other: she asked for it", "she asked for it"),
        ("she asked: twice", "she asked: twice"),
        ("", ""),
    ],
)
def test_a_kept_reason_shows_no_code(kept: str, shown: str) -> None:
    assert courses.reasoned(kept) == shown
