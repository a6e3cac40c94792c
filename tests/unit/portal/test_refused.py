"""A change that is refused: its page is made from at most three calls, sent side by side.

The rule: what a page shows is read at most once per request, so at most one call to each of the
three services reads. The change itself is a call of its own that no page can be made from, and is
counted apart: one, or for a check-in one for each thing it records. What a change has to know first
is part of what its page shows; it is read with the page, and kept for when the change is refused.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from shared.api.assessment import (
    AssessmentBody,
    DecisionCheck,
    InstrumentBody,
    IntakeBody,
    IntakeForm,
    InvitationBody,
    PathwayContent,
    ProposalBody,
    SafetyRules,
)
from shared.api.engagement import ReminderBody, ReminderHistory
from shared.api.support import Matches, ModeBody, ProgrammeBody, SupportBody, SupportForm
from shared.api.taper_bench import BenchBody
from shared.api.treatment import (
    CourseBody,
    DrugOptions,
    HealthProfile,
    PlanChangeBody,
    PlanSupplyBody,
    ScheduledStepBody,
    TaperBody,
    TaperPlanBody,
)
from tests.support import tour
from tests.support.bodies import UUID_TEXT
from tests.unit.portal.conftest import PASSWORD
from tests.unit.portal.test_every_list import (
    COURSE,
    MOST_CALLS,
    PATIENT,
    PERSON,
    THE_COURSE,
    Raw,
    a,
    a_page,
    around,
)
from tests.unit.portal.test_gate import form_token, sign_in

ONE = UUID(UUID_TEXT)
"""Whatever else an address names."""
SIGNING = {"hash": "0" * 64, "meaning": "authorship"}
NO = {
    "type": "about:blank",
    "title": "No",
    "code": "not-now",
    "detail": "This is refused.",
    "correlation_id": "x",
}


@dataclass(frozen=True, slots=True)
class Sent:
    """A form that is filled in well enough to be sent on."""

    address: str
    form: Mapping[str, str] = field(default_factory=dict)
    changes: int = 1
    """How many calls change something before the last of them is refused."""


_C, _S = f"{PERSON}{THE_COURSE}", f"{PERSON}/support"
_SIGNED = {"hash": "0" * 64, "password": PASSWORD, "version": "1"}
_WENT_WELL = {"missed_doses": "0", "side_effects": "none", "assessment_ids": UUID_TEXT}
_COURSE = {"indication": "mdd", "drug": "sertraline", "primary_instrument": "phq-9"}
_COURSE |= {"starts_on": "2026-06-12", "suicide_concern": "false"}
_CHECK_IN = {
    "plan_version": "1",
    "withdrawal": "none",
    "tolerable": "true",
    "can_work_and_care": "true",
    "mood": "same",
    "suicidal_thoughts": "false",
    "marked_agitation": "false",
    "emergency_signs": "false",
    "mania_signs": "false",
    "low_sodium_signs": "false",
    "supply_lasts": "true",
    "missed_doses_in_a_row": "0",
} | {f"symptoms.{one}": "none" for one in ("dizziness", "brain_zaps", "irritability", "anxiety")}
SENT = {
    "sign a course": Sent(f"{_C}/confirm", _SIGNED),
    "record about a course": Sent(
        f"{_C}/record/hold", {"plan_version": "1", "days": "3", "reason": "A move."}
    ),
    "sign a change": Sent(f"{_C}/changes/{ONE}", _SIGNED),
    "decline a change": Sent(
        f"{_C}/changes/{ONE}/decline", {"version": "1", "reason": "They do not want it now."}
    ),
    "sign a plan": Sent(f"{_C}/plans/{ONE}", _SIGNED),
    "supply": Sent(f"{_C}/steps/1/supply", {"plan_version": "1"}),
    "take a step": Sent(f"{_C}/steps/1/taken", {"plan_version": "1", "taken_on": "2026-06-12"}),
    "a check-in": Sent(f"{_C}/check-ins/gate/1", _CHECK_IN),
    "a check-in with answers": Sent(
        f"{_C}/check-ins/gate/1",
        _CHECK_IN | {"instrument": "phq-9", "answers.one": "1"},
        changes=2,
    ),
    "nobody was reached": Sent(
        f"{_C}/check-ins/gate/1", {"act": "not-reached", "plan_version": "1"}
    ),
    "a course with a dose": Sent(
        f"{PERSON}/courses/new",
        _COURSE | {"start_dose_mg": "50", "target_dose_mg": "50"},
    ),
    "what a programme changes": Sent(
        f"{_S}/programmes/{ONE}/changes", {"version": "1", "planned_until": "2027-06-12"}
    ),
    "who facilitates": Sent(
        f"{_S}/programmes/{ONE}/facilitator", {"version": "1", "facilitator_id": UUID_TEXT}
    ),
    "a contact": Sent(
        f"{_S}/contacts/new",
        {
            "about": "",
            "purpose": "support",
            "mode": "telephone",
            "outcome": "took-place",
            "on": "2026-06-12",
            "at": "09:00",
            "minutes": "10",
        },
    ),
    "needs": Sent(f"{_S}/needs", {"version": "1", "interests": "walking"}),
    "a life event": Sent(f"{_S}/life-events", {"kind": "x", "happened_on": "2026-06-12"}),
    "a flag": Sent(f"{PERSON}/flags/new", {"trigger": "asked-thoughts"}),
    "a decision": Sent(
        f"{PERSON}/pathway/{ONE}",
        {"version": "1", "decision": "declined", "reason": "x", "password": PASSWORD},
    ),
    "a reminder": Sent(f"{PERSON}/reminders/{ONE}/acknowledge", {"meaning": "seen"}),
}
"""Of each kind of page one, and every page whose change has to know something first."""
DONE = Sent(
    f"{PERSON}/links",
    {"instrument": "phq-9", "channel": "in-person", "lasts_hours": "72", "secret": "a" * 43},
)
"""What was done, and a page that shows it this once."""


def known() -> dict[str, Raw]:
    """What every page of these can be made from."""
    step = a(ScheduledStepBody, ordinal=1, actions=["check-in-gate"])
    taper = a(TaperBody, plan_version=1, steps=[step])
    course = a(
        CourseBody,
        course_id=str(COURSE),
        patient_id=str(PATIENT),
        version=1,
        signing=SIGNING,
        primary_instrument="phq-9",
        taper=taper,
    )
    here = {"course_id": str(COURSE), "patient_id": str(PATIENT), "version": 1, "signing": SIGNING}
    programme = a(ProgrammeBody, programme_id=str(ONE), version=1)
    programme |= {"form": "individual", "company": "together", "setting": "clinic"}
    modes = [a(ModeBody, code="telephone", label="By telephone")]
    said = {
        THE_COURSE: course,
        f"{PERSON}/health-profile": a(HealthProfile),
        f"{THE_COURSE}/taper-plans": a_page([]),
        f"{THE_COURSE}/plan-changes": a_page([]),
        f"{THE_COURSE}/supply": a(PlanSupplyBody),
        f"{THE_COURSE}/taper-bench": a(BenchBody),
        f"/plan-changes/{ONE}": a(PlanChangeBody, change_id=str(ONE), state="proposed", **here),
        f"/taper-plans/{ONE}": a(TaperPlanBody, plan_id=str(ONE), **here),
        f"{PERSON}/support": a(SupportBody, patient_id=str(PATIENT), programmes=[programme]),
        "/support-form": a(SupportForm, modes=modes),
        f"{PERSON}/activities": a(Matches),
        f"{PERSON}/drug-options": a(DrugOptions),
        f"{PERSON}/pathway-proposals": a_page([a(ProposalBody, proposal_id=str(ONE), version=1)]),
        f"/pathway-proposals/{ONE}/check": a(DecisionCheck),
        f"{PERSON}/intake": a(IntakeBody),
        f"/reminders/{ONE}": a(ReminderBody, reminder_id=str(ONE), patient_id=str(PATIENT)),
        f"/reminders/{ONE}/history": a(ReminderHistory),
        "/intake-form": a(IntakeForm),
        "/pathway": a(PathwayContent),
        "/safety-rules": a(SafetyRules),
        "/instruments": {"items": [a(InstrumentBody, code="phq-9")]},
        "/on-call": a_page([]),
        "/drugs": a_page([]),
    }
    return around("", {}) | {f"/api/v1{path}": Raw(body) for path, body in said.items()}


@pytest.fixture
async def neighbours() -> AsyncIterator[dict[str, str]]:
    """Services that know all that, keep a questionnaire, and refuse every other change."""
    answers = known()

    def said(path: str) -> tuple[int, str]:
        found = answers.get(path.partition("?")[0])
        return (404, str(NO)) if found is None else (200, found.model_dump_json())

    async def one(request: web.Request) -> web.Response:
        if request.path.endswith("/assessments"):
            return web.json_response(a(AssessmentBody, total=9, self_harm_item=1), status=201)
        if request.path.endswith("/invitations"):
            return web.json_response(a(InvitationBody, instrument="phq-9", status="open"))
        if request.method != "GET" and request.path not in answers:
            return web.json_response(NO | {"status": 409}, status=409)
        status, body = said(request.path_qs)
        return web.Response(status=status, text=body, content_type="application/json")

    async def several(request: web.Request) -> web.Response:
        asked: dict[str, Any] = await request.json()
        paths = [*asked["paths"], *(question["path"] for question in asked["questions"])]
        lines = [f"{status}\n{body}" for status, body in map(said, paths)]
        return web.Response(text="\n".join(lines))

    app = web.Application()
    app.router.add_post("/api/v1/reads", several)
    app.router.add_route("*", "/{path:.*}", one)
    async with TestServer(app) as server:
        address = str(server.make_url("")).rstrip("/")
        yield dict.fromkeys(("assessment", "treatment", "engagement"), address)


async def sent(portal: TestClient, one: Sent) -> tuple[str, int, int]:
    """The page that followed, how many calls it was read with, and how many changed something."""
    form = {"csrf": await form_token(portal), "key": "a-key-of-a-form"}
    answer = await portal.post(one.address, data=form | one.form, allow_redirects=False)
    page, timing = await answer.text(), answer.headers.get("Server-Timing")
    assert timing is not None, f"{one.address}: {answer.status}"
    changed = tour.changes(timing, at=one.address)
    return page, tour.calls(timing, at=one.address) - changed, changed


async def test_a_refused_change_is_shown_from_at_most_three_reads(portal: TestClient) -> None:
    await sign_in(portal, "amara")
    taken = {}
    for what, one in SENT.items():
        page, reads, changes = await sent(portal, one)
        assert "This is refused." in page, f"{what}: {page}"
        taken[what] = reads, changes

    assert {what: reads for what, (reads, _) in taken.items() if reads > MOST_CALLS} == {}
    assert {what: changes for what, (_, changes) in taken.items()} == {
        what: one.changes for what, one in SENT.items()
    }


async def test_a_usual_dose_is_looked_up_with_what_the_page_shows(portal: TestClient) -> None:
    await sign_in(portal, "amara")
    _page, reads, changes = await sent(portal, Sent(f"{PERSON}/courses/new", _COURSE))

    assert (reads <= MOST_CALLS, changes) == (True, 0)


async def test_a_link_that_was_made_is_shown_from_at_most_three_reads(portal: TestClient) -> None:
    await sign_in(portal, "amara")
    page, reads, changes = await sent(portal, DONE)

    assert "a" * 43 in page
    assert (reads <= MOST_CALLS, changes) == (True, 1)
