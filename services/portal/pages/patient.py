"""One person: the overview, and their details."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from aiohttp import web

from services.portal.pages.forms import attempt, is_stale
from services.portal.pages.records import read_record, record_page
from services.portal.pages.together import together
from services.portal.pages.visit import Visit
from services.portal.presenters import contact, erasing, overview, people, places, words, zones
from services.portal.presenters.drafts import Draft
from services.portal.presenters.record import Record
from shared.api.assessment import (
    CareTeam,
    ErasePerson,
    IntakeBody,
    LeaveCare,
    PatientBody,
    PatientChanges,
    RestartMessages,
    ReturnToCare,
    TrajectoryBody,
)
from shared.api.engagement import ZoneDifference, ZoneQuery
from shared.api.identity import Role

_CARERS = frozenset({Role.PRESCRIBER, Role.NURSE, Role.FACILITATOR})
_TEAM = ("team", "care_team")
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
    """Change what was typed; an emptied telephone number or address is forgotten.

    Another time zone is saved once the reader has seen what it moves.
    """
    draft = visit.sent()
    if draft.value("time_zone") != draft.value("zone_seen"):
        seen, read = await together(
            attempt(draft, lambda: _what_moves(visit, draft.value("time_zone"))),
            read_record(visit, visit.id("patient_id")),
        )
        if isinstance(seen, Draft):
            return await _shown(visit, read, seen)
        return await _shown(visit, read, draft, zones.moves(seen, visit.setting))
    data: dict[str, Any] = visit.fields(*_DETAILS) | contact.sent(draft)

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


async def erase(visit: Visit) -> web.StreamResponse:
    """Propose to forget who this was, or do it as the second person."""
    patient_id, draft = visit.id("patient_id"), visit.sent()

    async def send() -> PatientBody:
        body = ErasePerson.model_validate({"reason": draft.value("erase_reason")})
        return await visit.care.assessment.post(
            f"/patients/{patient_id}/erase",
            body,
            PatientBody,
            key=draft.key,
            version=visit.version(),
        )

    outcome = await attempt(draft, send)
    if isinstance(outcome, Draft):
        return await _details(visit, outcome)
    done = "erased" if outcome.erased_on else "proposed-erasure"
    raise web.HTTPSeeOther(f"{places.patient(patient_id, 'details')}?done={done}")


async def _change(visit: Visit, send: Any) -> web.StreamResponse:
    patient_id = visit.id("patient_id")
    outcome = await attempt(visit.sent(), lambda: send(patient_id))
    if isinstance(outcome, Draft):
        return await _details(visit, outcome)
    raise web.HTTPSeeOther(f"{places.patient(patient_id, 'details')}?done=details")


async def _what_moves(visit: Visit, zone: str) -> ZoneDifference:
    path = f"/patients/{visit.id('patient_id')}/zone-difference"
    query = {"time_zone": ZoneQuery(time_zone=zone).time_zone}
    return await visit.care.engagement.get(path, ZoneDifference, query, newcomer=True)


async def _details(visit: Visit, sent: Draft | None) -> web.StreamResponse:
    return await _shown(visit, await read_record(visit, visit.id("patient_id")), sent)


async def _shown(
    visit: Visit, read: Record, sent: Draft | None, moves: zones.Moves | None = None
) -> web.StreamResponse:
    patient = read.patient
    lines = overview.detail_lines(patient, visit.setting)
    fresh = visit.draft(**_typed(patient))
    draft = fresh if sent is None else _beside(fresh, sent)
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
        moves=moves,
        zone_seen=moves.zone if moves else patient.time_zone,
        zones=people.zones(),
        languages=people.LANGUAGES,
        consent_groups=contact.groups(),
        teams=[(team, words.plain(team)) for team in _teams(visit, patient)],
        carers=[
            (str(person.staff_id), overview.colleague(person.display_name, person.role))
            for person in visit.people.values()
            if (person.active and person.role in _CARERS) or person.staff_id in patient.care_team
        ],
        erasing=tuple(erasing.REASONS.items()),
        wish=erasing.wish(patient, visit.setting),
        leaving=tuple((code, said) for code, said in people.STATUSES.items() if code != "active"),
    )


def _teams(visit: Visit, patient: PatientBody) -> tuple[str, ...]:
    return tuple(dict.fromkeys((patient.team, *visit.visitor.staff.teams)))


def _beside(fresh: Draft, sent: Draft) -> Draft:
    """The form that was sent, and the page's others as the record has them. A box without its
    tick is missing from what was sent, so the form is known by a field that is always in it."""
    is_details, is_team = "given_name" in sent.values, "team" in sent.values
    others = {
        name: values
        for name, values in fresh.values.items()
        if not (is_team if name in _TEAM else is_details)
    }
    return replace(sent, values=others | dict(sent.values))


def _typed(patient: PatientBody) -> dict[str, str | tuple[str, ...]]:
    """The form as the record has it."""
    return contact.typed(patient) | {
        "given_name": patient.given_name,
        "family_name": patient.family_name,
        "birth_date": patient.birth_date.isoformat() if patient.birth_date else "",
        "time_zone": patient.time_zone,
        "language": patient.language,
        "team": patient.team,
        "care_team": tuple(str(staff_id) for staff_id in patient.care_team),
    }
