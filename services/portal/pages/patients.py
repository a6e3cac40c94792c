"""Finding people, and enrolling somebody new."""

from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from pydantic import ValidationError

from services.portal.clients import Refused
from services.portal.pages.visit import Visit
from services.portal.presenters import contact, drafts, people, places, words
from services.portal.presenters.drafts import Draft, Fault
from shared.api.assessment import (
    NewPatient,
    PatientBody,
    PatientSearch,
    PatientsFound,
    PatientSummary,
)
from shared.api.body import Page
from shared.api.identity import Role

_MAY_ENROL = frozenset({Role.PRESCRIBER, Role.NURSE, Role.LEAD})
_MAY_JUDGE = frozenset({Role.PRESCRIBER, Role.LEAD})
_CARERS = ("prescriber", "nurse", "facilitator")
_FIELDS = (
    "given_name",
    "family_name",
    "birth_date",
    "time_zone",
    "language",
    "team",
    "duplicate_reason",
)


async def show_patients(visit: Visit) -> web.StreamResponse:
    """People in care, page by page."""
    status = visit.request.query.get("status", "active")
    query = {"limit": "50"} | (
        {"ownerless": "true"} if status == people.OWNERLESS else {"status": status}
    )
    if cursor := visit.request.query.get("cursor"):
        query["cursor"] = cursor
    page = await visit.care.assessment.get("/patients", Page[PatientSummary], query)
    more = urlencode({"status": status, "cursor": page.next}) if page.next else ""
    return _list(visit, visit.draft(), page.items, status=status, next_href=more and f"?{more}")


async def search(visit: Visit) -> web.StreamResponse:
    """People by name or birth date; the question travels in the body, never in the address."""
    draft = visit.sent()
    try:
        question = PatientSearch.model_validate(visit.fields("name", "birth_date"))
        found = await visit.care.assessment.ask("/patients/search", question, PatientsFound)
    except ValidationError as error:
        return _list(visit, draft.refused(drafts.faults_of(error)), (), status="")
    except Refused as refused:
        return _list(visit, draft.refused(drafts.faults_in(refused.problem)), (), status="")
    return _list(visit, draft, found.items, status="", searched=True, more=found.more)


async def show_enrolment(visit: Visit) -> web.StreamResponse:
    """The form to enrol somebody."""
    teams = visit.visitor.staff.teams
    draft = visit.draft(
        time_zone=str(visit.desk.manner.zone),
        language="en",
        team=teams[0] if teams else "",
        neutral_wording="true",
        care_team=(str(visit.visitor.staff.staff_id),),
    )
    return _enrolment(visit, draft)


async def enrol(visit: Visit) -> web.StreamResponse:
    """Enrol somebody, once per form."""
    draft = visit.sent()
    data: dict[str, Any] = visit.fields(*_FIELDS)
    data["care_team"] = draft.all("care_team")
    data |= {name: value for name, value in contact.sent(draft).items() if value is not None}
    try:
        body = NewPatient.model_validate(data)
        key = draft.part("again" if body.duplicate_reason else "first")
        patient = await visit.care.assessment.post("/patients", body, PatientBody, key=key)
    except ValidationError as error:
        return _enrolment(visit, draft.refused(drafts.faults_of(error)))
    except Refused as refused:
        known = people.candidates(refused.problem.context)
        faults = drafts.faults_in(refused.problem)
        if known:
            faults = (Fault("duplicate_reason", "Somebody like this may already be enrolled."),)
        return _enrolment(visit, draft.refused(faults, status=refused.problem.status), known)
    raise web.HTTPSeeOther(f"{places.patient(patient.patient_id)}?done=enrolled")


def _list(
    visit: Visit,
    draft: Draft,
    found: tuple[PatientSummary, ...],
    *,
    status: str,
    searched: bool = False,
    more: bool = False,
    next_href: str = "",
) -> web.Response:
    return visit.page(
        "patients.html",
        status=draft.status,
        draft=draft,
        people=people.rows(found, today=visit.setting.today),
        kind=status,
        statuses=people.kinds(for_lead=visit.visitor.staff.role is Role.LEAD),
        searched=searched,
        more=more,
        next_href=next_href,
        may_enrol=visit.visitor.staff.role in _MAY_ENROL,
        may_judge=visit.visitor.staff.role in _MAY_JUDGE,
    )


def _enrolment(visit: Visit, draft: Draft, known: tuple[Any, ...] = ()) -> web.Response:
    team = [
        (str(person.staff_id), f"{person.display_name}, {words.ROLES[person.role.value].lower()}")
        for person in visit.people.values()
        if person.active and person.role.value in _CARERS
    ]
    return visit.page(
        "enrol.html",
        status=draft.status,
        draft=draft,
        zones=people.zones(),
        languages=people.LANGUAGES,
        consent_groups=contact.groups(),
        teams=[(team, words.plain(team)) for team in visit.visitor.staff.teams],
        carers=team,
        known=[places.patient(patient_id) for patient_id in known],
    )
