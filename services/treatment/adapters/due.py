"""What is owed now, read from plan rows while the question is asked.

Needs no engine and no broker: whatever stands still elsewhere, this list is complete. The keys
are those of engagement's reminders, so a page joins both lists without asking twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    bindparam,
    literal,
    or_,
    select,
    tuple_,
    union_all,
)

from services.treatment.adapters.names import named_in
from services.treatment.adapters.tables import (
    CareTeamRow,
    CourseRow,
    LookRow,
    PatientRow,
    ReviewRow,
    StepRow,
    TaperRow,
)
from services.treatment.domain.owed import (
    CHANGE,
    CHANGING,
    EARLY,
    GATE,
    LOOK,
    REVIEW,
    SUPPLY,
    WATCHED,
)
from services.treatment.domain.phases import Phase
from shared.runtime.db import Transaction

course = CourseRow.__table__.c  # type: ignore[attr-defined]
patient = PatientRow.__table__.c  # type: ignore[attr-defined]
care_team = CareTeamRow.__table__.c  # type: ignore[attr-defined]
review = ReviewRow.__table__.c  # type: ignore[attr-defined]
taper = TaperRow.__table__.c  # type: ignore[attr-defined]
step = StepRow.__table__.c  # type: ignore[attr-defined]
look = LookRow.__table__.c  # type: ignore[attr-defined]

UNNAMED = "(name cannot be read)"
"""The person's key is missing: what is owed to them is shown all the same."""
LIVE = ("signed", "active", "hold")
KINDS = (
    (SUPPLY, step.supply_on, step.supply_confirmed_at, CHANGING),
    (CHANGE, step.change_on, step.taken_at, CHANGING),
    (EARLY, step.check_in_early_on, step.early_check_in_at, WATCHED),
    (GATE, step.check_in_gate_on, step.gate_check_in_at, WATCHED),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """One owed thing with what a list shows of it."""

    due_on: date
    due_at: datetime
    kind: str
    subject_id: UUID
    subject_version: int
    ordinal: int
    subtype: str | None
    rule: str | None
    for_role: str
    course_id: UUID
    patient_id: UUID
    patient_name: str
    birth_date: date | None
    birth_year: int | None
    team: str
    drug: str
    dose_text: str | None
    previous_dose_text: str | None
    supply_text: str | None

    @property
    def cursor(self) -> tuple[str, str, str, int]:
        """Where the next page begins."""
        return (self.due_on.isoformat(), str(self.subject_id), self.kind, self.ordinal)


async def owed(
    tx: Transaction,
    *,
    staff: Sequence[UUID],
    teams: Sequence[str],
    until: datetime,
    clinic_time: time,
    after: tuple[Any, ...] | None,
    limit: int,
) -> list[Due]:
    """Owed by ``until`` to people whom one of ``staff`` or ``teams`` looks after, oldest first."""
    given = {
        "staff": staff,
        "teams": teams,
        "until_on": until.date() + timedelta(days=1),
        "most": limit,
        **{f"after_{nth}": part for nth, part in enumerate(after or ())},
    }
    found = await tx.session.execute(_owed(is_first=after is None), given)
    return [_due(row, clinic_time, tx) for row in found.mappings().all()]


@cache
def _owed(*, is_first: bool) -> Select[Any]:
    """Built once: building it takes longer than asking it."""
    rows = union_all(*(_steps(*kind) for kind in KINDS), _reviews(), _looks()).subquery("owed")
    staff = care_team.staff_id.in_(bindparam("staff", expanding=True))
    of_mine = select(care_team.patient_id).where(staff)
    order = (rows.c.due_on, rows.c.subject_id, rows.c.kind, rows.c.ordinal)
    query = (
        select(
            rows,
            patient.name,
            patient.birth_date,
            patient.who,
            patient.team,
            patient.time_zone,
        )
        .join(PatientRow, patient.id == rows.c.patient_id)
        .where(
            rows.c.due_on <= bindparam("until_on"),
            patient.status == "active",
            or_(patient.team.in_(bindparam("teams", expanding=True)), patient.id.in_(of_mine)),
        )
        .order_by(*order)
        .limit(bindparam("most", type_=Integer))
    )
    if is_first:
        return query
    after = (bindparam(f"after_{nth}", type_=column.type) for nth, column in enumerate(order))
    return query.where(tuple_(*order) > tuple_(*after))


def _steps(
    kind: str, due_on: ColumnElement[Any], done_at: ColumnElement[Any], phases: frozenset[Phase]
) -> Select[Any]:
    return (
        select(
            due_on.label("due_on"),
            literal(kind).label("kind"),
            step.plan_id.label("subject_id"),
            taper.plan_version.label("subject_version"),
            step.ordinal,
            literal(None).label("subtype"),
            literal(None).label("rule"),
            literal("nurse").label("for_role"),
            course.id.label("course_id"),
            course.patient_id,
            course.drug,
            step.dose_text,
            step.previous_text.label("previous_dose_text"),
            step.supply_text,
        )
        .join(TaperRow, taper.plan_id == step.plan_id)
        .join(CourseRow, course.plan_id == taper.plan_id)
        .where(
            due_on.is_not(None),
            done_at.is_(None),
            taper.status.in_(LIVE),
            course.phase.in_(phases),
        )
    )


def _reviews() -> Select[Any]:
    return (
        select(
            review.due_on,
            literal(REVIEW),
            course.id,
            literal(1),
            review.ordinal,
            review.kind,
            review.rule,
            review.for_role,
            course.id,
            course.patient_id,
            course.drug,
            course.dose_text,
            literal(None),
            literal(None),
        )
        .join(CourseRow, course.id == review.course_id)
        .where(review.done_at.is_(None), course.phase.in_(WATCHED))
    )


def _looks() -> Select[Any]:
    return (
        select(
            look.due_on,
            literal(LOOK),
            look.plan_id,
            taper.plan_version,
            look.ordinal,
            literal(None),
            literal(None),
            literal("nurse"),
            course.id,
            course.patient_id,
            course.drug,
            literal(None),
            literal(None),
            literal(None),
        )
        .join(TaperRow, taper.plan_id == look.plan_id)
        .join(CourseRow, course.plan_id == taper.plan_id)
        .where(look.done_at.is_(None), course.phase == Phase.STOPPED_WATCH)
    )


def _due(row: Any, clinic_time: time, tx: Transaction) -> Due:
    values = dict(row)
    zone = ZoneInfo(values.pop("time_zone"))
    who = named_in(row["patient_id"], row["name"], row["birth_date"], row["who"], tx)
    return Due(
        **{name: values[name] for name in NAMES},
        patient_name=who.name or UNNAMED,
        birth_date=who.birth.day,
        birth_year=who.birth.year,
        due_at=datetime.combine(values["due_on"], clinic_time, tzinfo=zone),
    )


_MADE = {"due_at", "patient_name", "birth_date", "birth_year"}
NAMES = tuple(name for name in Due.__dataclass_fields__ if name not in _MADE)
