"""Record what a person answered about conditions and other medicines."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.treatment.application.changing import known_patient
from services.treatment.application.judging import medicines_of
from services.treatment.application.outline_taper import HISTORY_CONDITIONS
from services.treatment.application.ports import Formulary, Work
from services.treatment.application.recheck_courses import recheck_courses
from services.treatment.application.refusals import StaleVersion
from services.treatment.domain.errors import BadDate, NotInCare, Refusal
from services.treatment.domain.person import HealthProfile
from services.treatment.domain.rulebook import Rulebook
from services.treatment.domain.safety import Taken


class UnknownCondition(Refusal):
    """No rule knows this condition, so recording it would protect nobody."""

    code = "unknown-condition"


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The codes some rule asks about. Other medicines may be recorded, other conditions not."""

    conditions: frozenset[str]
    medicines: frozenset[str]


def vocabulary(book: Rulebook, formulary: Formulary) -> Vocabulary:
    """Every code that a safety rule, a dose cap or a taper looks at."""
    caps = {
        cap.condition
        for drug in formulary.drugs.values()
        for cap in drug.caps
        if cap.over_age is None
    }
    asked = {code for rule in book.safety for code in rule.conditions}
    return Vocabulary(
        conditions=frozenset(caps | asked | HISTORY_CONDITIONS),
        medicines=frozenset(code for rule in book.safety for code in rule.medicines),
    )


async def record_health_profile(
    work: Work,
    *,
    patient_id: UUID,
    expected: int,
    conditions: frozenset[str],
    medicines: tuple[Taken, ...],
    note: str | None,
    asked_by: UUID,
    book: Rulebook,
    formulary: Formulary,
    now: datetime,
) -> HealthProfile:
    """A new version beside the old ones; running courses are judged by it at once.

    Raises:
        NotYetKnown, NotInCare, StaleVersion
        UnknownCondition: no rule would ever look at it.
        BadDate: a last dose in the future.
    """
    patient = await known_patient(work, patient_id)
    if not patient.in_care:
        raise NotInCare
    today = patient.today(now)
    if any(taken.last_on is not None and taken.last_on > today for taken in medicines):
        raise BadDate("A last dose lies in the future.", field="medicines")
    if any(taken.starts_on is not None and taken.last_on is not None for taken in medicines):
        raise BadDate("A medicine that is yet to start has no last dose.", field="medicines")
    strange = conditions - vocabulary(book, formulary).conditions
    if strange:
        raise UnknownCondition(
            "No rule knows one of these conditions; the profile lists the known ones.",
            field="conditions",
        )
    latest = await work.profiles.latest(patient_id)
    version = latest.version if latest else 0
    if version != expected:
        raise StaleVersion
    profile = HealthProfile(
        patient_id=patient_id,
        version=version + 1,
        asked_at=now,
        asked_by=asked_by,
        conditions=conditions,
        medicines=medicines,
        note=note,
    )
    await work.profiles.add(profile)
    work.audit(
        "health-profile.recorded",
        object=f"health-profile:{patient_id}",
        subject=patient_id,
        version=profile.version,
    )
    await recheck_courses(
        work,
        patient,
        added=_taken(profile, formulary) - _taken(latest, formulary),
        book=book,
        formulary=formulary,
        now=now,
    )
    return profile


def _taken(profile: HealthProfile | None, formulary: Formulary) -> frozenset[str]:
    """What is being taken, by ingredient."""
    return frozenset(
        taken.medicine
        for taken in medicines_of(profile, formulary)
        if taken.last_on is None and taken.starts_on is None
    )
