"""What engagement hears: facts as they come off the wire, through the inbox, into rows."""

from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

import pytest
from sqlalchemy import insert, select

from services.engagement.adapters.db import SqlWork
from services.engagement.adapters.events import subscriptions
from services.engagement.adapters.tables import ReminderRow
from services.engagement.application.ports import Digest
from services.engagement.main import SCHEMA
from shared.events import assessment, portal, treatment
from shared.events.envelope import Fact
from shared.events.listeners import LISTENERS
from shared.runtime import clock
from shared.runtime.db import Database
from shared.runtime.inbox import Inbox, Outcome, Unacceptable
from shared.runtime.tables import audit, parked
from tests.support.databases import Databases
from tests.support.engagement import (
    CHANGE_ON,
    CONTENT,
    COURSE,
    FLAG,
    NOW,
    NURSE,
    PATIENT,
    PLAN,
    PRESCRIBER,
)
from tests.support.heard import off_the_wire
from tests.support.sentinel import FAMILY, GIVEN

PEOPLE = (NURSE, "nurse"), (PRESCRIBER, "prescriber")


@pytest.fixture
async def db(databases: Databases) -> AsyncIterator[Database]:
    """An empty database of this service."""
    opened = Database.open(
        await databases.migrated(SCHEMA), source="engagement", person_keys=databases.person_keys
    )
    yield opened
    await opened.close()


def a_step(**changes: Any) -> treatment.TaperStepState:
    """The first step of a plan."""
    return treatment.TaperStepState(
        ordinal=1,
        change_on=CHANGE_ON,
        previous_dose_mg=Decimal(50),
        previous_dose_text="one 50 mg tablet",
        dose_mg=Decimal(25),
        dose_text="half a 50 mg tablet",
        supply_text="7 tablets of 50 mg",
        check_in_early_on=CHANGE_ON + timedelta(days=4),
        check_in_gate_on=CHANGE_ON + timedelta(days=13),
    ).model_copy(update=changes)


def a_course(*, plan_version: int = 1, phase: str = "taper-active", **step: Any) -> Any:
    """The course of a person who tapers."""
    return treatment.CourseState(
        course_id=COURSE,
        patient_id=PATIENT,
        phase=phase,
        drug="a-drug",
        indication="depression",
        dose_mg=Decimal(50),
        dose_text="one 50 mg tablet",
        prescriber_id=PRESCRIBER,
        started_on=None,
        remission_on=None,
        decision_review_on=None,
        reviews=(
            treatment.ReviewState(
                ordinal=1,
                kind="decision-review",
                due_on=CHANGE_ON,
                for_role="prescriber",
                rule="C-03",
            ),
        ),
        taper=treatment.TaperState(
            plan_id=PLAN,
            plan_version=plan_version,
            policy="linear",
            status="active",
            steps=(a_step(**step),),
            step_count=8,
            surveillance=(treatment.SurveillanceState(ordinal=1, due_on=CHANGE_ON),),
        ),
    )


def a_flag(status: Any = "open", **changes: Any) -> assessment.SafetyFlagState:
    """A very urgent flag."""
    return assessment.SafetyFlagState(
        flag_id=FLAG,
        patient_id=PATIENT,
        kind="suicidal-thoughts",
        level=1,
        rule="I-09",
        raised_at=NOW,
        due_at=NOW + timedelta(hours=4),
        status=status,
        **changes,
    )


def a_patient(status: Any = "active") -> assessment.PatientState:
    """Somebody in the care of a nurse and a prescriber."""
    return assessment.PatientState(
        patient_id=PATIENT,
        status=status,
        team="harbour",
        care_team=(NURSE, PRESCRIBER),
        enrolled_on=CHANGE_ON,
    )


def details(zone: str = "Europe/London") -> assessment.PatientDetails:
    """Who they are."""
    return assessment.PatientDetails(
        patient_id=PATIENT,
        given_name=GIVEN,
        family_name=FAMILY,
        birth_date=CHANGE_ON,
        time_zone=zone,
        language="en",
    )


def colleague(number: int) -> portal.StaffState:
    """Somebody who works there."""
    staff_id, role = PEOPLE[number]
    return portal.StaffState(
        staff_id=staff_id, display_name="Somebody", role=role, teams=("harbour",), active=True
    )


async def hear(
    db: Database,
    fact: Fact,
    aggregate: str,
    version: int,
    *,
    subject: UUID = PATIENT,
    event_id: UUID | None = None,
) -> Outcome:
    """One event off the wire."""
    body = off_the_wire(fact, aggregate, version, subject=subject, at=NOW, event_id=event_id)
    inbox = Inbox(db, subscriptions(CONTENT))
    return await inbox.apply(inbox.read(fact.TYPE, body), body)


async def hear_of_everybody(db: Database) -> None:
    """The colleagues, and a person of theirs who lives in New York."""
    for number, (staff_id, _) in enumerate(PEOPLE):
        added = portal.StaffAdded(staff=colleague(number))
        await hear(db, added, f"staff:{staff_id}", 1, subject=staff_id)
    await hear(db, assessment.PatientEnrolled(patient=a_patient()), f"patient:{PATIENT}", 1)
    told = assessment.PatientDetailsChanged(details=details("America/New_York"))
    await hear(db, told, f"patient-details:{PATIENT}", 1)


async def hear_course(db: Database, version: int, **changes: Any) -> Outcome:
    """Treatment says how the course stands."""
    fact = treatment.TaperStepScheduled(course=a_course(**changes))
    return await hear(db, fact, f"course:{COURSE}", version)


async def found(db: Database) -> dict[tuple[str, int], Any]:
    """Owners' reminders by kind and plan version."""
    query = select(ReminderRow.__table__).where(ReminderRow.level == 0)  # type: ignore[attr-defined]
    async with db.reading() as tx:
        rows = (await tx.session.execute(query)).all()
    return {(row.kind, row.subject_version): row for row in rows}


def test_it_listens_to_exactly_what_the_broker_delivers() -> None:
    assert set(subscriptions(CONTENT)) == set(LISTENERS["engagement"])


async def test_a_course_becomes_reminders_of_whoever_looks_after_the_person(
    db: Database,
) -> None:
    await hear_of_everybody(db)

    assert await hear_course(db, 1) is Outcome.APPLIED

    rows = await found(db)
    assert {kind for kind, _ in rows} == {
        "prepare-supply",
        "change-day",
        "check-in-early",
        "check-in-gate",
        "missed-check-in-early",
        "missed-check-in-gate",
        "course-review",
    }
    assert rows["change-day", 1].owner_id == NURSE
    assert rows["change-day", 1].due_at.hour == 13
    assert rows["course-review", 1].owner_id == PRESCRIBER
    assert rows["change-day", 1].detail["previous_dose_text"] == "one 50 mg tablet"


async def test_a_later_state_that_came_first_is_not_undone(db: Database) -> None:
    await hear_course(db, 5, taken_at=NOW)

    assert await hear_course(db, 4) is Outcome.SUPERSEDED

    assert ("change-day", 1) not in await found(db)


async def test_an_id_that_comes_again_has_no_second_effect(db: Database) -> None:
    """Not even when it claims to be newer: then somebody made it up, and a person looks."""
    event_id = clock.new_id()
    planned = treatment.TaperStepScheduled(course=a_course())
    done = treatment.TaperStepTaken(course=a_course(taken_at=NOW))
    await hear(db, planned, f"course:{COURSE}", 1, event_id=event_id)

    assert await hear(db, planned, f"course:{COURSE}", 1, event_id=event_id) is Outcome.DUPLICATE
    with pytest.raises(Unacceptable, match="conflicting-body"):
        await hear(db, done, f"course:{COURSE}", 2, event_id=event_id)

    assert (await found(db))["change-day", 1].state == "planned"


async def test_a_newer_plan_version_replaces_the_older(db: Database) -> None:
    await hear_course(db, 1)
    await hear_course(db, 2, plan_version=2, change_on=CHANGE_ON + timedelta(days=7))

    rows = await found(db)
    assert (rows["change-day", 1].state, rows["change-day", 1].reason) == (
        "cancelled",
        "superseded",
    )
    assert rows["change-day", 2].due_on == CHANGE_ON + timedelta(days=7)


async def test_a_flag_lives_by_what_assessment_says(db: Database) -> None:
    states = []
    for version, (fact, state) in enumerate(
        [
            (assessment.SafetyFlagRaised, a_flag()),
            (assessment.SafetyFlagAcknowledged, a_flag("acknowledged", acknowledged_by=NURSE)),
            (assessment.SafetyFlagClosed, a_flag("closed", closed_by=NURSE, outcome="safe")),
        ],
        start=1,
    ):
        await hear(db, fact(flag=state), f"flag:{FLAG}", version)
        rows = await found(db)
        states.append((rows["safety", 1].state, rows["safety-limit", 1].state))

    assert states == [("planned", "planned"), ("acknowledged", "planned"), ("done", "done")]


def a_request(status: Literal["open", "signed", "declined"] = "open") -> treatment.SignatureState:
    """The prescriber is asked to sign a change of the live plan."""
    return treatment.SignatureState(
        request_id=FLAG,
        what="plan-change",
        course_id=COURSE,
        patient_id=PATIENT,
        plan_id=PLAN,
        plan_version=1,
        for_staff_id=PRESCRIBER,
        rule="T-06",
        asked_at=NOW,
        status=status,
    )


async def test_a_request_for_a_signature_is_on_a_list_until_it_is_settled(db: Database) -> None:
    aggregate = f"signature:{FLAG}"
    await hear(db, treatment.SignatureRequested(signature=a_request()), aggregate, 1)
    assert ("sign-request", 1) not in await found(db), "its course is not known yet"
    await hear_course(db, 1)
    asked = (await found(db))["sign-request", 1]
    declined = treatment.SignatureSettled(signature=a_request("declined"))
    await hear(db, declined, aggregate, 2)
    late = await hear(db, treatment.SignatureRequested(signature=a_request()), aggregate, 1)

    assert (asked.state, asked.for_role, asked.due_at) == ("planned", "prescriber", NOW)
    assert late is Outcome.SUPERSEDED
    assert (await found(db))["sign-request", 1].state == "done"


async def test_a_request_dies_with_the_version_it_is_about(db: Database) -> None:
    await hear_course(db, 1)
    request = treatment.SignatureRequested(signature=a_request())
    await hear(db, request, f"signature:{FLAG}", 1)
    await hear_course(db, 2, plan_version=2)

    row = (await found(db))["sign-request", 1]
    assert (row.state, row.reason) == ("cancelled", "superseded")


@pytest.mark.parametrize(
    ("what", "phase", "kind"),
    [("taper-plan", "continuation", "sign-taper"), ("course", "draft", "sign-course")],
)
async def test_what_waits_without_a_live_plan_is_one_task_whatever_comes_twice_or_late(
    db: Database, what: str, phase: str, kind: str
) -> None:
    aggregate = f"signature:{FLAG}"
    asked = a_request().model_copy(update={"what": what})
    newer = asked.model_copy(update={"plan_id": UUID(int=77)})
    state = a_course(phase=phase).model_copy(update={"taper": None})
    await hear(db, treatment.SignatureRequested(signature=newer), aggregate, 2)
    older = await hear(db, treatment.SignatureRequested(signature=asked), aggregate, 1)
    again = await hear(db, treatment.SignatureRequested(signature=newer), aggregate, 2)
    await hear(db, treatment.CourseProposed(course=state), f"course:{COURSE}", 1)

    rows = [key for key in await found(db) if key[0] == kind]
    assert (older, again) == (Outcome.SUPERSEDED, Outcome.SUPERSEDED)
    assert rows == [(kind, 1)]
    one = (await found(db))[kind, 1]
    assert (one.state, one.for_role, one.due_at) == ("planned", "prescriber", NOW)

    dropped = asked.model_copy(update={"status": "overtaken"})
    await hear(db, treatment.SignatureSettled(signature=dropped), aggregate, 3)
    assert (await found(db))[kind, 1].state == "cancelled"
    await hear(db, treatment.SignatureRequested(signature=asked), aggregate, 4)
    assert (await found(db))[kind, 1].state == "planned", "asked again is owed again"
    signed = asked.model_copy(update={"status": "signed"})
    await hear(db, treatment.SignatureSettled(signature=signed), aggregate, 5)
    assert (await found(db))[kind, 1].state == "done"


@pytest.mark.parametrize(("first", "owner"), [(PRESCRIBER, None), (NURSE, PRESCRIBER)])
async def test_a_second_signature_is_nobodys_who_signed_first(
    db: Database, first: UUID, owner: UUID | None
) -> None:
    """Without another prescriber in the care team it is nobody's yet."""
    await hear_of_everybody(db)
    state = a_course(phase="continuation").model_copy(update={"taper": None})
    await hear(db, treatment.CourseProposed(course=state), f"course:{COURSE}", 1)
    asked = a_request().model_copy(update={"what": "taper-second", "not_staff_id": first})

    await hear(db, treatment.SignatureRequested(signature=asked), f"signature:{FLAG}", 1)

    row = (await found(db))["sign-second", 1]
    assert (row.state, row.for_role, row.owner_id) == ("planned", "prescriber", owner)


async def test_whoever_left_care_is_owed_nothing(db: Database) -> None:
    await hear_course(db, 1)
    left = assessment.PatientLeftCare(patient=a_patient("left-care"))
    await hear(db, left, f"patient:{PATIENT}", 1)

    assert {(row.state, row.reason) for row in (await found(db)).values()} == {
        ("cancelled", "left-care")
    }


IMPOSSIBLE: list[tuple[str, Fact, str, str]] = [
    (
        "a zone that does not exist",
        assessment.PatientDetailsChanged(details=details("Mars/Olympus")),
        f"patient-details:{PATIENT}",
        "unknown-zone",
    ),
    (
        "a phase nobody knows",
        treatment.TaperPlanned(course=a_course(phase="enlightened")),
        f"course:{COURSE}",
        "unknown-phase",
    ),
    (
        "another person's course",
        treatment.TaperPlanned(course=a_course().model_copy(update={"patient_id": NURSE})),
        f"course:{COURSE}",
        "wrong-subject",
    ),
    (
        "another person's flag",
        assessment.SafetyFlagRaised(flag=a_flag().model_copy(update={"patient_id": NURSE})),
        f"flag:{FLAG}",
        "wrong-subject",
    ),
]


@pytest.mark.parametrize(
    ("why", "fact", "aggregate", "reason"), IMPOSSIBLE, ids=[row[0] for row in IMPOSSIBLE]
)
async def test_a_well_formed_impossibility_is_never_applied(
    db: Database, why: str, fact: Fact, aggregate: str, reason: str
) -> None:
    with pytest.raises(Unacceptable) as refused:
        await hear(db, fact, aggregate, 1)

    assert refused.value.reason == reason
    assert await found(db) == {}


async def test_of_somebody_erased_no_name_is_left(db: Database) -> None:
    await hear(db, assessment.PatientEnrolled(patient=a_patient()), f"patient:{PATIENT}", 1)
    first = assessment.PatientDetailsChanged(details=details())
    aggregate = f"patient-details:{PATIENT}"
    await hear(db, first, aggregate, 1)
    other = UUID(int=0xA11)
    another = details().model_copy(update={"patient_id": other})
    body = off_the_wire(
        assessment.PatientDetailsChanged(details=another),
        f"patient-details:{other}",
        1,
        subject=other,
        at=NOW,
    )
    inbox = Inbox(db, subscriptions(CONTENT))
    await inbox.apply(inbox.read(assessment.PatientDetailsChanged.TYPE, body), body)
    lines = [
        {"patient_id": str(who), "patient_name": f"{GIVEN} {FAMILY}", "birth_date": "1984-02-29"}
        for who in (PATIENT, other)
    ]
    async with db.transaction(actor="service:test") as tx:
        kept = Digest(staff_id=NURSE, day=CHANGE_ON, made_at=NOW, items=lines)
        assert await SqlWork(tx, CONTENT).notices.keep_digest(kept)
        row = {
            "id": clock.new_id(),
            "type": assessment.PatientDetailsChanged.TYPE,
            "subject": str(PATIENT),
            "body": GIVEN.encode(),
            "reason": "undecodable",
            "error": "test",
            "tries": 8,
            "parked_at": NOW,
        }
        await tx.session.execute(insert(parked).values(row))
        tx.audit("test.wrote", object="test:1")
    names = {"given_name": "Erased", "family_name": "on 2027-05-04", "erased_on": CHANGE_ON}
    erased = assessment.PatientDetailsChanged(details=details().model_copy(update=names))

    assert await hear(db, erased, aggregate, 2) is Outcome.APPLIED

    async with db.reading() as tx:
        work = SqlWork(tx, CONTENT)
        told = await work.patients.names([PATIENT])
        digest = await work.notices.digest(NURSE, CHANGE_ON)
        (waiting,) = (await tx.session.execute(select(parked))).all()
        said = (await tx.session.scalars(select(audit.c.action))).all()
    assert told[PATIENT][0] == "Erased on 2027-05-04"
    assert digest is not None
    assert [line["patient_name"] for line in digest.items] == [
        "Erased on 2027-05-04",
        f"{GIVEN} {FAMILY}",
    ]
    assert (waiting.status, waiting.resolution, waiting.body) == ("discarded", "person-erased", b"")
    assert "person.forgotten" in said
