"""Planning a taper: choose a way down, look at it, save it, sign it."""

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
from services.portal.pages.support_records import support_beside
from services.portal.pages.together import together
from services.portal.pages.visit import Visit
from services.portal.presenters import (
    bench,
    check_ins,
    courses,
    intakes,
    places,
    second_signatures,
    tapers,
    words,
)
from services.portal.presenters.drafts import Draft, Fault
from services.portal.presenters.language import gettext as _
from services.portal.presenters.prevention import prevention
from services.portal.presenters.record import Record
from shared.api.body import Page
from shared.api.support import SupportBody
from shared.api.treatment import (
    CourseBody,
    DrugBody,
    SignTaperPlan,
    TaperPlanBody,
    TaperPolicyBody,
    TaperPreview,
    TaperRequest,
)

_TAB = "Course"
_Read = tuple[Record, SupportBody | None, TaperPlanBody]
_FIELDS = (
    "policy",
    "starts_on",
    "interval_days",
    "last_dose_mg",
    "early_reason",
    "early_code",
    "standing_order_days",
)
_READINESS = ("crisis_plan_agreed", "supporter_asked", "pace_is_the_patients")


async def show_taper_form(visit: Visit) -> web.StreamResponse:
    """Which way down, from when, with what on the shelf."""
    return await _form(visit, visit.draft(starts_on=visit.setting.today.isoformat()))


async def preview_or_draft(visit: Visit) -> web.StreamResponse:
    """Look at the plan that would result, or save it as a draft to be signed."""
    draft = visit.sent()
    if draft.value("act") != "save":
        return await _form(visit, draft, looking=True)
    path = f"/courses/{visit.id('course_id')}"

    async def save() -> TaperPlanBody:
        return await visit.care.treatment.post(
            f"{path}/taper-plans", _request(draft), TaperPlanBody, key=draft.part("save")
        )

    saved = await attempt(draft, save)
    if isinstance(saved, Draft):
        return await _form(visit, saved)
    place = places.course(saved.patient_id, saved.course_id, "plans", saved.plan_id)
    raise web.HTTPSeeOther(f"{place}?done=plan")


async def show_plan(visit: Visit) -> web.StreamResponse:
    """A stored plan, to sign or to read."""
    return await _stored(visit, visit.draft())


async def sign(visit: Visit) -> web.StreamResponse:
    """Sign exactly the version that was shown, answering each warning with a reason."""
    draft = visit.sent()
    read = await _read(visit)
    _record, _support, plan = read
    if plan.signing is None:
        fault = Fault("", _("There is nothing to sign now."))
        return await _stored(visit, draft.refused([fault]), read)
    signing = plan.signing
    reasons = intakes.answers(draft.values, prefix="reason")

    async def send() -> TaperPlanBody:
        if visit.one("hash") != signing.hash:
            raise MovedOn
        body = SignTaperPlan.model_validate(
            {
                "signature": await signature(visit, hash_=signing.hash, meaning=signing.meaning),
                "acknowledgements": [
                    {"rule": rule, "reason": reason} for rule, reason in reasons.items()
                ],
            }
        )
        return await visit.care.treatment.post(
            f"/taper-plans/{plan.plan_id}/sign",
            body,
            TaperPlanBody,
            key=draft.key,
            version=visit.version(),
        )

    outcome = await attempt(draft, send)
    if isinstance(outcome, Draft):
        moved = overtaken_meanwhile(outcome, visit, read=plan.version)
        return await _stored(visit, outcome, None if moved else read)
    raise web.HTTPSeeOther(after_signing(outcome))


def after_signing(plan: TaperPlanBody) -> str:
    """The plan itself while a second signature is open and once it is there, for whoever signs
    second has seen nothing else; the course otherwise."""
    here = places.course(plan.patient_id, plan.course_id, "plans", plan.plan_id)
    if plan.first_signature is not None:
        return f"{here}?done=signed-first"
    if plan.second_signed_by is not None:
        return f"{here}?done=signed"
    return f"{places.course(plan.patient_id, plan.course_id)}?done=signed"


def _request(draft: Draft) -> TaperRequest:
    """The request behind the form; untouched parts are left to the service.

    Raises:
        ValidationError: what was typed is no valid request.
    """
    data: dict[str, Any] = {name: draft.value(name) for name in _FIELDS if draft.value(name)}
    data["products"] = draft.all("products")
    data["solids_only"] = draft.value("solids_only") == "true"
    if draft.value("policy") == bench.OWN_ROWS or (draft.value("rows") and "policy" not in data):
        data |= {"policy": bench.OWN_ROWS, "rows": bench.rows_of(draft.value("rows"))}
    if draft.value("baseline_withdrawal"):
        data["readiness"] = {
            "baseline_withdrawal": draft.value("baseline_withdrawal"),
            "baseline": intakes.answers(draft.values, prefix="baseline") or None,
            **{name: draft.value(name) == "true" for name in _READINESS},
        }
    return TaperRequest.model_validate(data)


async def read_plan(visit: Visit) -> TaperPlanBody:
    """The plan of the address, under its own person and course only."""
    path = f"/taper-plans/{visit.id('plan_id')}"
    plan = await visit.care.treatment.get(path, TaperPlanBody)
    if plan.patient_id != visit.id("patient_id") or plan.course_id != visit.id("course_id"):
        raise web.HTTPNotFound
    return plan


async def _form(visit: Visit, draft: Draft, *, looking: bool = False) -> web.StreamResponse:
    treatment = visit.care.treatment
    looked, read, course, known = await together(
        _look(visit, draft, asked=looking),
        read_record(visit, visit.id("patient_id")),
        read_course(visit),
        together(
            treatment.get("/drugs", Page[DrugBody]),
            treatment.get("/taper-policies", Page[TaperPolicyBody]),
        ),
    )
    drugs, named = known
    draft = looked if isinstance(looked, Draft) else draft
    seen = looked if isinstance(looked, TaperPreview) else None
    ways = [way for way in named.items if course.drug in way.drugs]
    chosen = next((way for way in ways if way.policy == draft.value("policy")), None)
    return await record_page(
        visit,
        "taper.html",
        read,
        tab=_TAB,
        status=draft.status,
        draft=draft,
        course=course,
        clock=courses.clock(course, visit.setting),
        policies=(*tapers.policies(ways), tapers.own_rows()),
        products=_shelf(drugs, course),
        early_reasons=courses.reasons(course.known_early_reasons),
        severities=tapers.SEVERITIES,
        four=check_ins.FOUR,
        plan=tapers.preview(seen, chosen, visit.setting) if seen else None,
    )


async def _read(visit: Visit) -> _Read:
    return await together(
        read_record(visit, visit.id("patient_id")),
        support_beside(visit, visit.id("patient_id")),
        read_plan(visit),
    )


async def _stored(visit: Visit, draft: Draft, seen: _Read | None = None) -> web.StreamResponse:
    read, support, plan = seen or await _read(visit)
    lines = tapers.lines(plan, visit.setting)
    shown = tapers.stored(plan, visit.setting)
    if is_stale(draft):
        draft = draft.overtaken(lines)
    return await record_page(
        visit,
        "plan.html",
        read,
        tab=_TAB,
        status=draft.status,
        draft=draft,
        body=plan,
        print_at=places.course(plan.patient_id, plan.course_id, "plans", plan.plan_id, "print"),
        plan=shown,
        second=second_signatures.waiting(plan.first_signature, shown.findings, visit.setting),
        prevention=prevention(support, visit.setting),
        state=courses.PLAN_STATES[plan.status],
        seen=lines,
        people=(
            (_("Drafted by"), words.who(plan.drafted_by, visit.setting.staff)),
            (_("Signed by"), words.who(plan.signed_by, visit.setting.staff)),
            *_second(plan, visit),
            (_("Signed"), courses.moment(plan.signed_at, visit.setting) or _("not yet")),
        ),
    )


def _second(plan: TaperPlanBody, visit: Visit) -> tuple[tuple[str, str], ...]:
    """Who signed after the first, where two had to."""
    if plan.second_signed_by is None:
        return ()
    return ((_("Second signature by"), words.who(plan.second_signed_by, visit.setting.staff)),)


async def _look(visit: Visit, draft: Draft, *, asked: bool) -> TaperPreview | Draft | None:
    """The plan that would result, or the form with what to put right."""
    if not asked:
        return None

    async def ask() -> TaperPreview:
        path = f"/courses/{visit.id('course_id')}/taper-previews"
        return await visit.care.treatment.ask(path, _request(draft), TaperPreview)

    return await attempt(draft, ask)


def _shelf(drugs: Page[DrugBody], course: CourseBody) -> list[tuple[str, str]]:
    return [
        (product.product, product.name)
        for drug in drugs.items
        if drug.drug == course.drug
        for product in drug.products
    ]
