"""Who is away, and who looks after their people."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from services.engagement.adapters.db import SqlWork
from services.engagement.application.plan_cover import (
    answer_for_cover,
    ask_for_cover,
    withdraw_absence,
)
from services.engagement.domain.absence import Absence
from services.engagement.domain.errors import UnknownAbsence
from services.engagement.domain.local_time import local_day
from services.engagement.domain.rules import Rules
from shared.api.absences import (
    AbsenceBody,
    CoverAnswers,
    CoveredPerson,
    NewAbsence,
    NoBody,
)
from shared.api.body import Page
from shared.api.identity import CLINICIANS, Role
from shared.runtime import clock
from shared.runtime.http import Api, Call
from shared.runtime.sealed_details import Birth


def add_absences(api: Api, rules: Rules) -> None:
    """Add this file's routes."""

    @api.get("/api/v1/absences", roles=CLINICIANS)
    async def read_absences(call: Call) -> Page[AbsenceBody]:
        """Absences of the caller, those they cover or are asked to, and a lead's teams'."""
        work = SqlWork(call.tx, rules)
        today = local_day(call.tx.now, rules.hours.zone)
        found = await work.absences.of(await _concerned(work, call), until=today)
        bodies = [await _body(work, call, one, today) for one in found]
        return Page(items=tuple(bodies))

    @api.post("/api/v1/absences", roles=CLINICIANS, raises=(404, 409, 422), status=201)
    async def ask_a_colleague(call: Call, body: NewAbsence) -> AbsenceBody:
        """Ask a colleague to look after everybody on a list for some days."""
        work = SqlWork(call.tx, rules)
        absence_id = await ask_for_cover(
            work,
            staff_id=body.staff_id or call.principal.staff_id,
            cover_id=body.cover_id,
            starts_on=body.starts_on,
            ends_on=body.ends_on,
            note=body.note,
            by=call.principal.staff_id,
            rules=rules,
            now=call.tx.now,
            real_now=clock.real_now(),
        )
        return await _one(work, call, absence_id)

    @api.post("/api/v1/absences/{absence_id}/answers", roles=CLINICIANS, raises=(404, 409, 422))
    async def answer_for_people(call: Call, absence_id: UUID, body: CoverAnswers) -> AbsenceBody:
        """Say yes or no, person by person."""
        work = SqlWork(call.tx, rules)
        await answer_for_cover(
            work,
            absence_id=absence_id,
            accepted=frozenset(body.accepted),
            declined=frozenset(body.declined),
            by=call.principal.staff_id,
            rules=rules,
            now=call.tx.now,
        )
        return await _one(work, call, absence_id)

    @api.post("/api/v1/absences/{absence_id}/withdraw", roles=CLINICIANS, raises=(404, 409))
    async def come_back(call: Call, absence_id: UUID, body: NoBody) -> AbsenceBody:  # noqa: ARG001
        """Not away, or back earlier."""
        work = SqlWork(call.tx, rules)
        await withdraw_absence(
            work, absence_id=absence_id, by=call.principal.staff_id, rules=rules, now=call.tx.now
        )
        return await _one(work, call, absence_id)

    async def _one(work: SqlWork, call: Call, absence_id: UUID) -> AbsenceBody:
        found = await work.absences.find(absence_id)
        if found is None:
            raise UnknownAbsence
        return await _body(work, call, found, local_day(call.tx.now, rules.hours.zone))


async def _concerned(work: SqlWork, call: Call) -> Sequence[UUID]:
    who = call.principal
    if who.role is not Role.LEAD:
        return [who.staff_id]
    colleagues = await work.staff.all()
    return [id_ for id_, one in colleagues.items() if one.teams & set(who.teams)]


async def _body(work: SqlWork, call: Call, one: Absence, today: date) -> AbsenceBody:
    """The names of the people, to those whom it concerns; each look is recorded."""
    names = await work.patients.names(list(one.people))
    for patient_id in sorted(one.people):
        call.tx.audit("cover.read", object=f"absence:{one.absence_id}", subject=patient_id)
    who, open_ = call.principal, one.stage(today) != "over"
    may_withdraw = open_ and (who.staff_id == one.staff_id or who.role is Role.LEAD)
    return AbsenceBody(
        absence_id=one.absence_id,
        staff_id=one.staff_id,
        cover_id=one.cover_id,
        starts_on=one.starts_on,
        ends_on=one.ends_on,
        note=one.note,
        stage=one.stage(today),
        people=tuple(
            CoveredPerson(
                patient_id=person,
                patient_name=name,
                birth_date=birth.day,
                birth_year=birth.year,
                answer=answer.value,
            )
            for person, answer in sorted(one.people.items())
            for name, birth in (names.get(person, (None, Birth())),)
        ),
        actions=(
            *(("answer",) if open_ and one.people and who.staff_id == one.cover_id else ()),
            *(("withdraw",) if may_withdraw else ()),
        ),
    )
