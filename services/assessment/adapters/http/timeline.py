"""A person's timeline as assessment knows it: readings, flags, decisions, and coming and going."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select

from services.assessment.adapters.access import looked_at
from services.assessment.adapters.tables import ASSESSMENT, ASSESSMENT_VERSION, FLAG, PROPOSAL
from services.assessment.domain.content import Content
from services.assessment.domain.patient import Patient, PatientStatus
from shared.api.body import Page
from shared.api.timeline import TimelineEntry, TimelineQuery
from shared.runtime.db import Transaction
from shared.runtime.http import Api, Call

_SYSTEM = "service:assessment"
_VERDICTS = {
    "accepted": "Pathway decided as proposed",
    "changed": "Another pathway decided",
    "declined": "Pathway declined",
}


def add(api: Api, content: Content) -> None:
    """The route of the timeline."""

    @api.get("/api/v1/patients/{patient_id}/timeline", raises=(404, 422))
    async def read_timeline(
        call: Call, patient_id: UUID, query: TimelineQuery
    ) -> Page[TimelineEntry]:
        """What happened, oldest first, as it was known then."""
        patient = await looked_at(call, patient_id, "timeline")
        at = query.as_of or call.tx.now
        entries = [
            *_coming_and_going(patient, at),
            *await _readings(call.tx, patient_id, content, at),
            *await _flags(call.tx, patient_id, content, ZoneInfo(patient.details.time_zone), at),
            *await _decisions(call.tx, patient, content, at),
        ]
        return Page(items=tuple(sorted(entries, key=lambda one: (one.on, one.at))))


def _coming_and_going(patient: Patient, at: datetime) -> Iterator[TimelineEntry]:
    zone = ZoneInfo(patient.details.time_zone)
    for on, kind, text in (
        (patient.enrolled_on, "enrolled", "Enrolled"),
        (
            patient.left_on,
            "left-care",
            "Died" if patient.status is PatientStatus.DECEASED else "Left care",
        ),
    ):
        if on is not None and (known := datetime(on.year, on.month, on.day, tzinfo=zone)) <= at:
            yield TimelineEntry(at=known, on=on, kind=kind, text=text, recorded_by=_SYSTEM)


async def _readings(
    tx: Transaction, patient_id: UUID, content: Content, at: datetime
) -> list[TimelineEntry]:
    """Each assessment in the newest version that was known then."""
    query = (
        select(
            ASSESSMENT.c.assessment_id,
            ASSESSMENT.c.instrument,
            ASSESSMENT.c.taken_at,
            ASSESSMENT.c.taken_on,
            ASSESSMENT_VERSION.c.score,
            ASSESSMENT_VERSION.c.recorded_by,
        )
        .join(ASSESSMENT_VERSION, ASSESSMENT_VERSION.c.assessment_id == ASSESSMENT.c.assessment_id)
        .where(ASSESSMENT.c.patient_id == patient_id, ASSESSMENT_VERSION.c.recorded_at <= at)
        .order_by(ASSESSMENT_VERSION.c.version)
    )
    newest = {row.assessment_id: row for row in await tx.session.execute(query)}
    return [
        TimelineEntry(
            at=row.taken_at,
            on=row.taken_on,
            kind="assessment",
            text=_said(row.instrument, row.score, content),
            recorded_by=row.recorded_by,
            instrument=row.instrument,
            total=row.score["total"],
            highest=row.score["highest"],
            about=row.assessment_id,
        )
        for row in newest.values()
    ]


def _said(code: str, score: dict[str, Any], content: Content) -> str:
    instrument = content.instruments.get(code)
    title = instrument.title if instrument else code
    if score["total"] is None:
        return f"{title}: no total, an answer is missing"
    band = f", {score['band']['label'].lower()}" if score["band"] else ""
    return f"{title}: {score['total']} of {score['highest']}{band}"


async def _flags(
    tx: Transaction, patient_id: UUID, content: Content, zone: ZoneInfo, at: datetime
) -> list[TimelineEntry]:
    query = select(FLAG).where(FLAG.c.patient_id == patient_id, FLAG.c.raised_at <= at)
    outcomes = {outcome.code: outcome.label for outcome in content.safety.outcomes}
    entries = []
    for row in await tx.session.execute(query):
        about = {"about": row.flag_id}
        entries.append(
            TimelineEntry(
                at=row.raised_at,
                on=row.raised_at.astimezone(zone).date(),
                kind="safety-flag-raised",
                text=row.title,
                recorded_by=f"rule:{row.rule}",
                **about,
            )
        )
        if row.closed_at is not None and row.closed_at <= at:
            entries.append(
                TimelineEntry(
                    at=row.closed_at,
                    on=row.closed_at.astimezone(zone).date(),
                    kind="safety-flag-closed",
                    text=f"{row.title}: {outcomes.get(row.outcome, row.outcome)}",
                    recorded_by=f"staff:{row.closed_by}",
                    **about,
                )
            )
    return entries


async def _decisions(
    tx: Transaction, patient: Patient, content: Content, at: datetime
) -> list[TimelineEntry]:
    query = select(PROPOSAL).where(
        PROPOSAL.c.patient_id == patient.patient_id, PROPOSAL.c.decided_at <= at
    )
    arms = {arm.code: arm.label for arm in content.pathway.arms}
    zone = ZoneInfo(patient.details.time_zone)
    return [
        TimelineEntry(
            at=row.decided_at,
            on=row.decided_at.astimezone(zone).date(),
            kind="pathway-decided",
            text=": ".join(filter(None, (_VERDICTS[row.verdict], arms.get(row.decision["arm"])))),
            recorded_by=f"staff:{row.decided_by}",
        )
        for row in await tx.session.execute(query)
    ]
