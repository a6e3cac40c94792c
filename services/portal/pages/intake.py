"""What is asked before anything is proposed, and the health questions the safety rules need."""

from aiohttp import web

from services.portal.pages.forms import attempt, is_stale
from services.portal.pages.records import read_record, record_page
from services.portal.pages.together import together
from services.portal.pages.visit import Visit
from services.portal.presenters import health, intakes, places
from services.portal.presenters.drafts import Draft
from shared.api.assessment import Intake, IntakeBody, IntakeForm
from shared.api.treatment import HealthFacts, HealthProfile


async def show_intake(visit: Visit) -> web.StreamResponse:
    """The intake questions with the answers so far."""
    return await _intake(visit, None)


async def save_intake(visit: Visit) -> web.StreamResponse:
    """Save the answers; what is left open stays open."""
    draft = visit.sent()
    patient_id = visit.id("patient_id")

    async def send() -> IntakeBody:
        body = Intake.model_validate({"answers": intakes.answers(draft.values)})
        path = f"/patients/{patient_id}/intake"
        return await visit.care.assessment.put(path, body, IntakeBody, version=visit.version())

    outcome = await attempt(draft, send)
    if isinstance(outcome, Draft):
        return await _intake(visit, outcome)
    raise web.HTTPSeeOther(f"{places.patient(patient_id, 'pathway')}?done=intake")


async def show_health(visit: Visit) -> web.StreamResponse:
    """The health questions with the answers so far."""
    return await _health(visit, None)


async def save_health(visit: Visit) -> web.StreamResponse:
    """Save which conditions and medicines were named; the rest was asked and denied."""
    draft = visit.sent()
    patient_id = visit.id("patient_id")

    async def send() -> HealthProfile:
        body = HealthFacts.model_validate(health.facts(draft))
        path = f"/patients/{patient_id}/health-profile"
        return await visit.care.treatment.put(path, body, HealthProfile, version=visit.version())

    outcome = await attempt(draft, send)
    if isinstance(outcome, Draft):
        return await _health(visit, outcome)
    raise web.HTTPSeeOther(f"{places.patient(patient_id, 'courses', 'new')}?done=health")


async def _intake(visit: Visit, sent: Draft | None) -> web.StreamResponse:
    patient_id = visit.id("patient_id")
    care = visit.care.assessment
    read, form, intake = await together(
        read_record(visit, patient_id),
        care.get("/intake-form", IntakeForm),
        care.get(f"/patients/{patient_id}/intake", IntakeBody),
    )
    lines = intakes.lines(form, intake)
    draft = sent or visit.draft(
        **{f"answers.{code}": choice for code, choice in intake.answers.items()}
    )
    if is_stale(draft):
        draft = draft.overtaken(lines)
    return await record_page(
        visit,
        "intake.html",
        read,
        tab="Pathway",
        status=draft.status,
        draft=draft,
        seen=lines,
        version=intake.version,
        groups=intakes.groups(form),
    )


async def _health(visit: Visit, sent: Draft | None) -> web.StreamResponse:
    patient_id = visit.id("patient_id")
    read, profile = await together(
        read_record(visit, patient_id),
        visit.care.treatment.get(f"/patients/{patient_id}/health-profile", HealthProfile),
    )
    lines = health.lines(profile)
    draft = sent or visit.draft(**health.typed(profile))
    if is_stale(draft):
        draft = draft.overtaken(lines)
    return await record_page(
        visit,
        "health.html",
        read,
        tab="Course",
        status=draft.status,
        draft=draft,
        seen=lines,
        profile=profile,
        conditions=health.choices(profile.known_conditions),
        medicines=health.choices(profile.known_medicines),
    )
