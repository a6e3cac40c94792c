"""The taper bench: up to four ways down beside each other, then one of them is chosen."""

from aiohttp import web

from services.portal.pages.courses import read_course
from services.portal.pages.forms import attempt
from services.portal.pages.records import read_record, record_page
from services.portal.pages.together import together
from services.portal.pages.visit import Visit
from services.portal.presenters import bench
from services.portal.presenters.drafts import Draft
from shared.api.body import Page
from shared.api.taper_bench import MOST_WAYS, BenchBody, BenchRequest
from shared.api.treatment import TaperPolicyBody

_TAB = "Course"


async def show_bench(visit: Visit) -> web.StreamResponse:
    """The ways proposed for this person."""
    draft = visit.draft(starts_on=visit.setting.today.isoformat())
    return await _compared(visit, draft, proposing=True)


async def compare(visit: Visit) -> web.StreamResponse:
    """The ways somebody asked for."""
    return await _compared(visit, visit.sent(), proposing=False)


async def _compared(visit: Visit, draft: Draft, *, proposing: bool) -> web.StreamResponse:
    async def ask() -> BenchBody:
        ways = [] if proposing else bench.asked(draft)
        request = {"ways": ways, "starts_on": draft.value("starts_on") or None}
        return await visit.care.treatment.ask(
            f"/courses/{visit.id('course_id')}/taper-bench",
            BenchRequest.model_validate(request),
            BenchBody,
        )

    seen, read, course, policies = await together(
        attempt(draft, ask),
        read_record(visit, visit.id("patient_id")),
        read_course(visit),
        visit.care.treatment.get("/taper-policies", Page[TaperPolicyBody]),
    )
    body = None if isinstance(seen, Draft) else seen
    if isinstance(seen, Draft):
        draft = bench.placed(seen)
    elif proposing:
        draft = visit.draft(starts_on=draft.value("starts_on"), **bench.filled(seen.columns))
    named = [(item.policy, item.name) for item in policies.items if course.drug in item.drugs]
    return await record_page(
        visit,
        "bench.html",
        read,
        tab=_TAB,
        status=draft.status,
        draft=draft,
        course=course,
        compared=bench.comparison(body) if body else None,
        policies=bench.policy_options(named),
        places=range(MOST_WAYS),
        letters=bench.LETTERS,
    )
