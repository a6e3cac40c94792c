"""The feed a person's own calendar subscribes to, on both databases, read back by two readers."""

import hashlib
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import icalendar
import pytest
import vobject

from shared.api.identity import Role
from shared.events.assessment import (
    PatientDetails,
    PatientDetailsChanged,
    PatientLeftCare,
    PatientState,
)
from tests.support.callers import Answer
from tests.support.databases import Databases
from tests.support.sentinel import FAMILY, GIVEN
from tests.support.treatment import CONTENT, ENROLLED_ON, NURSE, PATIENT, Clinic, clinic_on

LINKS = f"patients/{PATIENT}/calendar-links"
SECRET = "s3cret-" + "x" * 40
OTHER_SECRET = "another-" + "y" * 40
LONDON = ZoneInfo("Europe/London")


@pytest.fixture
async def clinic(databases: Databases) -> AsyncIterator[Clinic]:
    """A clinic on either database."""
    async with clinic_on(databases) as served:
        yield served


async def linked(clinic: Clinic, secret: str = SECRET, **titles: str) -> Answer:
    body = {
        "secret_sha256": hashlib.sha256(secret.encode()).hexdigest(),
        "change_title": "Blue day",
        "check_in_title": "Call",
    }
    return await clinic.nurse.post(LINKS, body | titles)


async def opened(clinic: Clinic, secret: str = SECRET) -> Answer:
    portal = clinic.site.caller(UUID(int=0), Role.SERVICE, teams=())
    return await portal.post("calendar-links/open", {"secret": secret})


async def feed(clinic: Clinic, secret: str = SECRET) -> str:
    answer = await opened(clinic, secret)
    assert answer.status == 200, answer.json
    return str(answer.json["calendar"])


def events(text: str) -> dict[str, Any]:
    """The events by UID, as icalendar reads them; every one must be read the same by vobject."""
    found = {str(one["UID"]): one for one in icalendar.Calendar.from_ical(text).walk("VEVENT")}
    second = {one.uid.value: one for one in vobject.readOne(text).vevent_list}
    assert found.keys() == second.keys()
    for uid, one in found.items():
        other = second[uid]
        assert other.sequence.value == str(one["SEQUENCE"])
        assert other.status.value == one["STATUS"]
        assert other.summary.value == str(one["SUMMARY"])
        assert same_instant(other.dtstart.value, one["DTSTART"].dt)
        assert same_instant(other.dtend.value, one["DTEND"].dt)
    return found


def same_instant(one: date | datetime, other: date | datetime) -> bool:
    if isinstance(one, datetime) and isinstance(other, datetime):
        return one.astimezone(UTC) == other.astimezone(UTC)
    return one == other


def days(found: dict[str, Any], title: str, status: str = "CONFIRMED") -> list[date]:
    shown = [one for one in found.values() if (one["SUMMARY"], one["STATUS"]) == (title, status)]
    return sorted(
        one["DTSTART"].dt.date() if isinstance(one["DTSTART"].dt, datetime) else one["DTSTART"].dt
        for one in shown
    )


async def test_the_feed_has_the_days_of_the_plan_in_the_words_the_person_chose(clinic):
    course = await clinic.tapering_course()
    made = await linked(clinic)
    assert made.status == 201, made.json
    step = course["taper"]["steps"][0]

    found = events(await feed(clinic))

    assert days(found, "Blue day") == [date.fromisoformat(step["change_on"])]
    taken = await clinic.take_next_step(course["course_id"])
    found = events(await feed(clinic))
    lived = taken["taper"]["steps"][0]
    assert days(found, "Call") == [
        date.fromisoformat(lived["check_in_early_on"]),
        date.fromisoformat(lived["check_in_gate_on"]),
    ]


async def test_a_change_is_a_whole_day_and_a_call_has_the_clinics_time(clinic):
    course = await clinic.tapering_course()
    await linked(clinic)
    await clinic.take_next_step(course["course_id"])

    for one in events(await feed(clinic)).values():
        starts, ends = one["DTSTART"].dt, one["DTEND"].dt
        if one["SUMMARY"] == "Blue day":
            assert (type(starts), ends - starts) == (date, timedelta(days=1))
        else:
            assert one["DTSTART"].params["TZID"] == "Europe/London"
            assert (starts.time(), ends - starts) == (time(9), timedelta(minutes=30))


@pytest.mark.parametrize(
    ("taken_on", "offsets"),
    [
        # clocks go forward on 29 March 2026 and back on 25 October 2026
        ("2026-03-27", {timedelta(hours=1)}),
        ("2026-10-23", {timedelta(0)}),
        ("2026-03-10", {timedelta(0)}),
    ],
)
async def test_nine_o_clock_stays_nine_o_clock_over_a_change_of_the_clocks(
    clinic, taken_on, offsets
):
    course = await clinic.start_course()
    await clinic.on(taken_on)
    course = await clinic.course(course["course_id"])
    draft = await clinic.draft_taper(
        course, starts_on=taken_on, early_reason="the person asks for it"
    )
    assert draft.status == 201, draft.json
    assert (await clinic.sign_taper(draft.json)).status == 200
    await linked(clinic)
    await clinic.take_next_step(course["course_id"])

    text = await feed(clinic)

    early = min(
        (one for one in events(text).values() if one["SUMMARY"] == "Call"),
        key=lambda one: one["DTSTART"].dt,
    )
    starts = early["DTSTART"].dt
    assert starts.replace(tzinfo=LONDON).utcoffset() in offsets
    assert starts.time() == time(9)
    # the second reader has no zone files: it calculates with the VTIMEZONE of the feed alone
    other = next(
        one for one in vobject.readOne(text).vevent_list if one.uid.value == str(early["UID"])
    )
    assert other.dtstart.value.utcoffset() in offsets


async def test_a_hold_moves_what_is_ahead_with_the_same_uid_and_a_higher_sequence(clinic):
    course = await clinic.tapering_course()
    await linked(clinic)
    taken = await clinic.take_next_step(course["course_id"])
    before = events(await feed(clinic))
    await clinic.on(clinic.today + timedelta(days=1))

    body = {"plan_version": 1, "days": 5, "reason": "dizzy since Monday"}
    held = await clinic.nurse.post(f"courses/{taken['course_id']}/hold", body)
    assert held.status == 200, held.json

    after = events(await feed(clinic))
    assert after.keys() == before.keys()
    gate = held.json["taper"]["steps"][0]["check_in_gate_on"]
    moved = [uid for uid in after if after[uid]["DTSTART"].dt != before[uid]["DTSTART"].dt]
    assert date.fromisoformat(gate) in days({uid: after[uid] for uid in moved}, "Call")
    for uid, one in after.items():
        rose = one["SEQUENCE"] - before[uid]["SEQUENCE"]
        assert rose == (1 if uid in moved else 0)
        assert (one["LAST-MODIFIED"].dt > before[uid]["LAST-MODIFIED"].dt) == (uid in moved)


async def test_a_scheduled_step_that_a_hold_takes_back_is_called_off_and_comes_back(clinic):
    course = await clinic.tapering_course()
    await linked(clinic)
    taken = await clinic.take_next_step(course["course_id"])
    await clinic.on(taken["taper"]["steps"][0]["check_in_gate_on"])
    opened_gate = (await clinic.check_in(taken, "gate")).json["course"]
    change_on = date.fromisoformat(opened_gate["taper"]["steps"][1]["change_on"])
    before = events(await feed(clinic))
    uid = next(uid for uid, one in before.items() if one["DTSTART"].dt == change_on)

    body = {"plan_version": 1, "days": 4, "reason": "dizzy since Monday"}
    assert (await clinic.nurse.post(f"courses/{taken['course_id']}/hold", body)).status == 200
    off = events(await feed(clinic))[uid]

    assert (off["STATUS"], off["SEQUENCE"]) == ("CANCELLED", before[uid]["SEQUENCE"] + 1)
    assert not list(off.walk("VALARM"))
    held = await clinic.course(taken["course_id"])
    await clinic.on(held["taper"]["steps"][-1]["check_in_gate_on"])
    again = (await clinic.check_in(held, "gate")).json["course"]
    back = events(await feed(clinic))[uid]
    assert (back["STATUS"], back["SEQUENCE"]) == ("CONFIRMED", before[uid]["SEQUENCE"] + 2)
    assert back["DTSTART"].dt == date.fromisoformat(again["taper"]["steps"][-1]["change_on"])


async def test_a_superseded_plan_stays_in_the_feed_as_called_off(clinic):
    course = await clinic.tapering_course()
    await linked(clinic)
    taken = await clinic.take_next_step(course["course_id"])
    before = events(await feed(clinic))
    change = await clinic.propose_change(taken, "step-back", on=clinic.today.isoformat())
    assert change.status == 201, change.json
    assert events(await feed(clinic)) == before  # nothing changes before it is signed

    assert (await clinic.sign_change(change.json)).status == 200
    after = events(await feed(clinic))

    assert before.keys() <= after.keys()
    assert days({uid: after[uid] for uid in before}, "Call") == []
    assert len(days(after, "Call", "CANCELLED")) == 2
    assert days(after, "Blue day") == days(before, "Blue day")  # that day was lived
    now = await clinic.course(taken["course_id"])
    if now["taper"]["status"] == "active":
        expected = now["taper"]["steps"][0]["check_in_gate_on"]
        assert date.fromisoformat(expected) in days(after, "Call")


async def test_the_looks_after_the_last_dose_are_in_the_feed(clinic):
    course = await clinic.tapering_course()
    await linked(clinic)
    current = course
    while current["phase"] != "stopped-watch":
        current = await clinic.take_next_step(course["course_id"])
        if current["phase"] == "stopped-watch":
            break
        await clinic.on(current["taper"]["steps"][-1]["check_in_gate_on"])
        answer = await clinic.check_in(current, "gate")
        assert answer.json["proposal"]["action"] == "next-step", answer.json
    looks = {date.fromisoformat(look["due_on"]) for look in current["taper"]["surveillance"]}
    assert looks
    assert looks <= set(days(events(await feed(clinic)), "Call"))


async def test_the_same_days_give_the_same_bytes(clinic):
    course = await clinic.tapering_course()
    await linked(clinic)
    once = await feed(clinic)
    await clinic.on(clinic.today + timedelta(days=1))

    assert await feed(clinic) == once
    await clinic.take_next_step(course["course_id"])
    assert await feed(clinic) != once


async def test_the_feed_says_neither_what_nor_how_much_nor_who(clinic):
    course = await clinic.tapering_course()
    await linked(clinic)
    await clinic.take_next_step(course["course_id"])

    text = (await feed(clinic)).replace("\r\n ", "").casefold()

    for word in (*CONTENT.drugs, "mg", "taper", "dose", "withdrawal", "check-in", str(PATIENT)):
        assert word not in text
    assert GIVEN.casefold() not in text
    assert FAMILY.casefold() not in text
    assert str(course["course_id"]) not in text
    assert str(course["taper"]["plan_id"]) not in text


async def test_lines_are_folded_at_75_octets_and_end_as_the_standard_says(clinic):
    await clinic.tapering_course()
    await linked(clinic, change_title="Ä" * 60)

    text = await feed(clinic)

    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    assert text.endswith("END:VCALENDAR\r\n")
    assert days(events(text), "Ä" * 60)
    whole = icalendar.Calendar.from_ical(text)
    assert (whole["VERSION"], whole["METHOD"]) == ("2.0", "PUBLISH")


async def test_a_link_that_was_taken_back_opens_nothing(clinic):
    await clinic.tapering_course()
    made = (await linked(clinic)).json
    assert (await opened(clinic)).status == 200
    path = f"calendar-links/{made['calendar_link_id']}/revoke"

    gone = await clinic.nurse.post(path, {})
    again = await clinic.nurse.post(path, {})

    assert (gone.status, gone.json["actions"]) == (200, [])
    assert (again.status, again.json["code"]) == (409, "already-done")
    never = await opened(clinic, OTHER_SECRET)
    revoked = await opened(clinic)
    assert (revoked.status, never.status) == (404, 404)
    assert revoked.json["detail"] == never.json["detail"]


async def test_a_new_link_ends_the_one_before(clinic):
    await clinic.tapering_course()
    await linked(clinic)

    assert (await linked(clinic, OTHER_SECRET, change_title="Green day")).status == 201

    assert (await opened(clinic)).status == 404
    assert days(events(await feed(clinic, OTHER_SECRET)), "Green day")
    items = (await clinic.nurse.get(LINKS)).json["items"]
    assert [bool(one["actions"]) for one in items] == [True, False]


async def test_one_secret_opens_one_link(clinic):
    await clinic.tapering_course()
    await linked(clinic)

    again = await linked(clinic)

    assert (again.status, again.json["code"]) == (409, "already-done")
    assert (await opened(clinic)).status == 200


async def test_no_service_keeps_a_secret_that_opens_anything(clinic):
    await clinic.tapering_course()
    made = await linked(clinic)
    listed = await clinic.nurse.get(LINKS)

    assert SECRET not in str(made.json)
    assert "secret" not in str(listed.json)


@pytest.mark.parametrize("title", ["Sertraline", "less SERTRALINE today", "fluoxetine day"])
async def test_a_title_that_names_a_medicine_is_refused(clinic, title):
    await clinic.tapering_course()

    refused = await linked(clinic, change_title=title)

    assert (refused.status, refused.json["code"]) == (422, "telling-title")
    assert "change_title" in str(refused.json)
    assert (await clinic.nurse.get(LINKS)).json["items"] == []


@pytest.mark.parametrize("title", ["", "x" * 61, "two\nlines"])
async def test_a_title_without_words_or_over_several_lines_is_refused(clinic, title):
    await clinic.tapering_course()

    assert (await linked(clinic, check_in_title=title)).status == 422


async def test_only_who_looks_after_the_person_makes_a_link(clinic):
    await clinic.tapering_course()
    made = (await linked(clinic)).json
    path = f"calendar-links/{made['calendar_link_id']}/revoke"
    body = {"secret_sha256": "0" * 64, "change_title": "a", "check_in_title": "b"}

    assert (await clinic.stranger.post(LINKS, body)).status == 404
    assert (await clinic.stranger.get(LINKS)).status == 404
    assert (await clinic.stranger.post(path, {})).status == 404
    assert (await clinic.nurse.post("calendar-links/open", {"secret": SECRET})).status == 403
    assert (await opened(clinic)).status == 200


async def test_a_person_who_moves_to_another_zone_is_called_at_nine_there(clinic):
    course = await clinic.tapering_course()
    await linked(clinic)
    await clinic.take_next_step(course["course_id"])
    before = events(await feed(clinic))
    details = PatientDetails(
        patient_id=PATIENT,
        given_name=GIVEN,
        family_name=FAMILY,
        birth_date=date(1980, 5, 5),
        time_zone="America/New_York",
        language="en",
    )

    await clinic.hear(PatientDetailsChanged(details=details))

    for uid, one in events(await feed(clinic)).items():
        if one["SUMMARY"] == "Call":
            assert one["DTSTART"].params["TZID"] == "America/New_York"
            assert one["DTSTART"].dt.time() == time(9)
            assert one["SEQUENCE"] == before[uid]["SEQUENCE"] + 1


async def test_nothing_lies_ahead_of_somebody_who_left_care(clinic):
    await clinic.tapering_course()
    await linked(clinic)
    left = PatientState(
        patient_id=PATIENT,
        status="left-care",
        team="harbour",
        care_team=(NURSE,),
        enrolled_on=ENROLLED_ON,
    )

    await clinic.hear(PatientLeftCare(patient=left))

    found = events(await feed(clinic))
    assert found
    assert {str(one["STATUS"]) for one in found.values()} == {"CANCELLED"}
    assert (await linked(clinic, OTHER_SECRET)).status == 409


async def test_a_person_without_a_plan_gets_a_calendar_without_entries(clinic):
    await clinic.start_course()
    await linked(clinic)

    assert not icalendar.Calendar.from_ical(await feed(clinic)).walk("VEVENT")
