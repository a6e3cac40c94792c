"""Finding people, and enrolling somebody new."""

from typing import Any

from aiohttp import web
from pydantic import ValidationError

from services.portal.clients import Refused
from services.portal.pages.together import together
from services.portal.pages.visit import Visit
from services.portal.presenters import contact, drafts, listing, people, places, words
from services.portal.presenters.drafts import Draft, Fault
from services.portal.presenters.language import gettext as _
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
    """People, which ones and in which order as the address says, page by page."""
    is_lead = visit.visitor.staff.role is Role.LEAD
    asked = {name: visit.request.query.get(name, "") for name in ("show", "sort", "cursor")}
    wanted = people.wanted(asked, for_lead=is_lead)
    page, recent = await together(
        visit.care.assessment.get("/patients", Page[PatientSummary], wanted.query),
        visit.care.assessment.get("/recent-patients", PatientsFound),
    )
    return visit.page(
        "patients.html",
        draft=visit.draft(),
        people=people.rows(page.items, today=visit.setting.today),
        title=wanted.title,
        ownerless=wanted.is_ownerless,
        choices=people.choices(wanted, for_lead=is_lead),
        columns=people.columns(wanted),
        pages=people.pages(wanted, next_cursor=page.next, shown=len(page.items)),
        recent=people.rows(recent.items, today=visit.setting.today),
        searched=False,
        more=False,
        **_may(visit),
    )


async def search(visit: Visit) -> web.StreamResponse:
    """People by name, birth date or number; the question travels in the body, never in the
    address. Whoever is the only one is opened at once."""
    draft = visit.sent()
    try:
        question = PatientSearch.model_validate(people.question(draft.value("find")))
        found = await visit.care.assessment.ask("/patients/search", question, PatientsFound)
    except people.Unclear as unclear:
        return _found(visit, draft.refused([Fault("find", str(unclear))]), None)
    except ValidationError:
        fault = Fault("find", _("Write at least two letters of a name, a birth date or a number."))
        return _found(visit, draft.refused([fault]), None)
    except Refused as refused:
        faults = drafts.faults_in(refused.problem)
        return _found(visit, draft.refused([Fault("find", one.text) for one in faults]), None)
    if len(found.items) == 1 and not found.more:
        raise web.HTTPSeeOther(places.patient(found.items[0].patient_id))
    return _found(visit, draft, found)


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
            faults = (Fault("duplicate_reason", _("Somebody like this may already be enrolled.")),)
        return _enrolment(visit, draft.refused(faults, status=refused.problem.status), known)
    raise web.HTTPSeeOther(f"{places.patient(patient.patient_id)}?done=enrolled")


def _found(visit: Visit, draft: Draft, found: PatientsFound | None) -> web.Response:
    listed = () if found is None else people.rows(found.items, today=visit.setting.today)
    return visit.page(
        "patients.html",
        status=draft.status,
        draft=draft,
        people=listed,
        title=_("Found") if found else _("Find somebody"),
        ownerless=False,
        choices=(),
        columns=people.plain_columns(),
        pages=listing.Pages(),
        recent=(),
        searched=found is not None,
        more=found is not None and found.more,
        **_may(visit),
    )


def _may(visit: Visit) -> dict[str, bool]:
    role = visit.visitor.staff.role
    return {"may_enrol": role in _MAY_ENROL, "may_judge": role in _MAY_JUDGE}


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
