"""Who may see whom: the one place that decides."""

from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select

from services.assessment.adapters.db import SqlWork
from services.assessment.adapters.tables import CARE_TEAM, COLLEAGUE, COLLEAGUE_TEAM, PATIENT
from services.assessment.domain.patient import Patient
from services.assessment.domain.refusals import Unknown
from shared.api.identity import Role
from shared.runtime.access import Reach
from shared.runtime.http import Call

DECIDERS = frozenset({Role.PRESCRIBER})
CARERS = frozenset({Role.PRESCRIBER, Role.NURSE, Role.LEAD})
ERASERS = frozenset({Role.PRESCRIBER, Role.LEAD})
"""Who may propose that a person be erased, and be the second who does it."""


async def visible_patient(call: Call, patient_id: UUID, *, held: bool = False) -> Patient:
    """The person, if the access table opens this operation to the caller's relation to them;
    ``held`` until the commit, so that nobody else changes the record meanwhile.
    Whoever nobody who works here looks after is every lead's, so that nobody is invisible.

    Raises:
        Unknown: nobody has this id.
        OutsideRelation: answered 404 as well, and audited.
    """
    people = SqlWork(call.tx).patients
    patient = await (people.hold(patient_id) if held else people.get(patient_id))
    if patient is None:
        raise Unknown("not-found", "There is no such record.")
    ownerless = call.principal.role is Role.LEAD and await _is_ownerless(call, patient_id)
    call.admit(patient_id, team=patient.team, care_team=patient.care_team, is_everybodys=ownerless)
    return patient


async def looked_at(call: Call, patient_id: UUID, what: str) -> Patient:
    """The same, for a look: the audit trail keeps who looked at what.

    Raises:
        Unknown, OutsideRelation: as above.
    """
    patient = await visible_patient(call, patient_id)
    call.tx.audit(
        f"{what}.read", object=f"patient:{patient_id}", subject=patient_id, reason=call.emergency
    )
    return patient


def visible_rows(reach: Reach) -> ColumnElement[bool]:
    """The people on the caller's lists, as a condition on the patient table."""
    looked_after = select(CARE_TEAM.c.patient_id).where(CARE_TEAM.c.staff_id.in_(reach.staff))
    own = or_(PATIENT.c.team.in_(reach.teams), PATIENT.c.patient_id.in_(looked_after))
    return or_(own, ownerless_rows()) if reach.principal.role is Role.LEAD else own


def ownerless_rows() -> ColumnElement[bool]:
    """People whom no active colleague looks after, by name or by team, on the patient table."""
    by_name = (
        select(CARE_TEAM.c.staff_id)
        .join(COLLEAGUE, COLLEAGUE.c.staff_id == CARE_TEAM.c.staff_id)
        .where(CARE_TEAM.c.patient_id == PATIENT.c.patient_id, COLLEAGUE.c.active.is_(True))
    )
    by_team = (
        select(COLLEAGUE_TEAM.c.staff_id)
        .join(COLLEAGUE, COLLEAGUE.c.staff_id == COLLEAGUE_TEAM.c.staff_id)
        .where(COLLEAGUE_TEAM.c.team == PATIENT.c.team, COLLEAGUE.c.active.is_(True))
    )
    return and_(~by_name.exists(), ~by_team.exists())


async def _is_ownerless(call: Call, patient_id: UUID) -> bool:
    query = select(PATIENT.c.patient_id).where(PATIENT.c.patient_id == patient_id, ownerless_rows())
    return (await call.tx.session.execute(query)).first() is not None
