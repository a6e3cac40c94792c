"""Instruments over HTTP, with what a page needs to draw their forms."""

from services.assessment.adapters.access import CLINICIANS
from services.assessment.adapters.bodies import instrument_body
from services.assessment.adapters.wording import Wording
from services.assessment.domain.content import Content
from services.assessment.domain.refusals import Unknown
from shared.api import assessment as bodies
from shared.api.body import Code
from shared.runtime.http import Api, Call


def add(api: Api, content: Content, wording: Wording) -> None:
    """The routes of instruments."""
    known = {
        code: instrument_body(found, wording.get(code, {}))
        for code, found in content.instruments.items()
    }

    @api.get("/api/v1/instruments", roles=CLINICIANS)
    async def list_instruments(_call: Call) -> bodies.InstrumentList:
        """Every instrument, enabled or not."""
        return bodies.InstrumentList(items=tuple(known.values()))

    @api.get("/api/v1/instruments/{code}", roles=CLINICIANS, raises=(404,))
    async def read_instrument(_call: Call, code: Code) -> bodies.InstrumentBody:
        """One instrument: items, answers, bands, source, right to use."""
        if code not in known:
            raise Unknown("not-found", "There is no such instrument.")
        return known[code]
