"""One person: the overview, and their details."""

from typing import Any
from uuid import UUID

from aiohttp import web

from services.portal.pages.forms import attempt, is_stale
from services.portal.pages.records import read_record, record_page
from services.portal.pages.together import together
from services.portal.pages.visit import Visit
from services.portal.presenters import contact, overview, people, places, words
from services.portal.presenters.drafts import Draft
from shared.api.assessment import (
    CareTeam,
    IntakeBody,
    LeaveCare,
    PatientBody,
    PatientChanges,
    RestartMessages,
    ReturnToCare,
    TrajectoryBody,
)
from shared.api.identity import Role

_CARERS = frozenset({Role.PRESCRIBER, Role.NURSE, Role.FACILITATOR})
_DETAILS = ("given_name", "family_name", "birth_date", "time_zone", "language")


async def show_overview(visit: Visit) -> web.StreamResponse:
    """Where this person stands, on one screen."""
    patient_id = visit.id("patient_id")
    care = visit.care.assessment
    read, trajectory, intake = await together(
        read_record(visit, patient_id),
        care.get(f"/patients/{patient_id}/trajectory", TrajectoryBody),
        care.get(f"/patients/{patient_id}/intake", IntakeBody),
    )
    return await record_page(
        visit,
        "overview.html",
        read,
        tab="Overview",
        overview=overview.of(read, trajectory, intake, visit.setting),
    )


async def show_details(visit: Visit) -> web.StreamResponse:
    """Who the person is, how to reach them, and who looks after them."""
    return await _details(visit, None)


async def change_details(visit: Visit) -> web.StreamResponse:
    """Change what was typed; an emptied telephone number or address is forgotten."""
    data: dict[str, Any] = visit.fields(*_DETAILS) | contact.sent(visit.sent())

    async def send(patient_id: UUID) -> PatientBody:
        body = PatientChanges.model_validate(data)
        path = f"/patients/{patient_id}"
        return await visit.care.assessment.patch(path, body, PatientBody, version=visit.version())

    return await _change(visit, send)


async def change_care_team(visit: Visit) -> web.StreamResponse:
    """Say who may see this person and gets their reminders."""

    async def send(patient_id: UUID) -> PatientBody:
        body = CareTeam.model_validate(
            {
                "team": visit.one("team"),
                "care_team": visit.sent().all("care_team"),
                "reason": visit.one("reason") or None,
            }
        )
        path = f"/patients/{patient_id}/care-team"
        return await visit.care.assessment.put(path, body, PatientBody, version=visit.version())

    return await _change(visit, send)


async def leave_care(visit: Visit) -> web.StreamResponse:
    """End care; messages and reminders stop, open safety flags stay."""

    async def send(patient_id: UUID) -> PatientBody:
        body = LeaveCare.model_validate(visit.fields("status", "on", "reason"))
        path = f"/patients/{patient_id}/leave-care"
        return await visit.care.assessment.post(
            path, body, PatientBody, key=visit.sent().key, version=visit.version()
        )

    return await _change(visit, send)


async def return_to_care(visit: Visit) -> web.StreamResponse:
    """Undo an end of care; nothing is sent to the person before messages are restarted."""

    async def send(patient_id: UUID) -> PatientBody:
        body = ReturnToCare.model_validate(visit.fields("reason"))
        path = f"/patients/{patient_id}/return-to-care"
        return await visit.care.assessment.post(
            path, body, PatientBody, key=visit.sent().key, version=visit.version()
        )

    return await _change(visit, send)


async def restart_messages(visit: Visit) -> web.StreamResponse:
    """Say that the person may be written to again."""

    async def send(patient_id: UUID) -> PatientBody:
        body = RestartMessages.model_validate(visit.fields("reason"))
        path = f"/patients/{patient_id}/restart-messages"
        return await visit.care.assessment.post(
            path, body, PatientBody, key=visit.sent().key, version=visit.version()
        )

    return await _change(visit, send)


async def _change(visit: Visit, send: Any) -> web.StreamResponse:
    patient_id = visit.id("patient_id")
    outcome = await attempt(visit.sent(), lambda: send(patient_id))
    if isinstance(outcome, Draft):
        return await _details(visit, outcome)
    raise web.HTTPSeeOther(f"{places.patient(patient_id, 'details')}?done=details")


async def _details(visit: Visit, sent: Draft | None) -> web.StreamResponse:
    read = await read_record(visit, visit.id("patient_id"))
    patient = read.patient
    lines = overview.detail_lines(patient, visit.setting)
    draft = sent or visit.draft(**_typed(patient))
    if is_stale(draft):
        draft = draft.overtaken(lines)
    return await record_page(
        visit,
        "details.html",
        read,
        tab="Details",
        status=draft.status,
        draft=draft,
        seen=lines,
        lines=lines,
        zones=people.zones(),
        languages=people.LANGUAGES,
        consent_groups=contact.groups(),
        teams=[(team, words.plain(team)) for team in _teams(visit, patient)],
        carers=[
            (str(person.staff_id), overview.colleague(person.display_name, person.role))
            for person in visit.people.values()
            if (person.active and person.role in _CARERS) or person.staff_id in patient.care_team
        ],
        leaving=tuple((code, said) for code, said in people.STATUSES.items() if code != "active"),
    )


def _teams(visit: Visit, patient: PatientBody) -> tuple[str, ...]:
    return tuple(dict.fromkeys((patient.team, *visit.visitor.staff.teams)))


def _typed(patient: PatientBody) -> dict[str, str | tuple[str, ...]]:
    """The form as the record has it."""
    return contact.typed(patient) | {
        "given_name": patient.given_name,
        "family_name": patient.family_name,
        "birth_date": patient.birth_date.isoformat(),
        "time_zone": patient.time_zone,
        "language": patient.language,
        "team": patient.team,
        "care_team": tuple(str(staff_id) for staff_id in patient.care_team),
    }
