"""Courses with their reviews and the taper that is being lived."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, bindparam, delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.treatment.adapters.store.documents import LEAVING, MARKS, PAUSES, TITRATION
from services.treatment.adapters.store.tapers import load_tapers, save_taper
from services.treatment.adapters.tables import CourseRow, ReviewRow
from services.treatment.application.refusals import OtherCourse, StaleVersion
from services.treatment.domain.clock import History
from services.treatment.domain.course import Course, Ending
from services.treatment.domain.live_taper import Dose, Taper
from services.treatment.domain.phases import BEFORE_REMISSION, Phase
from services.treatment.domain.reviews import Review

course_table = CourseRow.__table__  # type: ignore[attr-defined]
review_table = ReviewRow.__table__  # type: ignore[attr-defined]

# Built once, as nearly every page asks them: building a statement costs as much as running it.
_COURSES = select(course_table).order_by(course_table.c.starts_on.desc())
_ONE = _COURSES.where(course_table.c.id == bindparam("which"))
_OF_PATIENT = _COURSES.where(course_table.c.patient_id == bindparam("which"))
_REVIEWS = (
    select(review_table)
    .where(review_table.c.course_id.in_(bindparam("courses", expanding=True)))
    .order_by(review_table.c.ordinal)
)


class SqlCourses:
    """``supply_working_days`` decides when the supply of a scheduled step is owed.

    What was loaded in this transaction is remembered, so saving writes only the parts that differ.
    """

    def __init__(self, session: AsyncSession, *, supply_working_days: int) -> None:
        self._session = session
        self._supply_working_days = supply_working_days
        self._loaded: dict[UUID, Course] = {}

    async def get(self, course_id: UUID) -> Course | None:
        found = await self._load(_ONE, course_id)
        return found[0] if found else None

    async def of(self, patient_id: UUID) -> Sequence[Course]:
        return await self._load(_OF_PATIENT, patient_id)

    async def before_remission(self, *, started_by: date) -> Sequence[UUID]:
        query = (
            select(course_table.c.patient_id)
            .where(
                course_table.c.phase.in_(sorted(BEFORE_REMISSION)),
                course_table.c.started_on <= started_by,
            )
            .distinct()
            .order_by(course_table.c.patient_id)
        )
        return list((await self._session.execute(query)).scalars())

    async def add(self, course: Course) -> None:
        await self._session.execute(insert(course_table), [_values(course)])
        await self._save_reviews(course)
        self._loaded[course.id] = course

    async def save(self, course: Course, *, expected: int) -> None:
        replaced = (
            update(course_table)
            .where(course_table.c.id == course.id, course_table.c.version == expected)
            .values(_values(course))
            .returning(course_table.c.id)
        )
        try:
            if (await self._session.execute(replaced)).first() is None:
                raise StaleVersion
        except IntegrityError as taken:
            raise OtherCourse from taken
        before = self._loaded.get(course.id)
        if before is None or before.reviews != course.reviews:
            await self._save_reviews(course)
        if course.taper is not None and (before is None or before.taper != course.taper):
            await save_taper(
                self._session,
                course.taper,
                course_id=course.id,
                supply_working_days=self._supply_working_days,
            )
        self._loaded[course.id] = course

    async def _save_reviews(self, course: Course) -> None:
        await self._session.execute(
            delete(review_table).where(review_table.c.course_id == course.id)
        )
        rows = [asdict(review) | {"course_id": course.id} for review in course.reviews]
        if rows:
            await self._session.execute(insert(review_table), rows)

    async def _load(self, query: Select[Any], which: UUID) -> list[Course]:
        rows = (await self._session.execute(query, {"which": which})).mappings().all()
        reviews = await self._reviews([row["id"] for row in rows])
        plans = [row["plan_id"] for row in rows if row["plan_id"] is not None]
        tapers = await load_tapers(self._session, plans)
        found = [
            _course(row, tuple(reviews.get(row["id"], ())), tapers.get(row["plan_id"]))
            for row in rows
        ]
        self._loaded |= {course.id: course for course in found}
        return found

    async def _reviews(self, course_ids: list[UUID]) -> dict[UUID, list[Review]]:
        if not course_ids:
            return {}
        found: dict[UUID, list[Review]] = {}
        for row in (await self._session.execute(_REVIEWS, {"courses": course_ids})).mappings():
            values = dict(row)
            found.setdefault(values.pop("course_id"), []).append(Review(**values))
        return found


def _values(course: Course) -> dict[str, Any]:
    return {
        "id": course.id,
        "patient_id": course.patient_id,
        "version": course.version,
        "phase": course.phase,
        "drug": course.drug,
        "indication": course.indication,
        "instrument": course.instrument,
        "prescriber_id": course.prescriber_id,
        "starts_on": course.starts_on,
        "started_on": course.started_on,
        "suicide_concern": course.suicide_concern,
        "dose_mg": course.dose.mg,
        "dose_text": course.dose.text,
        "titration": TITRATION.dump(course.titration),
        "marks": MARKS.dump(course.history.marks),
        "pauses": PAUSES.dump(course.history.pauses),
        "reviews_made": course.reviews_made,
        "resumes_to": course.resumes_to,
        "plan_id": course.taper.plan_id if course.taper else None,
        "ending": course.ending,
        "harm": course.harm,
        "ended_on": course.ended_on,
        "closed_on": course.closed_on,
        "jurisdiction": course.jurisdiction,
        "family": course.family,
        "dose_since": course.dose_since,
        "replaces": course.replaces,
        "successor_id": course.successor_id,
        "leaving": LEAVING.dump(course.leaving),
    }


def _course(row: Any, reviews: tuple[Review, ...], taper: Taper | None) -> Course:
    return Course(
        id=row["id"],
        patient_id=row["patient_id"],
        version=row["version"],
        phase=Phase(row["phase"]),
        drug=row["drug"],
        indication=row["indication"],
        instrument=row["instrument"],
        prescriber_id=row["prescriber_id"],
        starts_on=row["starts_on"],
        started_on=row["started_on"],
        suicide_concern=row["suicide_concern"],
        dose=Dose(row["dose_mg"], row["dose_text"]),
        titration=TITRATION.load(row["titration"]),
        history=History(marks=MARKS.load(row["marks"]), pauses=PAUSES.load(row["pauses"])),
        reviews=reviews,
        reviews_made=row["reviews_made"],
        resumes_to=Phase(row["resumes_to"]) if row["resumes_to"] else None,
        taper=taper,
        ending=Ending(row["ending"]) if row["ending"] else None,
        harm=row["harm"],
        ended_on=row["ended_on"],
        closed_on=row["closed_on"],
        jurisdiction=row["jurisdiction"],
        family=row["family"],
        dose_since=row["dose_since"],
        replaces=row["replaces"],
        successor_id=row["successor_id"],
        leaving=LEAVING.load(row["leaving"]),
    )
