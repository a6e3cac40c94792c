"""Routes about drugs, and about what a person was asked before one is chosen."""

from datetime import date
from uuid import UUID

from services.treatment.adapters.http.bodies import drug_body, option_body, profile_body, taken
from services.treatment.adapters.http.desk import CLINICAL, Desk
from services.treatment.application.offer_drugs import Offer, offer_drugs
from services.treatment.application.ports import Work
from services.treatment.application.record_health_profile import (
    record_health_profile,
    vocabulary,
)
from services.treatment.application.refusals import Unknown
from services.treatment.domain.course import Course
from shared.api.body import Body, Code, Page
from shared.api.treatment import DrugBody, DrugOptions, HealthFacts, HealthProfile
from shared.runtime.http import Api, ApiError, Call


class OptionsQuery(Body):
    """Which illness the drug is for, or the course whose drug it would replace; the day and the
    concern change what is planned."""

    indication: Code | None = None
    instead_of: UUID | None = None
    starts_on: date | None = None
    suicide_concern: bool = False


def add_drugs(api: Api, desk: Desk) -> None:
    """Add this file's routes."""
    words = vocabulary(desk.book, desk.formulary)

    @api.get("/api/v1/drugs", roles=CLINICAL)
    async def list_drugs(call: Call) -> Page[DrugBody]:
        """The formulary as this jurisdiction has it."""
        today: date = call.tx.now.date()
        found = [
            drug_body(drug, jurisdiction=desk.book.jurisdiction, on=today)
            for drug in desk.formulary.drugs.values()
        ]
        return Page[DrugBody](items=tuple(body for body in found if body.products))

    @api.get("/api/v1/patients/{patient_id}/drug-options", roles=CLINICAL, raises=(404, 409, 422))
    async def list_drug_options(call: Call, patient_id: UUID, query: OptionsQuery) -> DrugOptions:
        """Drugs for one person and indication, best first; or what may replace a course's drug:
        every other one, and other formulations of the same."""
        await desk.visible_patient(call, patient_id, read="drug-options")
        if (query.indication is None) is (query.instead_of is None):
            detail = "Give indication or instead_of, one of the two."
            raise ApiError(422, "one-of-two", detail)
        work = desk.work(call)
        old = await _replaced(work, patient_id, query.instead_of)
        indication = old.indication if old else query.indication or ""
        offers = await offer_drugs(
            work,
            patient_id=patient_id,
            indication=indication,
            starts_on=query.starts_on,
            suicide_concern=query.suicide_concern,
            book=desk.book,
            formulary=desk.formulary,
            now=call.tx.now,
        )
        return DrugOptions(
            patient_id=patient_id,
            indication=indication,
            options=tuple(
                option_body(offer, rank=place, book=desk.book)
                for place, offer in enumerate(offers, start=1)
                if old is None or _is_another(offer, old)
            ),
        )

    @api.get("/api/v1/patients/{patient_id}/health-profile", roles=CLINICAL, raises=(404, 409))
    async def read_health_profile(call: Call, patient_id: UUID) -> HealthProfile:
        """The latest answers about conditions and other medicines."""
        patient = await desk.visible_patient(call, patient_id, read="health-profile")
        latest = await desk.work(call).profiles.latest(patient_id)
        return profile_body(latest, patient=patient, vocabulary=words)

    @api.put(
        "/api/v1/patients/{patient_id}/health-profile",
        roles=CLINICAL,
        raises=(404, 409),
        if_match=True,
    )
    async def write_health_profile(
        call: Call, patient_id: UUID, body: HealthFacts
    ) -> HealthProfile:
        """Keep a new version of the answers."""
        patient = await desk.visible_patient(call, patient_id)
        profile = await record_health_profile(
            desk.work(call),
            patient_id=patient_id,
            expected=call.if_match,
            conditions=frozenset(body.conditions),
            medicines=tuple(taken(medicine) for medicine in body.medicines),
            note=body.note,
            asked_by=call.principal.staff_id,
            book=desk.book,
            formulary=desk.formulary,
            now=call.tx.now,
        )
        return profile_body(profile, patient=patient, vocabulary=words)


async def _replaced(work: Work, patient_id: UUID, course_id: UUID | None) -> Course | None:
    """The person's own course that is asked about, if one is.

    Raises:
        Unknown: it is not a course of this person.
    """
    if course_id is None:
        return None
    course = await work.courses.get(course_id)
    if course is None or course.patient_id != patient_id:
        raise Unknown
    return course


def _is_another(offer: Offer, course: Course) -> bool:
    """Another drug, or another formulation of this one."""
    return offer.drug.code != course.drug or course.family not in {None, offer.shelf.family}
