"""The letter after attempts in vain: a page to print, and the way to note that it is posted."""

from aiohttp import web

from services.portal.pages.support_records import read_support
from services.portal.pages.visit import Visit, render
from services.portal.presenters import letter, places, support


async def show_letter(visit: Visit) -> web.StreamResponse:
    """The letter, while somebody is missing; otherwise there is none to write."""
    read = await read_support(visit)
    there = support.place(read.body.patient_id, "contacts")
    if read.body.run is None:
        raise web.HTTPSeeOther(there)
    return render(
        visit.desk,
        "letter.html",
        letter=letter.letter(read.record.patient, read.body, visit.setting),
        crisis=visit.desk.crisis,
        back=there,
        details=places.patient(read.body.patient_id, "details"),
        draft=visit.draft(**letter.posted(visit.setting)),
        csrf=visit.visitor.csrf_token,
    )
