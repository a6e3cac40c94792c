"""How the rules of the pathway do; about nobody in care."""

from aiohttp import web

from services.portal.pages.together import together
from services.portal.pages.visit import Visit
from services.portal.presenters import rule_report
from shared.api.assessment import PathwayContent, RuleReport


async def show_rule_report(visit: Visit) -> web.StreamResponse:
    """Override rates, and where a candidate version of the rules differs."""
    report, content = await together(
        visit.care.assessment.get("/pathway/report", RuleReport),
        visit.care.assessment.get("/pathway", PathwayContent),
    )
    return visit.page(
        "rule_report.html",
        rules=rule_report.rows(report),
        shadows=rule_report.shadows(report, content),
    )
