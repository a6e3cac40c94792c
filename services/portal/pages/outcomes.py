"""Outcomes of everybody one looks after, service levels, and the export."""

from collections.abc import Callable
from datetime import date

from aiohttp import web

from services.portal.clients import Refused
from services.portal.pages.together import together
from services.portal.pages.visit import Visit
from services.portal.presenters import drafts, outcomes, words
from services.portal.presenters.drafts import Fault
from services.portal.presenters.language import gettext as _
from shared.api.engagement import ServiceLevels
from shared.api.identity import Role
from shared.api.support import OutcomeReport, OutcomeRows

_BAD_REQUEST = frozenset({400, 422})
_EXPORTS = frozenset({Role.LEAD, Role.PRESCRIBER})


async def show_outcomes(visit: Visit) -> web.StreamResponse:
    """The figures with their definitions, as of a day."""
    engagement = visit.care.engagement
    wish = visit.request.query.get("as_of", "")
    draft, query = visit.draft(as_of=wish or visit.setting.today.isoformat()), {}
    if wish and _is_day(wish):
        query = {"as_of": wish}
    elif wish:
        draft = draft.refused([Fault("as_of", _("Write a date such as 2027-05-04."))])
    try:
        report, levels = await together(
            engagement.get("/outcomes", OutcomeReport, query),
            engagement.get("/service-levels", ServiceLevels),
        )
    except Refused as refused:
        if refused.problem.status not in _BAD_REQUEST:
            raise
        draft = draft.refused(drafts.faults_in(refused.problem))
        report, levels = await together(
            engagement.get("/outcomes", OutcomeReport),
            engagement.get("/service-levels", ServiceLevels),
        )
    setting = visit.setting
    return visit.page(
        "outcomes.html",
        status=draft.status,
        draft=draft,
        as_of=words.when(report.as_of, today=setting.today),
        as_of_code=report.as_of.isoformat(),
        people=report.people,
        figures=outcomes.figures(report),
        uptake=outcomes.uptake(report),
        smallest_group=report.smallest_group,
        sources=report.sources,
        levels=outcomes.levels(levels),
        channels=outcomes.channels(levels),
        levels_as_of=words.moment(levels.as_of, zone=setting.zone, now=setting.now),
        may_export=visit.visitor.staff.role in _EXPORTS,
    )


async def export_rows(visit: Visit) -> web.StreamResponse:
    """One line for each person, without a name."""
    return await _export(visit, "outcomes", outcomes.table)


async def export_columns(visit: Visit) -> web.StreamResponse:
    """What each column of the export means."""
    return await _export(visit, "outcomes-columns", outcomes.dictionary)


async def _export(
    visit: Visit, name: str, written: Callable[[OutcomeRows], str]
) -> web.StreamResponse:
    wish = visit.request.query.get("as_of", "")
    query = {"as_of": wish} if _is_day(wish) else {}
    rows = await visit.care.engagement.get("/outcomes/rows", OutcomeRows, query)
    return web.Response(
        text=written(rows),
        content_type="text/csv",
        charset="utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{name}-{rows.as_of}.csv"',
            "Cache-Control": "no-store",
        },
    )


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
