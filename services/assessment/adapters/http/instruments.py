"""Instruments over HTTP, with what a page needs to draw their forms and to read old answers."""

from services.assessment.adapters.bodies import instrument_body
from services.assessment.adapters.wording import Wording
from services.assessment.domain.content import Content
from services.assessment.domain.refusals import Unknown
from shared.api import assessment as bodies
from shared.api.body import Code
from shared.api.identity import CLINICIANS
from shared.runtime.http import Api, Call


def add(api: Api, content: Content, wording: Wording) -> None:
    """The routes of instruments."""
    in_use = {
        code: instrument_body(found, wording.get(code, {}))
        for code, found in content.instruments.items()
    }
    retired = {
        key: instrument_body(found, {}, retired=True) for key, found in content.retired.items()
    }

    @api.get("/api/v1/instruments", roles=CLINICIANS)
    async def list_instruments(_call: Call) -> bodies.InstrumentList:
        """Every instrument in use, enabled or not, and every retired version."""
        return bodies.InstrumentList(items=tuple(in_use.values()), retired=tuple(retired.values()))

    @api.get("/api/v1/instruments/{code}", roles=CLINICIANS, raises=(404, 422))
    async def read_instrument(
        _call: Call, code: Code, query: bodies.InstrumentQuery
    ) -> bodies.InstrumentBody:
        """One instrument: items, answers, bands, source, right to use."""
        found = in_use.get(code)
        if found is not None and query.version not in {None, found.version}:
            found = retired.get((code, query.version or ""))
        if found is None:
            raise Unknown("not-found", "There is no such instrument.")
        return found
