"""Routes that list: what is owed now, and what happened."""

from datetime import UTC, date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Field
from sqlalchemy import select

from services.treatment.adapters.due import Due, owed
from services.treatment.adapters.http.desk import CLINICAL, Desk
from services.treatment.adapters.tables import JournalRow
from services.treatment.domain.owed import CHANGE, EARLY, GATE, LOOK, REVIEW, SUPPLY
from shared.api.body import Page
from shared.api.engagement import Action, Detail, ReminderKey
from shared.api.identity import Role
from shared.api.timeline import TimelineEntry, TimelineQuery
from shared.api.treatment import DueItem
from shared.runtime.http import Api, Call, PageQuery, decode_cursor, encode_cursor

FIRST_DAY = datetime(2000, 1, 1, tzinfo=UTC)
LAST_DAY = datetime(9000, 1, 1, tzinfo=UTC)
Instant = Annotated[AwareDatetime, Field(ge=FIRST_DAY, lt=LAST_DAY)]

journal = JournalRow.__table__.c  # type: ignore[attr-defined]

WORK = {
    SUPPLY: (Action.CONFIRM_SUPPLY, "Prepare the supply of the next step"),
    CHANGE: (Action.TAKE_STEP, "Change the dose today"),
    EARLY: (Action.CHECK_IN, "Early check-in after the change"),
    GATE: (Action.CHECK_IN, "Check-in before the next step"),
    LOOK: (Action.SURVEY, "Look in after the last dose"),
    REVIEW: (Action.REVIEW_COURSE, "Review the course"),
}


class DueQuery(PageQuery):
    """Owed by ``until``; now when it is left out."""

    until: Instant | None = None


def add_lists(api: Api, desk: Desk) -> None:
    """Add this file's routes."""

    @api.get("/api/v1/due-steps", roles=CLINICAL)
    async def list_due_steps(call: Call, query: DueQuery) -> Page[DueItem]:
        """What is owed to the people the caller looks after, computed from plan rows."""
        until = query.until or call.tx.now
        call.tx.audit("due-steps.listed", object="due-steps")
        rows = await owed(
            call.tx,
            staff=call.reach.staff,
            teams=call.reach.teams,
            until=until,
            clinic_time=desk.clinic_time,
            after=decode_cursor(query.cursor, date, UUID, str, int),
            limit=query.limit + 1,
        )
        shown = rows[: query.limit]
        more = len(rows) > query.limit
        return Page[DueItem](
            items=tuple(_item(due, call.tx.now) for due in shown if due.due_at <= until),
            next=encode_cursor(*shown[-1].cursor) if more else None,
        )

    @api.get("/api/v1/patients/{patient_id}/timeline", roles=CLINICAL, raises=(404, 409))
    async def read_timeline(
        call: Call, patient_id: UUID, query: TimelineQuery
    ) -> Page[TimelineEntry]:
        """What happened to a person's courses, in order."""
        await desk.visible_patient(call, patient_id, read="timeline")
        entries = (
            select(JournalRow)
            .where(journal.patient_id == patient_id, journal.at <= (query.as_of or call.tx.now))
            .order_by(journal.at, journal.course_id, journal.version)
        )
        rows = (await call.tx.session.execute(entries)).scalars()
        return Page[TimelineEntry](items=tuple(_entry(row) for row in rows))


def _item(due: Due, now: datetime) -> DueItem:
    action, title = WORK[due.kind]
    is_review = due.kind == REVIEW
    return DueItem(
        key=ReminderKey(
            subject_kind="course" if is_review else "taper-plan",
            subject_id=due.subject_id,
            subject_version=due.subject_version,
            ordinal=due.ordinal,
            kind=due.kind,
            level=0,
        ),
        patient_id=due.patient_id,
        patient_name=due.patient_name,
        birth_date=due.birth_date,
        birth_year=due.birth_year,
        course_id=due.course_id,
        team=due.team,
        for_role=Role(due.for_role),
        due_on=due.due_on,
        due_at=due.due_at,
        late_by_minutes=max(0, int((now - due.due_at).total_seconds()) // 60),
        title=title,
        why=f"{due.subtype or due.kind}, due on {due.due_on}",
        detail=Detail(
            drug=due.drug,
            previous_dose_text=due.previous_dose_text,
            dose_text=due.dose_text,
            supply_text=due.supply_text,
            subtype=due.subtype,
            rule=due.rule,
        ),
        action=action,
    )


def _entry(row: JournalRow) -> TimelineEntry:
    return TimelineEntry(
        at=row.at,
        on=row.on,
        kind=row.kind,
        course_id=row.course_id,
        dose_mg=row.dose_mg,
        text=row.text,
        recorded_by=row.recorded_by,
    )
