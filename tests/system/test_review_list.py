"""What treatment asks of people arrives on the list they work from, in every service's own data."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from shared.runtime.demo_clock import DemoClock
from tests.system.clinic import Clinic
from tests.system.walk import STARTED_WELL

pytestmark = [pytest.mark.system, pytest.mark.timeout(600)]

PRESCRIBER, NURSE = "amara", "nell"
BASELINE = sum(STARTED_WELL["phq-9"])


async def test_the_watch_and_the_review_list_arrive_where_people_work(clinic: Clinic) -> None:
    await until_noon(clinic)
    person = await somebody_without_a_course(clinic)
    await score(clinic, person)
    course = await begin(clinic, person)
    started = course["starts_on"]

    await let_pass(clinic, timedelta(days=1))
    first = await on_the_list(clinic, person, "serotonin-watch")
    assert [row["due_on"] for row in first] == [day_after(started, 1)]

    changed = await clinic.post(
        PRESCRIBER,
        f"treatment/courses/{course['course_id']}/dose-changes",
        {
            "dose_mg": "75",
            "effective_on": day_after(started, 1),
            "reason": "agreed at once",
            "code": "not-enough-effect",
            "acknowledgements": answers(course),
        },
        version=course["version"],
    )
    assert changed["dose_mg"] == "75"
    await let_pass(clinic, timedelta(days=1))
    after = await on_the_list(clinic, person, "serotonin-watch")
    assert {row["due_on"] for row in after} == {day_after(started, 1), day_after(started, 2)}

    await let_pass(clinic, timedelta(days=27))
    await score(clinic, person)

    asked = await on_the_list(clinic, person, "not-improving-review")
    assert [row["due_on"] for row in asked] == [day_after(started, 29)]
    shown = await clinic.get(PRESCRIBER, f"treatment/courses/{course['course_id']}")
    assert [reading["total"] for reading in shown["response"]["readings"]][-2:] == [
        BASELINE,
        BASELINE,
    ]


async def on_the_list(clinic: Clinic, person: str, kind: str) -> list[Mapping[str, Any]]:
    """The rows of the team's list that stand for the open reviews of that kind."""
    await let_pass(clinic, timedelta())
    courses = await clinic.get(PRESCRIBER, f"treatment/patients/{person}/courses")
    ordinals = {
        review["ordinal"]
        for course in courses["items"]
        for review in course["reviews"]
        if review["kind"] == kind and review["done_at"] is None
    }
    path = f"engagement/worklist?scope=team&patient_id={person}&limit=100"
    rows = (await clinic.get(NURSE, path))["items"]
    return [
        row
        for row in rows
        if row["key"]["kind"] == "course-review" and row["key"]["ordinal"] in ordinals
    ]


async def let_pass(clinic: Clinic, span: timedelta) -> None:
    """Move every service's clock, and wait until nothing is on its way any more."""
    demo = DemoClock(clinic.session, clinic.services, await clinic.token("oona"))
    await demo.advance(span, moved=lambda _state: None)


async def until_noon(clinic: Clinic) -> None:
    """Whatever the time is here: the day's reminders are out, and the day is not over."""
    now = datetime.fromisoformat((await clinic.get("oona", "treatment/clock"))["now"])
    noon = now.replace(hour=12, minute=0, second=0, microsecond=0)
    await let_pass(clinic, (noon if noon > now else noon + timedelta(days=1)) - now)


async def score(clinic: Clinic, person: str) -> None:
    form = await clinic.get(NURSE, "assessment/instruments/phq-9")
    items = [item["code"] for item in form["items"] if item["scored"]]
    values = STARTED_WELL["phq-9"]
    found = await clinic.post(
        NURSE,
        f"assessment/patients/{person}/assessments",
        {"instrument": "phq-9", "answers": dict(zip(items, values, strict=True))},
    )
    assert found["total"] == BASELINE


async def begin(clinic: Clinic, person: str) -> dict[str, Any]:
    """A course from today, signed."""
    path = f"treatment/patients/{person}/health-profile"
    known = await clinic.get(NURSE, path)
    await clinic.put(NURSE, path, {"conditions": [], "medicines": []}, version=known["version"])
    proposed = await clinic.post(
        PRESCRIBER,
        "treatment/courses",
        {
            "patient_id": person,
            "drug": "sertraline",
            "indication": "depression",
            "start_dose_mg": "50",
            "starts_on": (await clinic.get("oona", "treatment/clock"))["now"][:10],
            "primary_instrument": "phq-9",
            "suicide_concern": False,
        },
    )
    signature = await clinic.sign(PRESCRIBER, proposed["signing"])
    return dict(
        await clinic.post(
            PRESCRIBER,
            f"treatment/courses/{proposed['course_id']}/confirm",
            {"signature": signature, "acknowledgements": answers(proposed)},
            version=proposed["version"],
        )
    )


def answers(course: Mapping[str, Any]) -> list[dict[str, str]]:
    return [
        {"rule": finding["rule"], "reason": "seen and weighed", "code": "monitored-closely"}
        for finding in course["findings"]
        if finding["level"] in {"warn", "strong-warn"}
    ]


async def somebody_without_a_course(clinic: Clinic) -> str:
    people = (await clinic.get(PRESCRIBER, "assessment/patients?limit=200"))["items"]
    for person in people:
        path = f"treatment/patients/{person['patient_id']}/courses"
        courses = (await clinic.get(PRESCRIBER, path))["items"]
        if all(one["phase"] == "withdrawn" for one in courses) and not person["open_flags"]:
            return str(person["patient_id"])
    raise AssertionError("everybody in the demo takes something")


def day_after(day: str, days: int) -> str:
    return (date.fromisoformat(day) + timedelta(days=days)).isoformat()
