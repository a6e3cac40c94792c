"""New versions of a plan being lived: propose, look, sign, decline; supply; where symptoms
come from."""

from typing import Any

from aiohttp import web

from services.portal.pages.courses import read_course
from services.portal.pages.forms import (
    MovedOn,
    attempt,
    is_stale,
    overtaken_meanwhile,
    signature,
)
from services.portal.pages.records import read_record, record_page
from services.portal.pages.together import together
from services.portal.pages.visit import Visit
from services.portal.presenters import changes, findings, intakes, places
from services.portal.presenters.drafts import Draft, Fault
from services.portal.presenters.language import gettext as _
from services.portal.presenters.record import Record
from shared.api.body import Page
from shared.api.treatment import (
    AttributionBody,
    DeclinePlanChange,
    PlanChangeBody,
    PlanChangeRequest,
    PlanSupplyBody,
    PlanVersionBody,
    SignPlanChange,
)

_TAB = "Course"
_WithRecord = tuple[Record, PlanChangeBody]


async def show_proposing(visit: Visit) -> web.StreamResponse:
    """Which new version is wanted, and why."""
    kind = visit.request.query.get("kind", "")
    return await _proposing(visit, visit.draft(kind=kind, on=visit.setting.today.isoformat()))


async def propose(visit: Visit) -> web.StreamResponse:
    """Calculate the new version and show what it would change; nothing changes by that."""
    draft = visit.sent()

    async def send() -> PlanChangeBody:
        data: dict[str, Any] = visit.fields("kind", "plan_version", "reason")
        data |= visit.fields("days") if data.get("kind") == "hold" else visit.fields("on")
        return await visit.care.treatment.post(
            f"/courses/{visit.id('course_id')}/plan-changes",
            PlanChangeRequest.model_validate(data),
            PlanChangeBody,
            key=draft.part("propose"),
        )

    outcome = await attempt(draft, send)
    if isinstance(outcome, Draft):
        return await _proposing(visit, outcome)
    raise web.HTTPSeeOther(_place(outcome))


async def show_change(visit: Visit) -> web.StreamResponse:
    """One proposed version: what would be different, and what became of it."""
    return await _change(visit, visit.draft())


async def sign(visit: Visit) -> web.StreamResponse:
    """Sign exactly what was shown, answering each warning with a reason."""
    draft = visit.sent()
    read = await _with_record(visit)
    _record, body = read
    if body.signing is None:
        fault = Fault("", _("There is nothing to sign now."))
        return await _change(visit, draft.refused([fault]), read)
    signing = body.signing
    given = intakes.answers(draft.values, prefix="reason")

    async def send() -> PlanChangeBody:
        if visit.one("hash") != signing.hash:
            raise MovedOn
        sent = SignPlanChange.model_validate(
            {
                "signature": await signature(visit, hash_=signing.hash, meaning=signing.meaning),
                "acknowledgements": [
                    {"rule": rule, "reason": reason} for rule, reason in given.items()
                ],
            }
        )
        return await visit.care.treatment.post(
            f"/plan-changes/{body.change_id}/sign",
            sent,
            PlanChangeBody,
            key=draft.part("sign"),
            version=visit.version(),
        )

    outcome = await attempt(draft, send)
    if isinstance(outcome, Draft):
        return await _refused(visit, outcome, read)
    raise web.HTTPSeeOther(f"{_course(outcome)}?done=change-signed")


async def decline(visit: Visit) -> web.StreamResponse:
    """Leave the plan as it is, and say why."""
    draft = visit.sent()
    read = await _with_record(visit)
    _record, body = read

    async def send() -> PlanChangeBody:
        return await visit.care.treatment.post(
            f"/plan-changes/{body.change_id}/decline",
            DeclinePlanChange.model_validate(visit.fields("reason")),
            PlanChangeBody,
            key=draft.part("decline"),
            version=visit.version(),
        )

    outcome = await attempt(draft, send)
    if isinstance(outcome, Draft):
        return await _refused(visit, outcome, read)
    raise web.HTTPSeeOther(f"{_course(outcome)}?done=change-declined")


async def show_changes(visit: Visit) -> web.StreamResponse:
    """Every change that was proposed for a course, with what became of it."""
    read, course, made = await together(
        read_record(visit, visit.id("patient_id")),
        read_course(visit),
        visit.care.treatment.get(
            f"/courses/{visit.id('course_id')}/plan-changes", Page[PlanChangeBody]
        ),
    )
    listed = changes.proposed(made.items, visit.request.query, path=visit.request.path)
    return await record_page(
        visit,
        "changes.html",
        read,
        tab=_TAB,
        course=course,
        listed=listed,
        changes=[changes.change(one, visit.setting) for one in listed.rows],
    )


async def show_versions(visit: Visit) -> web.StreamResponse:
    """Every version the person has lived by."""
    read, course, kept = await together(
        read_record(visit, visit.id("patient_id")),
        read_course(visit),
        visit.care.treatment.get(
            f"/courses/{visit.id('course_id')}/plan-versions", Page[PlanVersionBody]
        ),
    )
    listed = changes.listed(kept.items, visit.request.query, path=visit.request.path)
    return await record_page(
        visit,
        "versions.html",
        read,
        tab=_TAB,
        course=course,
        listed=listed,
        versions=changes.versions(listed.rows, visit.setting),
    )


async def show_attribution(visit: Visit) -> web.StreamResponse:
    """Withdrawal or relapse: a suggestion with its reasons; both routes stay open."""
    path = f"/courses/{visit.id('course_id')}/attribution"
    read, course, found = await together(
        read_record(visit, visit.id("patient_id")),
        read_course(visit),
        visit.care.treatment.get(path, AttributionBody),
    )
    return await record_page(
        visit,
        "attribution.html",
        read,
        tab=_TAB,
        course=course,
        found=found,
        suggestion=changes.SUGGESTIONS[found.suggestion],
        reasons=changes.reasons(found),
        kinds=_offered(course.taper.proposals if course.taper else ()),
        instrument=course.primary_instrument,
    )


async def show_supply(visit: Visit) -> web.StreamResponse:
    """What the pharmacy hands out for every step ahead, counted to the half."""
    return await _supply(visit, "supply.html")


async def show_order(visit: Visit) -> web.StreamResponse:
    """One step's order for the pharmacy, on one page."""
    return await _supply(visit, "order.html", ordinal=visit.number("ordinal"))


async def _supply(visit: Visit, template: str, *, ordinal: int | None = None) -> web.StreamResponse:
    path = f"/courses/{visit.id('course_id')}/supply"
    read, course, body = await together(
        read_record(visit, visit.id("patient_id")),
        read_course(visit),
        visit.care.treatment.get(path, PlanSupplyBody),
    )
    periods = changes.supply(body, visit.setting)
    if ordinal is not None:
        chosen = [
            period
            for period, order in zip(periods, body.orders, strict=True)
            if order.ordinal == ordinal
        ]
        if not chosen:
            raise web.HTTPNotFound
        periods = (chosen[0],)
    return await record_page(
        visit,
        template,
        read,
        tab=_TAB,
        course=course,
        periods=periods,
        findings=findings.findings(body.findings),
        plan_version=body.plan_version,
    )


async def _proposing(visit: Visit, draft: Draft) -> web.StreamResponse:
    read, course = await together(read_record(visit, visit.id("patient_id")), read_course(visit))
    taper = course.taper
    return await record_page(
        visit,
        "propose_change.html",
        read,
        tab=_TAB,
        status=draft.status,
        draft=draft,
        course=course,
        kinds=_offered(taper.proposals if taper else ()),
        plan_version=taper.plan_version if taper else 0,
        standing_days_left=taper.standing_days_left if taper else 0,
    )


async def _refused(visit: Visit, draft: Draft, read: _WithRecord) -> web.StreamResponse:
    _record, body = read
    moved = overtaken_meanwhile(draft, visit, read=body.version)
    return await _change(visit, draft, None if moved else read)


async def _change(
    visit: Visit, draft: Draft, seen: _WithRecord | None = None
) -> web.StreamResponse:
    read, body = seen or await _with_record(visit)
    lines = changes.lines(body, visit.setting)
    if is_stale(draft):
        draft = draft.overtaken(lines)
    return await record_page(
        visit,
        "change.html",
        read,
        tab=_TAB,
        status=draft.status,
        draft=draft,
        body=body,
        change=changes.change(body, visit.setting),
        seen=lines,
    )


async def _with_record(visit: Visit) -> _WithRecord:
    return await together(read_record(visit, visit.id("patient_id")), _read(visit))


async def _read(visit: Visit) -> PlanChangeBody:
    path = f"/plan-changes/{visit.id('change_id')}"
    body = await visit.care.treatment.get(path, PlanChangeBody)
    if body.patient_id != visit.id("patient_id") or body.course_id != visit.id("course_id"):
        raise web.HTTPNotFound
    return body


def _offered(kinds: tuple[str, ...]) -> list[tuple[str, str, str]]:
    return [(kind, changes.KINDS[kind], changes.EXPLAINED[kind]) for kind in kinds]


def _place(body: PlanChangeBody) -> str:
    return places.course(body.patient_id, body.course_id, "changes", body.change_id)


def _course(body: PlanChangeBody) -> str:
    return places.course(body.patient_id, body.course_id)
