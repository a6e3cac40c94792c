"""A paper for somebody near to the person: what helps, and when to call at once (R-38)."""

from aiohttp import web

from services.portal.pages.support_records import read_support
from services.portal.pages.visit import Visit, render
from services.portal.presenters import guidance, places, support


async def show_guidance(visit: Visit) -> web.StreamResponse:
    """To print or to read out; a person gives it, and records that it was given."""
    read = await read_support(visit)
    patient_id = read.body.patient_id
    return render(
        visit.desk,
        "guidance.html",
        paper=guidance.guidance(read.body, read.form, visit.request.query.get("carer", "")),
        crisis=visit.desk.crisis,
        back=support.place(patient_id),
        carers_href=places.patient(patient_id, "carers"),
    )
