"""Reminders of one person: take one in hand, or say why it cannot be done now."""

from typing import Any

from aiohttp import web

from services.portal.pages.forms import attempt, is_stale
from services.portal.pages.records import read_record, record_page
from services.portal.pages.together import together
from services.portal.pages.visit import Visit
from services.portal.presenters import chores, overview, places
from services.portal.presenters.drafts import Draft, Fault
from shared.api.engagement import Acknowledgement, Meaning, NewOutcome, Outcome, ReminderBody

_TAB = "Reminders"
_WITH_TIME = frozenset({Outcome.CALL_BACK.value, Outcome.RESCHEDULE.value})


async def show_reminders(visit: Visit) -> web.StreamResponse:
    """Everything owed to this person and what became of it."""
    read = await read_record(visit, visit.id("patient_id"))
    return await record_page(
        visit,
        "reminders.html",
        read,
        tab=_TAB,
        chores=chores.chores(read.reminders or (), visit.setting),
    )


async def show_reminder(visit: Visit) -> web.StreamResponse:
    """One reminder: why it is there, where its work is done, and what else can be said."""
    day = chores.tomorrow(visit.setting)
    return await _reminder(visit, visit.draft(on=day, at="09:00"))


async def find_reminder(visit: Visit) -> web.StreamResponse:
    """From a notice, which names nobody, to the reminder in its person's record."""
    reminder_id = visit.id("reminder_id")
    item = await visit.care.engagement.get(f"/reminders/{reminder_id}", ReminderBody)
    raise web.HTTPSeeOther(places.reminder(item.patient_id, item.reminder_id))


async def acknowledge(visit: Visit) -> web.StreamResponse:
    """Take it in hand; it is not passed on."""
    draft = visit.sent()

    async def send() -> ReminderBody:
        body = Acknowledgement(meaning=Meaning.SEEN)
        return await _post(visit, "acknowledge", body, draft)

    outcome = await attempt(draft, send)
    if isinstance(outcome, Draft):
        return await _reminder(visit, outcome)
    raise web.HTTPSeeOther(f"{_place(visit)}?done=taken-on")


async def record_outcome(visit: Visit) -> web.StreamResponse:
    """Say what came of it."""
    draft = visit.sent()
    data: dict[str, Any] = visit.fields("outcome", "note")
    if draft.value("outcome") in _WITH_TIME:
        data["at"] = chores.instant(draft.value("on"), draft.value("at"), visit.setting)
        if data["at"] is None:
            fault = Fault("on", "Write the day and the time, such as 2027-05-04 and 09:00.")
            return await _reminder(visit, draft.refused([fault]))
    if draft.value("outcome") == Outcome.HAND_OVER.value:
        if not draft.value("to"):
            return await _reminder(visit, draft.refused([Fault("to", "Choose a colleague.")]))
        data["to"] = draft.value("to")

    async def send() -> ReminderBody:
        return await _post(visit, "outcomes", NewOutcome.model_validate(data), draft)

    outcome = await attempt(draft, send)
    if isinstance(outcome, Draft):
        return await _reminder(visit, outcome)
    raise web.HTTPSeeOther(f"{_place(visit)}?done=outcome")


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
    read, item = await together(
        read_record(visit, patient_id),
        visit.care.engagement.get(f"/reminders/{visit.id('reminder_id')}", ReminderBody),
    )
    if item.patient_id != patient_id:
        raise web.HTTPNotFound
    chore = chores.chore(item, visit.setting)
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
        outcomes=chores.outcomes(item),
        moves=bool(_WITH_TIME & set(item.actions)),
        hands_over=Outcome.HAND_OVER.value in item.actions,
        colleagues=[
            (str(person.staff_id), overview.colleague(person.display_name, person.role))
            for person in visit.people.values()
            if person.active and set(person.teams) & set(visit.visitor.staff.teams)
        ],
    )


def _place(visit: Visit) -> str:
    return places.reminder(visit.id("patient_id"), visit.id("reminder_id"))
