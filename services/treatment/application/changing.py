"""How every use case loads a course, and stores and announces what became of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.treatment.application.ask_to_sign import overtake_requests
from services.treatment.application.course_state import state_of
from services.treatment.application.keep_diary import keep_diary
from services.treatment.application.ports import Entry, Work
from services.treatment.application.refusals import (
    InformationMissing,
    NotYetKnown,
    StaleVersion,
    Unknown,
)
from services.treatment.domain.course import Course
from services.treatment.domain.errors import NotInCare
from services.treatment.domain.live_taper import Taper
from services.treatment.domain.person import Known, known
from services.treatment.domain.plan_change import PlanVersion
from shared.events.treatment import CourseFact, CourseState, TaperStopped

MakeFact = Callable[[CourseState], CourseFact]


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A course with its person, on the person's own date."""

    course: Course
    patient: Known
    today: date


def stating(fact: type[CourseFact]) -> MakeFact:
    """A fact that says nothing beyond the course's state."""
    return lambda state: fact(course=state)


def stopping(course: Course, fact: type[CourseFact]) -> tuple[MakeFact, ...]:
    """The fact, and that the plan being lived stopped with it, if there is one."""
    live = course.taper is not None and course.taper.is_live
    return (stating(fact), stating(TaperStopped)) if live else (stating(fact),)


async def load(
    work: Work, course_id: UUID, *, now: datetime, expected: int = 0, to_end_it: bool = False
) -> Loaded:
    """The course as it is now; ``expected`` is the version the caller saw, 0 if any will do.

    ``to_end_it``: the record may be closed of somebody who has left care or died; nothing else
    is done to it then.

    Raises:
        Unknown: there is none.
        StaleVersion: it has changed since.
        NotInCare: the person left care or has died.
    """
    course = await work.courses.get(course_id)
    if course is None:
        raise Unknown
    if expected and course.version != expected:
        raise StaleVersion
    patient = await known_patient(work, course.patient_id)
    if not (patient.in_care or to_end_it):
        raise NotInCare
    return Loaded(course=course, patient=patient, today=patient.today(now))


async def known_patient(work: Work, patient_id: UUID) -> Known:
    """The patient with everything treatment needs.

    Raises:
        NotYetKnown: a fact about them is still on its way.
    """
    patient = await work.patients.get(patient_id)
    complete = known(patient) if patient else None
    if complete is None:
        raise NotYetKnown
    return complete


async def require_complete_information(work: Work, patient_id: UUID) -> None:
    """Refuse while an event of this person is parked.

    Raises:
        InformationMissing: operations must resolve it first.
    """
    if await work.patients.is_information_missing(patient_id):
        raise InformationMissing


async def commit(
    work: Work,
    before: Course,
    after: Course,
    *facts: MakeFact,
    on: date,
    now: datetime,
    kind: str,
    text: str,
    reason: str | None = None,
    known_then: Mapping[str, Any] | None = None,
) -> Course:
    """Store the change, announce it, and write it in the journal, all in this transaction.

    Each fact raises the version by one; the stored version is the last of them.

    Raises:
        StaleVersion, OtherCourse
    """
    stored = replace(after, version=before.version + len(facts))
    await work.courses.save(stored, expected=before.version)
    for version, make in enumerate(facts, start=before.version + 1):
        announce(work, stored, make, version=version)
    await work.records.journal(
        Entry(
            course_id=stored.id,
            patient_id=stored.patient_id,
            version=stored.version,
            at=now,
            on=on,
            kind=kind,
            dose_mg=stored.dose.mg,
            text=text,
            reason=reason,
            known=known_then or {},
        )
    )
    await overtake_requests(work, before, stored)
    live = stored.taper
    if live is not None and _is_new_version(before.taper, live):
        await work.records.version(
            PlanVersion(
                plan_id=live.plan_id,
                plan_version=live.plan_version,
                course_id=stored.id,
                patient_id=stored.patient_id,
                kind=kind,
                made_at=now,
                made_on=on,
                reason=reason,
                taper=live,
            )
        )
    if live is not None or before.taper is not None:
        await keep_diary(work, stored, now=now)
    return stored


def _is_new_version(before: Taper | None, after: Taper) -> bool:
    return before is None or (before.plan_id, before.plan_version) != (
        after.plan_id,
        after.plan_version,
    )


def announce(work: Work, course: Course, make: MakeFact, *, version: int) -> None:
    """Publish one fact about a course."""
    work.publish(
        make(state_of(course)),
        subject=course.patient_id,
        aggregate=f"course:{course.id}",
        version=version,
    )
