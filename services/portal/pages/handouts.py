"""The plan a person takes home: a page to print, and a PDF where its libraries are installed."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from aiohttp import web

from services.portal.pages import theme
from services.portal.pages.courses import read_course
from services.portal.pages.records import read_record
from services.portal.pages.tapers import read_plan
from services.portal.pages.together import together
from services.portal.pages.visit import Visit, render
from services.portal.presenters import handout, places, words
from services.portal.presenters.handout import Handout
from shared.runtime.logs import get_logger

PAPERS = {"a4": "A4", "letter": "Letter"}
_SIZES_PT = (18, 15, 13, 11, 9.5, 8, 7)
_MARGIN_MM = 12

Html = Callable[[Handout], str]
log = get_logger()


class NoPdf(Exception):
    """The machine lacks what WeasyPrint needs; the page itself can still be printed."""


async def show_handout(visit: Visit) -> web.StreamResponse:
    """The page, for the printer of whoever stands at the browser."""
    return await _answer(visit, as_pdf=False)


async def show_pdf(visit: Visit) -> web.StreamResponse:
    """The page as one sheet of paper; the print page where no PDF can be made."""
    return await _answer(visit, as_pdf=True)


async def _answer(visit: Visit, *, as_pdf: bool) -> web.StreamResponse:
    read, course, plan = await together(
        read_record(visit, visit.id("patient_id")), read_course(visit), read_plan(visit)
    )
    back = places.course(plan.patient_id, plan.course_id, "plans", plan.plan_id)
    if not handout.may_print(plan, course):
        raise web.HTTPSeeOther(back)
    name = words.full_name(read.patient.given_name, read.patient.family_name)
    context: dict[str, Any] = {
        "name": name,
        "printed": words.day(visit.setting.today),
        "crisis": visit.desk.crisis,
        "back": back,
    }

    def whole(most: int | None = None) -> Handout:
        return handout.handout(plan, course, most=most)

    if as_pdf:
        template = visit.desk.theme.templates.get_template("handout.html")
        paper = PAPERS.get(visit.request.query.get("paper", "").lower(), "A4")

        def html(page: Handout) -> str:
            return template.render(page=page, for_pdf=True, pdf_missing=False, **context)

        try:
            sheet = await asyncio.to_thread(
                one_sheet, html, whole, css=theme.text(visit.desk.theme, "handout.css"), paper=paper
            )
        except NoPdf:
            log.warning("pdf_not_possible")
        else:
            return web.Response(
                body=sheet,
                content_type="application/pdf",
                headers={"Content-Disposition": 'inline; filename="plan.pdf"'},
            )
    return render(
        visit.desk,
        "handout.html",
        page=whole(),
        for_pdf=False,
        pdf_missing=as_pdf,
        **context,
    )


def one_sheet(html: Html, whole: Callable[[int | None], Handout], *, css: str, paper: str) -> bytes:
    """The largest type with which everything fits on one side; if none does, the next steps.

    Raises:
        NoPdf: WeasyPrint or a library of the system is missing.
    """
    try:
        from weasyprint import CSS, HTML
    except (ImportError, OSError) as missing:
        raise NoPdf from missing

    def nothing_from_outside(url: str) -> dict[str, object]:
        raise ValueError(f"a sheet loads nothing: {url[:20]}")

    def drawn(page: Handout, size_pt: float) -> tuple[int, Callable[[], bytes]]:
        sheet = CSS(
            string=f"{css}\n@page {{ size: {paper}; margin: {_MARGIN_MM}mm }}"
            f"\nhtml {{ font-size: {size_pt}pt }}"
        )
        document = HTML(string=html(page), url_fetcher=nothing_from_outside).render(
            stylesheets=[sheet]
        )
        return len(document.pages), document.write_pdf

    page = whole(None)
    pages, pdf = drawn(page, _SIZES_PT[-1])
    if pages == 1:
        return _largest(_SIZES_PT[:-1], lambda size_pt: drawn(page, size_pt)) or pdf()
    most = len(page.lines)
    while pages > 1:
        most = most * (7 if pages == 2 else 4) // 8  # far too long: fewer tries than lines
        pages, pdf = drawn(whole(most), _SIZES_PT[-1])
    return pdf()


def _largest(
    sizes_pt: Sequence[float], drawn: Callable[[float], tuple[int, Callable[[], bytes]]]
) -> bytes | None:
    """The sheet in the largest of these types that fits one side; they fall, so it is bisected."""
    found = None
    low, high = 0, len(sizes_pt)
    while low < high:
        middle = (low + high) // 2
        pages, pdf = drawn(sizes_pt[middle])
        if pages == 1:
            found, high = pdf, middle
        else:
            low = middle + 1
    return found() if found else None
