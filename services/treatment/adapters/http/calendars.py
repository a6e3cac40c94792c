"""Secret calendar links over HTTP: staff make and take them back; the portal opens them.

A secret travels in bodies only, and nothing here keeps it.
"""

from uuid import UUID

from services.treatment.adapters.calendar_file import calendar_file
from services.treatment.adapters.http.desk import CLINICAL, Desk
from services.treatment.application.refusals import Unknown
from services.treatment.application.share_calendar import (
    make_calendar_link,
    open_calendar,
    revoke_calendar_link,
)
from services.treatment.domain.diary import CalendarLink, Titles
from shared.api.body import Page
from shared.api.identity import Role
from shared.api.treatment import (
    CalendarFeed,
    CalendarLinkBody,
    CalendarSecret,
    NewCalendarLink,
    RevokeCalendarLink,
)
from shared.runtime.http import Api, Call, Mode

PORTAL = frozenset({Role.SERVICE})


def add_calendars(api: Api, desk: Desk) -> None:
    """Add this file's routes."""

    @api.post(
        "/api/v1/patients/{patient_id}/calendar-links",
        roles=CLINICAL,
        status=201,
        raises=(404, 409),
    )
    async def new_calendar_link(
        call: Call, patient_id: UUID, body: NewCalendarLink
    ) -> CalendarLinkBody:
        """Make the link a person's calendar subscribes to."""
        await desk.visible_patient(call, patient_id)
        link = await make_calendar_link(
            desk.work(call),
            patient_id=patient_id,
            secret_sha256=bytes.fromhex(body.secret_sha256),
            titles=Titles(change=body.change_title, check_in=body.check_in_title),
            by=call.principal.staff_id,
            formulary=desk.formulary,
            now=call.tx.now,
        )
        return _body(link)

    @api.get("/api/v1/patients/{patient_id}/calendar-links", roles=CLINICAL, raises=(404, 409))
    async def list_calendar_links(call: Call, patient_id: UUID) -> Page[CalendarLinkBody]:
        """A person's links, newest first."""
        await desk.visible_patient(call, patient_id, read="calendar-links")
        found = await desk.work(call).calendar_links.of(patient_id)
        return Page[CalendarLinkBody](items=tuple(_body(link) for link in found))

    @api.post("/api/v1/calendar-links/{calendar_link_id}/revoke", roles=CLINICAL, raises=(404, 409))
    async def revoke_link(
        call: Call,
        calendar_link_id: UUID,
        body: RevokeCalendarLink,  # noqa: ARG001 - an empty object, still checked
    ) -> CalendarLinkBody:
        """Take a link back."""
        work = desk.work(call)
        link = await work.calendar_links.get(calendar_link_id)
        if link is None:
            raise Unknown
        await desk.visible_patient(call, link.patient_id)
        ended = await revoke_calendar_link(
            work, link_id=calendar_link_id, by=call.principal.staff_id, now=call.tx.now
        )
        return _body(ended)

    @api.post("/api/v1/calendar-links/open", roles=PORTAL, mode=Mode.READS, raises=(404,))
    async def open_link(call: Call, body: CalendarSecret) -> CalendarFeed:
        """The calendar behind a link."""
        link, entries = await open_calendar(desk.work(call), secret=body.secret)
        file = calendar_file(entries, link.titles, clinic_time=desk.clinic_time)
        return CalendarFeed(calendar=file.decode())


def _body(link: CalendarLink) -> CalendarLinkBody:
    return CalendarLinkBody(
        calendar_link_id=link.id,
        patient_id=link.patient_id,
        change_title=link.titles.change,
        check_in_title=link.titles.check_in,
        made_by=link.made_by,
        made_at=link.made_at,
        revoked_at=link.revoked_at,
        actions=("revoke",) if link.is_live else (),
    )
