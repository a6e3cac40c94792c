"""Reminders of one person: take one in hand, or say why it cannot be done now."""

from datetime import datetime
from typing import Any

from aiohttp import web

from services.portal.pages.forms import attempt, is_stale
from services.portal.pages.records import read_part, read_record, record_page
from services.portal.pages.together import together
from services.portal.pages.visit import Visit
from services.portal.presenters import chores, overview, places
from services.portal.presenters.drafts import Draft, Fault
from services.portal.presenters.language import gettext as _
from shared.api.body import Page
from shared.api.engagement import (
    Acknowledgement,
    Meaning,
    NewOutcome,
    Outcome,
    ReminderBody,
    ReminderHistory,
)
from shared.api.identity import Role

_TAB = "Reminders"
_TIMES = {Outcome.CALL_BACK.value: "back", Outcome.RESCHEDULE.value: "move"}
"""Which outcomes need a time, and the fields it is typed in: ``back_on`` and ``back_at``."""


async def show_reminders(visit: Visit) -> web.StreamResponse:
    """Everything owed to this person and what became of it."""
    patient_id = visit.id("patient_id")
    asked = chores.asked(visit.request.query)
    path = f"/patients/{patient_id}/reminders"
    read, found = await together(
        read_record(visit, patient_id),
        read_part(visit, visit.care.engagement, path, Page[ReminderBody], asked),
    )
    return await record_page(
        visit,
        "reminders.html",
        read,
        tab=_TAB,
        is_silent=found is None,
        listed=chores.listed(patient_id, asked, next_cursor=found.next if found else None),
        chores=chores.chores(found.items if found else (), visit.setting),
    )


async def show_reminder(visit: Visit) -> web.StreamResponse:
    """One reminder: why it is there, where its work is done, and what else can be said."""
    day = chores.tomorrow(visit.setting)
    return await _reminder(
        visit,
        visit.draft(back_on=day, back_at="09:00", move_on=day, move_at="09:00"),
    )


async def find_reminder(visit: Visit) -> web.StreamResponse:
    """From a notice, which names nobody, to the reminder in its person's record."""
    reminder_id = visit.id("reminder_id")
    item = await visit.care.engagement.get(f"/reminders/{reminder_id}", ReminderBody)
    raise web.HTTPSeeOther(places.reminder(item.patient_id, item.reminder_id))


async def acknowledge(visit: Visit) -> web.StreamResponse:
    """Take it in hand, in a sense of one's own choice; it is not passed on."""
    draft = visit.sent()
    data: dict[str, Any] = visit.fields("meaning")
    if draft.value("meaning") == Meaning.DEFERRED:
        data["until"] = _time(visit, draft, "until")
        if data["until"] is None:
            return await _reminder(visit, draft.refused([_no_time("until_on")]))

    async def send() -> ReminderBody:
        return await _post(visit, "acknowledge", Acknowledgement.model_validate(data), draft)

    outcome = await attempt(draft, send)
    if isinstance(outcome, Draft):
        return await _reminder(visit, outcome.renamed({"until": "until_on"}))
    later = outcome.comes_back_at is not None
    done = chores.noted(Outcome.RESCHEDULE, outcome) if later else "taken-on"
    raise web.HTTPSeeOther(f"{_place(visit)}?done={done}")


async def record_outcome(visit: Visit) -> web.StreamResponse:
    """Say what came of it, and go back to the list: that is where the next row is."""
    draft = visit.sent()
    what = draft.value("outcome")
    data: dict[str, Any] = visit.fields("outcome", "note")
    if named := _TIMES.get(what):
        data["at"] = _time(visit, draft, named)
        if data["at"] is None:
            return await _reminder(visit, draft.refused([_no_time(f"{named}_on")]))
    if what == Outcome.HAND_OVER:
        if not draft.value("to"):
            return await _reminder(visit, draft.refused([Fault("to", _("Choose a colleague."))]))
        data["to"] = draft.value("to")

    async def send() -> ReminderBody:
        return await _post(visit, "outcomes", NewOutcome.model_validate(data), draft)

    outcome = await attempt(draft, send)
    if isinstance(outcome, Draft):
        return await _reminder(visit, outcome.renamed({"at": f"{named}_on"} if named else {}))
    raise web.HTTPSeeOther(f"/?done={chores.noted(what, outcome)}")


def _time(visit: Visit, draft: Draft, named: str) -> datetime | None:
    return chores.instant(draft.value(f"{named}_on"), draft.value(f"{named}_at"), visit.setting)


def _no_time(field: str) -> Fault:
    return Fault(field, _("Write the day and the time, such as 2027-05-04 and 09:00."))


async def _post(
    visit: Visit, act: str, body: Acknowledgement | NewOutcome, draft: Draft
) -> ReminderBody:
    return await visit.care.engagement.post(
        f"/reminders/{visit.id('reminder_id')}/{act}",
        body,
        ReminderBody,
        key=draft.part(act),
        version=visit.version(),
    )


async def _reminder(visit: Visit, draft: Draft) -> web.StreamResponse:
    patient_id = visit.id("patient_id")
    reminder_id = visit.id("reminder_id")
    read, item, told = await together(
        read_record(visit, patient_id),
        visit.care.engagement.get(f"/reminders/{reminder_id}", ReminderBody),
        visit.care.engagement.get(f"/reminders/{reminder_id}/history", ReminderHistory),
    )
    if item.patient_id != patient_id:
        raise web.HTTPNotFound
    history = chores.history(told, visit.setting)
    may_wait = not history.needs_lead or visit.visitor.staff.role is Role.LEAD
    chore = chores.chore(item, visit.setting, sees_courses=read.sees_courses)
    if is_stale(draft):
        draft = draft.overtaken(chore.lines)
    return await record_page(
        visit,
        "reminder.html",
        read,
        tab=_TAB,
        status=draft.status,
        draft=draft,
        item=item,
        chore=chore,
        history=history,
        may_wait=may_wait,
        meanings=chores.meanings(item, may_wait=may_wait),
        colleagues=[
            (str(person.staff_id), overview.colleague(person.display_name, person.role))
            for person in visit.people.values()
            if person.active
            and person.staff_id != visit.visitor.staff.staff_id
            and set(person.teams) & set(visit.visitor.staff.teams)
        ],
    )


def _place(visit: Visit) -> str:
    return places.reminder(visit.id("patient_id"), visit.id("reminder_id"))
