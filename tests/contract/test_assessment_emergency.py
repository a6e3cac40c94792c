"""Breaking the glass: one record, to read, for an hour, signed for, seen and judged."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from services.assessment.domain import emergency
from shared.api.emergency import MEANING, EmergencyWish
from shared.api.identity import Role
from shared.events.assessment import RecordOpened
from shared.runtime import tables
from shared.runtime.auth import issue_signature
from tests.support.assessment import PERSON, PRESCRIBER, STRANGER, Clinic, clinic_on
from tests.support.callers import KEY, Answer, Caller
from tests.support.databases import Databases

OUTSIDER = UUID(int=77)
WORDS = "Found unconscious at the station, needs current medicines."


@pytest.fixture
async def clinic(databases: Databases) -> AsyncIterator[Clinic]:
    async with clinic_on(databases) as opened:
        yield opened


def outsider(clinic: Clinic, role: Role = Role.NURSE) -> Caller:
    """Somebody of another team."""
    return clinic.site.caller(OUTSIDER, role, teams=("hill",))


def wish(**who: Any) -> dict[str, Any]:
    return {"reason": "person-at-risk", "words": WORDS} | who


async def open_record(
    caller: Caller,
    asked: dict[str, Any],
    *,
    by: UUID = OUTSIDER,
    meaning: str = MEANING,
    audience: str = "assessment",
    signed: dict[str, Any] | None = None,
) -> Answer:
    signature = issue_signature(
        KEY,
        staff_id=by,
        hash_=EmergencyWish.model_validate_json(json.dumps(signed or asked)).signing_hash(),
        meaning=meaning,
        audience=audience,
    )
    return await caller.post("emergency-looks", asked | {"signature": signature})


async def test_it_opens_one_record_to_read_for_an_hour_and_then_closes(clinic: Clinic) -> None:
    nurse = outsider(clinic)
    assert (await nurse.get(clinic.path)).status == 404

    opened = await open_record(nurse, wish(patient_id=str(clinic.patient_id)))

    assert opened.status == 200, opened.json
    seen = await nurse.get(clinic.path)
    assert (seen.status, seen.json["read_only"], seen.json["actions"]) == (200, True, [])
    assert (await nurse.get(f"{clinic.path}/assessments")).status == 200
    await clinic.later(minutes=59)
    assert (await nurse.get(clinic.path)).status == 200
    await clinic.later(minutes=2)
    assert (await nurse.get(clinic.path)).status == 404


async def test_nothing_can_be_changed_and_nobody_elses_record_opens(clinic: Clinic) -> None:
    nurse = outsider(clinic)
    other = await clinic.nurse.post("patients", PERSON | {"birth_date": "1990-05-05"})
    assert other.status == 201, other.json
    await open_record(nurse, wish(patient_id=str(clinic.patient_id)))

    flag = {"trigger": "overdose", "note": "x"}
    denied = await nurse.post(f"{clinic.path}/flags", flag)

    assert (denied.status, denied.json["code"]) == (403, "read-only")
    assert (await nurse.get(f"patients/{other.json['patient_id']}")).status == 404
    assert (await nurse.get("patients")).json["items"] == []


@pytest.mark.parametrize(
    "who",
    [
        {"given_name": "ZOE", "family_name": "markerson", "birth_date": "1984-02-29"},
        {"number": None, "birth_date": "1984-02-29"},
    ],
)
async def test_the_person_is_found_by_exactly_two_identifiers(
    clinic: Clinic, who: dict[str, Any]
) -> None:
    if "number" in who:
        who = who | {"number": str(clinic.patient_id).replace("-", "")[:8]}

    opened = await open_record(outsider(clinic), wish(**who))

    assert opened.status == 200, opened.json
    assert opened.json["patient_id"] == str(clinic.patient_id)


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ({"given_name": "Zo", "family_name": "Markerson", "birth_date": "1984-02-29"}, 404),
        ({"given_name": "Zoë", "family_name": "Markerson", "birth_date": "1984-02-28"}, 404),
        ({"given_name": "%", "family_name": "%", "birth_date": "1984-02-29"}, 404),
        ({"patient_id": str(UUID(int=404))}, 404),
    ],
)
async def test_nearly_the_same_details_open_nothing(
    clinic: Clinic, who: dict[str, Any], status: int
) -> None:
    assert (await open_record(outsider(clinic), wish(**who))).status == status


@pytest.mark.parametrize(
    "asked",
    [
        {"patient_id": str(UUID(int=1)), "words": WORDS},
        {"patient_id": str(UUID(int=1)), "reason": "person-at-risk"},
        {"patient_id": str(UUID(int=1)), "reason": "person-at-risk", "words": " " * 15},
        {"patient_id": str(UUID(int=1)), "reason": "person-at-risk", "words": "too short"},
        {"patient_id": str(UUID(int=1)), "reason": "curiosity", "words": WORDS},
        {"birth_date": "1984-02-29", "reason": "person-at-risk", "words": WORDS},
        {"family_name": "Markerson", "reason": "person-at-risk", "words": WORDS},
        {"number": "1234abcd", "reason": "person-at-risk", "words": WORDS},
    ],
)
async def test_without_a_reason_or_a_person_nothing_opens(
    clinic: Clinic, asked: dict[str, Any]
) -> None:
    answer = await outsider(clinic).post("emergency-looks", asked | {"signature": "x"})

    assert answer.status == 422


async def test_the_password_was_given_again_for_exactly_this(clinic: Clinic) -> None:
    nurse, asked = outsider(clinic), wish(patient_id=str(clinic.patient_id))
    attempts = [
        await nurse.post("emergency-looks", asked | {"signature": "no.such.thing"}),
        await nurse.post("emergency-looks", asked | {"signature": nurse.token}),
        await open_record(nurse, asked, by=PRESCRIBER),
        await open_record(nurse, asked, meaning="prescribed"),
        await open_record(nurse, asked, audience="treatment"),
        await open_record(nurse, asked, signed=wish(patient_id=str(UUID(int=9)))),
    ]

    assert [(one.status, one.json["code"]) for one in attempts] == [(403, "signature")] * 6
    assert (await nurse.get(clinic.path)).status == 404


@pytest.mark.parametrize("role", [Role.FACILITATOR, Role.OPERATIONS, Role.AUDITOR, Role.SERVICE])
async def test_it_is_for_those_who_treat(clinic: Clinic, role: Role) -> None:
    caller = outsider(clinic, role)

    assert (await open_record(caller, wish(patient_id=str(clinic.patient_id)))).status == 403


async def test_whoever_may_see_the_record_anyway_needs_no_emergency(clinic: Clinic) -> None:
    asked = wish(patient_id=str(clinic.patient_id))

    refused = await open_record(clinic.prescriber, asked, by=PRESCRIBER)

    assert (refused.status, refused.json["code"]) == (409, "already-yours")


async def test_asking_again_makes_it_no_longer(clinic: Clinic) -> None:
    nurse, asked = outsider(clinic), wish(patient_id=str(clinic.patient_id))
    first = await open_record(nurse, asked)
    await clinic.later(minutes=30)

    again = await open_record(nurse, asked)

    assert (again.json["grant_id"], again.json["until"]) == (
        first.json["grant_id"],
        first.json["until"],
    )


async def test_the_others_are_told_a_code_and_the_trail_keeps_who_looked(clinic: Clinic) -> None:
    nurse = outsider(clinic)
    await open_record(nurse, wish(patient_id=str(clinic.patient_id)))
    await nurse.get(clinic.path)

    told = [e for e in await clinic.told() if isinstance(e.data, RecordOpened)]
    assert [(e.data.grant.staff_id, e.data.grant.reason) for e in told] == [
        (OUTSIDER, "person-at-risk")
    ]
    assert WORDS not in told[0].to_bytes().decode()
    async with clinic.db.reading() as tx:
        rows = await tx.session.execute(
            select(tables.audit).where(tables.audit.c.actor == f"staff:{OUTSIDER}")
        )
        trail = [(row.action, row.reason) for row in rows]
    assert ("emergency-look.opened", "person-at-risk") in trail
    assert ("patient.read", "break-glass") in trail
    assert WORDS not in str(trail)


async def test_the_team_sees_it_and_somebody_else_judges_it_once(clinic: Clinic) -> None:
    nurse = outsider(clinic, Role.PRESCRIBER)
    opened = await open_record(nurse, wish(patient_id=str(clinic.patient_id)))
    look = f"emergency-looks/{opened.json['grant_id']}/review"
    judgement = {"judgement": "justified", "words": "Called the team first, nobody answered."}

    on_record = (await clinic.nurse.get(f"{clinic.path}/emergency-looks")).json["items"]
    waiting = (await clinic.prescriber.get("emergency-looks")).json["items"]
    own = await nurse.post(look, judgement)
    judged = await clinic.prescriber.post(look, judgement)
    again = await clinic.prescriber.post(look, judgement)

    assert [(one["staff_id"], one["words"]) for one in on_record] == [(str(OUTSIDER), WORDS)]
    assert [(one["patient_name"], one["actions"]) for one in waiting] == [
        ("Zoë Markerson", ["review"])
    ]
    assert (own.status, own.json["code"]) == (403, "read-only")
    assert (judged.status, judged.json["reviewed_by"]) == (200, str(PRESCRIBER))
    assert (again.status, again.json["code"]) == (409, "already-reviewed")
    assert (await clinic.prescriber.get("emergency-looks")).json["items"] == []
    assert len((await clinic.prescriber.get("emergency-looks?waiting=false")).json["items"]) == 1


async def test_a_record_that_was_opened_often_has_all_its_openings_page_by_page(
    clinic: Clinic,
) -> None:
    made = []
    for _ in range(5):
        opened = await open_record(outsider(clinic), wish(patient_id=str(clinic.patient_id)))
        made.append(opened.json["grant_id"])
        await clinic.later(minutes=61)

    seen, path, query = [], f"{clinic.path}/emergency-looks", {"limit": "2"}
    while len(seen) < len(made):
        page = (await clinic.nurse.get(path, **query)).json
        seen.append([one["grant_id"] for one in page["items"]])
        if page["next"] is None:
            break
        query["cursor"] = page["next"]

    newest = made[::-1]
    assert seen == [newest[:2], newest[2:4], newest[4:]]
    assert (await clinic.nurse.get(path, cursor="none")).status == 422


async def test_nobody_judges_their_own_even_after_joining_the_team(clinic: Clinic) -> None:
    prescriber = outsider(clinic, Role.PRESCRIBER)
    opened = await open_record(prescriber, wish(patient_id=str(clinic.patient_id)))
    now_of_the_team = clinic.site.caller(OUTSIDER, Role.PRESCRIBER)

    own = await now_of_the_team.post(
        f"emergency-looks/{opened.json['grant_id']}/review",
        {"judgement": "justified", "words": "It was certainly necessary."},
    )

    assert (own.status, own.json["code"]) == (403, "own-look")


async def test_an_auditor_sees_every_look_and_no_name_and_other_teams_see_none(
    clinic: Clinic,
) -> None:
    await open_record(outsider(clinic), wish(patient_id=str(clinic.patient_id)))

    auditor = clinic.site.caller(UUID(int=8), Role.AUDITOR, teams=())
    lead = clinic.site.caller(STRANGER, Role.LEAD, teams=("hill",))

    seen = (await auditor.get("emergency-looks")).json["items"]
    assert [(o["patient_name"], o["words"], o["actions"]) for o in seen] == [("", "", [])]
    assert (await lead.get("emergency-looks")).json["items"] == []


@pytest.mark.parametrize(
    ("day", "last"),
    [
        (datetime(2026, 11, 25, 23, 0, tzinfo=UTC), "2026-11-27"),
        (datetime(2026, 11, 26, 1, 0, tzinfo=UTC), "2026-11-30"),
        (datetime(2026, 11, 27, 1, 0, tzinfo=UTC), "2026-12-01"),
        (datetime(2026, 11, 28, 1, 0, tzinfo=UTC), "2026-12-01"),
    ],
)
def test_two_working_days_until_somebody_must_have_judged_it(day: datetime, last: str) -> None:
    look = emergency.opened(
        grant_id=UUID(int=1),
        patient_id=UUID(int=2),
        staff_id=UUID(int=3),
        reason=emergency.Reason.PERSON_AT_RISK,
        words=WORDS,
        now=day,
    )

    assert look.review_by.isoformat() == last
    assert not look.is_overdue(look.review_by)
    assert look.is_overdue(look.review_by + timedelta(days=1))
