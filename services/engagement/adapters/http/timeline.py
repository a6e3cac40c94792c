"""A person's timeline as engagement knows it: programmes, contacts, life events, and what was tried
and done about each reminder."""

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select

from services.engagement.adapters.access import visible_patient
from services.engagement.adapters.db import SqlWork
from services.engagement.adapters.support import SqlSupport
from services.engagement.adapters.tables import AttemptRow, ReminderRow
from services.engagement.domain.rules import Rules
from services.engagement.domain.support.contact import Contact, Outcome
from services.engagement.domain.support.life_event import LifeEvent
from services.engagement.domain.support.programme import Programme
from shared.api.body import Page
from shared.api.timeline import TimelineEntry, TimelineQuery
from shared.runtime.db import Transaction
from shared.runtime.http import Api, Call

_ATTEMPT = AttemptRow.__table__  # type: ignore[attr-defined]
_REMINDER = ReminderRow.__table__  # type: ignore[attr-defined]
_ACTS = {
    "no-answer": "no answer",
    "call-back": "asked to be called back",
    "refused": "did not want to",
    "done": "done",
}
"""What was done with the person; what staff arranged among themselves is not their timeline."""


def add_timeline(api: Api, rules: Rules) -> None:
    """Add this file's routes."""

    @api.get("/api/v1/patients/{patient_id}/timeline", raises=(404, 422))
    async def read_timeline(
        call: Call, patient_id: UUID, query: TimelineQuery
    ) -> Page[TimelineEntry]:
        """What was tried and done, oldest first, as it was known then."""
        work = SqlWork(call.tx, rules)
        patient = await visible_patient(work, call, patient_id)
        call.tx.audit("timeline.read", object=f"patient:{patient_id}", subject=patient_id)
        at, zone = query.as_of or call.tx.now, ZoneInfo(patient.zone)
        support = SqlSupport(call.tx)
        entries = [
            *await _attempts(call.tx, patient_id, zone, at),
            *(_contact(one) for one in await support.contacts.of_patient(patient_id)),
            *(_life_event(one) for one in await support.life_events.of_patient(patient_id)),
            *(_started(one) for one in await support.programmes.of_patient(patient_id)),
        ]
        entries = [entry for entry in entries if entry.at <= at]
        return Page(items=tuple(sorted(entries, key=lambda one: (one.on, one.at))))


async def _attempts(
    tx: Transaction, patient_id: UUID, zone: ZoneInfo, at: datetime
) -> list[TimelineEntry]:
    query = (
        select(_ATTEMPT, _REMINDER.c.kind, _REMINDER.c.course_id)
        .join(_REMINDER, _REMINDER.c.reminder_id == _ATTEMPT.c.reminder_id)
        .where(
            _ATTEMPT.c.patient_id == patient_id,
            _ATTEMPT.c.at <= at,
            _ATTEMPT.c.act.in_(list(_ACTS)),
        )
    )
    return [
        TimelineEntry(
            at=row.at,
            on=row.at.astimezone(zone).date(),
            kind="contact" if row.act == "done" else "contact-missed",
            text=f"{_plain(row.kind)}: {_ACTS[row.act]}",
            recorded_by=f"staff:{row.by}",
            course_id=row.course_id,
        )
        for row in await tx.session.execute(query)
    ]


def _contact(contact: Contact) -> TimelineEntry:
    took_place = contact.outcome is Outcome.TOOK_PLACE
    length = (
        f", {contact.minutes} minutes" if took_place else f": {_plain(contact.outcome).lower()}"
    )
    return TimelineEntry(
        at=contact.recorded_at,
        on=contact.on,
        kind="contact" if took_place else "contact-missed",
        text=f"{_plain(contact.purpose)}, {_plain(contact.mode).lower()}{length}",
        recorded_by=f"staff:{contact.by}",
    )


def _life_event(event: LifeEvent) -> TimelineEntry:
    return TimelineEntry(
        at=event.recorded_at,
        on=event.happened_on,
        kind="life-event",
        text=_plain(event.kind),
        recorded_by=f"staff:{event.by}",
    )


def _started(programme: Programme) -> TimelineEntry:
    named = _plain(programme.kind)
    by = f"staff:{programme.facilitator_id}" if programme.facilitator_id else "service:engagement"
    return TimelineEntry(
        at=programme.started_at,
        on=programme.started_on,
        kind="programme-started",
        text=f"{named} started",
        recorded_by=by,
    )


def _plain(code: str) -> str:
    said = code.replace("-", " ")
    return said[:1].upper() + said[1:]
