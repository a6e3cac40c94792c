"""A warning marked for two prescribers: nothing is in force on one signature; on both databases."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text

from services.treatment.adapters.db import SqlWork
from services.treatment.adapters.ticks import Watch
from services.treatment.application.sign_twice import lapsed_first_signatures
from services.treatment.domain.signature_request import Signable
from shared.api.identity import Role
from shared.runtime import tables
from tests.support.callers import Answer, Caller
from tests.support.databases import Databases
from tests.support.query_plans import plan_of, statements
from tests.support.treatment import BOOK, CONTENT, PRESCRIBER, Clinic, clinic_on

COLLEAGUE = UUID("00000000-0000-4000-8000-00000000a013")


@pytest.fixture
async def clinic(databases: Databases) -> AsyncIterator[Clinic]:
    """A clinic on either database."""
    async with clinic_on(databases) as served:
        yield served


def colleague(clinic: Clinic) -> Caller:
    """Another prescriber of the same team."""
    return clinic.site.caller(COLLEAGUE, Role.PRESCRIBER)


async def against_a_warning(clinic: Clinic) -> dict[str, Any]:
    """A proposed drug that stops another medicine from working (I-11, marked for two)."""
    await clinic.enrol()
    await clinic.score(18)
    await clinic.ask_profile(medicines=[{"medicine": "tamoxifen"}])
    proposed = await clinic.propose(drug="paroxetine", start_dose_mg="20")
    assert proposed.status == 201, proposed.json
    return dict(proposed.json)


async def second(
    clinic: Clinic, path: str, *, by: UUID = COLLEAGUE, sign: str = "confirm", **changes: Any
) -> Answer:
    """Somebody signs what they see now."""
    caller = clinic.site.caller(by, Role.PRESCRIBER)
    seen = (await caller.get(path)).json
    return await caller.post(
        f"{path}/{sign}",
        {"signature": clinic.signature(seen["signing"] | changes, by=by)},
        version=seen["version"],
    )


async def requests(clinic: Clinic) -> list[tuple[str, str]]:
    """What was told of requests for a signature, in order."""
    async with clinic.db.reading() as tx:
        rows = await tx.session.execute(
            select(tables.outbox.c.body)
            .where(tables.outbox.c.aggregate.like("signature:%"))
            .order_by(tables.outbox.c.aggregate, tables.outbox.c.version)
        )
        states = [json.loads(row.body)["data"]["signature"] for row in rows]
    return [(state["what"], state["status"]) for state in states]


async def test_a_course_against_a_marked_warning_begins_with_the_second_signature(
    clinic: Clinic,
) -> None:
    proposed = await against_a_warning(clinic)
    path = f"courses/{proposed['course_id']}"
    marked = {one["rule"] for one in proposed["findings"] if one["second_signature"]}
    assert marked == {"I-11"}

    first = await clinic.confirm(proposed)

    assert (first.status, first.json["phase"]) == (200, "draft")
    waits = first.json["first_signature"]
    assert (waits["signed_by"], waits["mine"]) == (str(PRESCRIBER), True)
    assert waits["reasons"]["I-11"] == "seen and weighed"
    assert "confirm" not in first.json["actions"]
    assert sorted(await requests(clinic)) == [
        ("course", "open"),
        ("course", "signed"),
        ("course-second", "open"),
    ]
    for_them = (await colleague(clinic).get(path)).json
    assert "confirm" in for_them["actions"]
    assert for_them["signing"]["meaning"] == "second-signature"

    begun = await second(clinic, path)

    assert begun.status == 200, begun.json
    assert begun.json["phase"] == "acute"
    signed = begun.json["signature"]
    assert (signed["signed_by"], signed["second_signed_by"]) == (str(PRESCRIBER), str(COLLEAGUE))
    assert begun.json["first_signature"] is None
    assert ("course-second", "signed") in await requests(clinic)


async def test_the_same_person_never_signs_second_in_whatever_way(clinic: Clinic) -> None:
    proposed = await against_a_warning(clinic)
    path = f"courses/{proposed['course_id']}"
    assert (await clinic.confirm(proposed)).status == 200

    for meaning in ("second-signature", "confirm-course"):
        refused = await second(clinic, path, by=PRESCRIBER, meaning=meaning)
        assert (refused.status, refused.json["code"]) == (403, "four-eyes")
    refused = await second(clinic, path, meaning="confirm-course")
    assert (refused.status, refused.json["code"]) == (422, "signature-mismatch")

    # a colleague who sends the first one's own proof
    seen = (await colleague(clinic).get(path)).json
    borrowed = await colleague(clinic).post(
        f"{path}/confirm",
        {"signature": clinic.signature(seen["signing"], by=PRESCRIBER)},
        version=seen["version"],
    )
    assert (borrowed.status, borrowed.json["code"]) == (422, "signature-mismatch")
    assert (await clinic.course(proposed["course_id"]))["phase"] == "draft"


async def test_a_nurse_and_a_stranger_sign_nothing_second(clinic: Clinic) -> None:
    proposed = await against_a_warning(clinic)
    path = f"courses/{proposed['course_id']}"
    assert (await clinic.confirm(proposed)).status == 200
    body = {"signature": clinic.signature(proposed["signing"], by=COLLEAGUE)}

    nurse = await clinic.nurse.post(f"{path}/confirm", body, version=1)
    stranger = await clinic.stranger.post(f"{path}/confirm", body, version=1)

    assert (nurse.status, stranger.status) == (403, 404)


@pytest.mark.parametrize(("minutes", "status"), [(-1, 200), (1, 410)])
async def test_a_first_signature_counts_for_a_day(
    clinic: Clinic, minutes: int, status: int
) -> None:
    proposed = await against_a_warning(clinic)
    path = f"courses/{proposed['course_id']}"
    assert (await clinic.confirm(proposed)).status == 200
    await clinic.travel(clinic.now + timedelta(hours=24, minutes=minutes))

    answer = await second(clinic, path, meaning="second-signature")

    assert answer.status == status, answer.json
    assert (answer.json.get("code") == "first-signature-gone") is (status == 410)


async def test_after_a_day_the_first_is_asked_again_once(clinic: Clinic) -> None:
    proposed = await against_a_warning(clinic)
    assert (await clinic.confirm(proposed)).status == 200
    watch = Watch(db=clinic.db, formulary=CONTENT, book=BOOK)
    await clinic.travel(clinic.now + timedelta(hours=23, minutes=59))
    assert await watch.lapse() == 0
    await clinic.travel(clinic.now + timedelta(minutes=2))

    assert sorted(await asyncio.gather(watch.lapse(), watch.lapse())) == [0, 1]
    assert await watch.lapse() == 0

    assert sorted(await requests(clinic)) == [
        ("course", "open"),
        ("course", "open"),
        ("course", "signed"),
        ("course-second", "open"),
        ("course-second", "overtaken"),
    ]
    again = await second(clinic, f"courses/{proposed['course_id']}", by=PRESCRIBER)
    assert (again.status, again.json["code"]) == (422, "reason-needed"), "signed first anew"


async def test_first_signatures_that_lapse_are_found_by_an_index(clinic: Clinic) -> None:
    await clinic.confirm(await against_a_warning(clinic))
    async with clinic.db.reading() as tx:
        if clinic.db.dialect == "postgresql":  # which reads a table of three rows whole, if it may
            await tx.session.execute(text("SET LOCAL enable_seqscan = off"))
        work = SqlWork(tx, supply_working_days=BOOK.supply_working_days)
        with statements(clinic.db) as made:
            found = await lapsed_first_signatures(work, now=tx.now + timedelta(days=2))
        (asked,) = made
        plan = await plan_of(tx.session, asked)

    assert [one.what for one in found] == [Signable.COURSE_SECOND]
    assert "ix_signature_request_asked" in plan, plan
    assert "SCAN signature_request" not in plan


async def test_a_proposal_that_is_withdrawn_waits_for_nobody(clinic: Clinic) -> None:
    proposed = await against_a_warning(clinic)
    path = f"courses/{proposed['course_id']}"
    first = await clinic.confirm(proposed)

    dropped = await clinic.prescriber.post(
        f"{path}/withdraw", {"reason": "thought better of it"}, version=first.json["version"]
    )

    assert dropped.status == 200, dropped.json
    assert ("course-second", "overtaken") in await requests(clinic)
    late = (
        await second(clinic, path, hash="0" * 64, meaning="second-signature")
        if (dropped.json["signing"])
        else await colleague(clinic).post(
            f"{path}/confirm",
            {"signature": clinic.signature(proposed["signing"], by=COLLEAGUE)},
            version=dropped.json["version"],
        )
    )
    assert (late.status, late.json["code"]) == (409, "illegal-move")


async def test_a_warning_that_came_meanwhile_needs_a_first_signature_of_its_own(
    clinic: Clinic,
) -> None:
    proposed = await against_a_warning(clinic)
    path = f"courses/{proposed['course_id']}"
    assert (await clinic.confirm(proposed)).status == 200
    await clinic.ask_profile(medicines=[])

    seen = (await colleague(clinic).get(path)).json
    assert (seen["first_signature"], seen["signing"]["meaning"]) == (None, "confirm-course")
    begun = await second(clinic, path)

    assert (begun.status, begun.json["phase"]) == (200, "acute"), "one is enough by now"
    assert ("course-second", "signed") in await requests(clinic)


async def test_two_second_signatures_of_the_same_moment_are_one(clinic: Clinic) -> None:
    proposed = await against_a_warning(clinic)
    path = f"courses/{proposed['course_id']}"
    assert (await clinic.confirm(proposed)).status == 200
    another = UUID("00000000-0000-4000-8000-00000000a014")

    answers = await asyncio.gather(second(clinic, path), second(clinic, path, by=another))

    assert sorted(answer.status for answer in answers) in ([200, 409], [200, 412], [200, 410])
    assert (await clinic.course(proposed["course_id"]))["phase"] == "acute"


async def test_an_ordinary_warning_needs_one_signature(clinic: Clinic) -> None:
    await clinic.enrol()
    await clinic.score(18)
    await clinic.ask_profile(medicines=[{"medicine": "ibuprofen"}])
    proposed = (await clinic.propose()).json

    confirmed = await clinic.confirm(proposed)

    assert (confirmed.status, confirmed.json["phase"]) == (200, "acute")
    assert not any(one["second_signature"] for one in proposed["findings"])
    assert confirmed.json["signature"]["second_signed_by"] is None


async def test_a_taper_faster_than_offered_is_a_draft_until_the_second_signs(
    clinic: Clinic,
) -> None:
    plan, course = await a_fast_draft(clinic)
    path = f"taper-plans/{plan['plan_id']}"

    first = await clinic.sign_taper(plan)

    assert (first.status, first.json["status"]) == (200, "draft"), first.json
    assert first.json["actions"] == []
    assert (await clinic.course(course["course_id"]))["taper"] is None
    assert ("taper-second", "open") in await requests(clinic)

    signed = await second(clinic, path, sign="sign")

    assert signed.status == 200, signed.json
    assert signed.json["signed_by"] == str(PRESCRIBER)
    assert signed.json["second_signed_by"] == str(COLLEAGUE)
    assert (await clinic.course(course["course_id"]))["taper"]["steps"]


async def test_a_course_that_is_frozen_meanwhile_waits_for_no_second_signature(
    clinic: Clinic,
) -> None:
    plan, course = await a_fast_draft(clinic)
    assert (await clinic.sign_taper(plan)).status == 200
    now = await clinic.course(course["course_id"])

    paused = await clinic.prescriber.post(
        f"courses/{course['course_id']}/suspend", {"reason": "in hospital"}, version=now["version"]
    )

    assert paused.status == 200, paused.json
    assert ("taper-second", "overtaken") in await requests(clinic)


async def a_fast_draft(clinic: Clinic) -> tuple[dict[str, Any], dict[str, Any]]:
    """A draft in the fast tier for somebody it is not offered to (T-12)."""
    await clinic.enrol()
    await clinic.score(18)
    await clinic.ask_profile(conditions=["earlier-withdrawal"])
    proposed = (await clinic.propose()).json
    confirmed = (await clinic.confirm(proposed)).json
    course = await clinic.remit(confirmed)
    await clinic.on(course["clock"]["minimum_end_on"])
    await clinic.score(2)
    draft = await clinic.draft_taper(course)
    assert draft.status == 201, draft.json
    assert "T-12" in {one["rule"] for one in draft.json["findings"]}, draft.json["findings"]
    return dict(draft.json), course
