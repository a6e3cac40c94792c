"""The rules are asked again on each birthday that crosses a limit (F-08), however far ahead."""

from datetime import date, datetime
from uuid import UUID

from services.treatment.application.changing import commit, stating
from services.treatment.application.ports import Formulary, Work
from services.treatment.domain.course import Course, with_birthdays
from services.treatment.domain.drug import Drug
from services.treatment.domain.person import Known, known
from services.treatment.domain.phases import ON_DRUG
from services.treatment.domain.rulebook import Rulebook
from services.treatment.domain.safety import limit_ages
from shared.events.treatment import ReviewPlanned


def birthdays_after(day: date, *, patient: Known, drug: Drug, book: Rulebook) -> tuple[date, ...]:
    """Every birthday after that day on which a cap, a dose row or a rule begins to speak."""
    ages = limit_ages(drug, book.safety, jurisdiction=book.jurisdiction)
    return tuple(birthday for age in ages if (birthday := patient.birthday(age)) > day)


def replanned(course: Course, *, patient: Known, drug: Drug, book: Rulebook, today: date) -> Course:
    """The course with the birthdays still ahead as they are calculated now."""
    days = birthdays_after(today, patient=patient, drug=drug, book=book)
    return with_birthdays(course, days, today=today)


async def plan_birthdays(
    work: Work, *, patient_id: UUID, book: Rulebook, formulary: Formulary, now: datetime
) -> None:
    """A corrected date of birth moves the birthdays of every course that is taken."""
    taken = [one for one in await work.courses.of(patient_id) if one.phase in ON_DRUG]
    patient = await work.patients.get(patient_id) if taken else None
    person = known(patient) if patient else None
    if person is None:
        return
    today = person.today(now)
    for course in taken:
        drug = formulary.drug(course.drug)
        moved = replanned(course, patient=person, drug=drug, book=book, today=today)
        if moved is not course:
            await commit(
                work,
                course,
                moved,
                stating(ReviewPlanned),
                on=today,
                now=now,
                kind="birthdays-planned",
                text="Birthdays that cross a limit of the rules, calculated again",
            )
