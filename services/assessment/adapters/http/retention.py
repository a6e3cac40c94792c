"""What has been kept long enough: a list to look at, and two people who erase it."""

from typing import Any

from services.assessment.adapters import retention
from services.assessment.adapters.db import SqlWork
from services.assessment.adapters.erasing import ALL_DUE, RETENTION, of_due, proposed, wished
from services.assessment.application.erase_person import erase_person
from services.assessment.domain.refusals import Conflict
from shared.api.assessment import DuePerson, EraseDue, RetentionBody
from shared.api.identity import Role
from shared.runtime.four_eyes import carried_out
from shared.runtime.http import Api, Call
from shared.runtime.retention_file import Kept

RELEASERS = frozenset({Role.LEAD, Role.OPERATIONS})
WHY = "kept-long-enough"


def add(api: Api, kept: Kept) -> None:
    """The routes of retention."""

    @api.get("/api/v1/retention", roles=RELEASERS | {Role.AUDITOR})
    async def read_retention(call: Call) -> RetentionBody:
        """How long what is kept, and whose names and contact data are past their time."""
        call.tx.audit("retention.read", object=RETENTION)
        return await _standing(call, kept)

    @api.post("/api/v1/retention/erase", roles=RELEASERS, raises=(403, 409, 422))
    async def erase_due(call: Call, body: EraseDue) -> RetentionBody:
        """Erase those who are due, at most 200 at a time: proposed by one, done by a second."""
        before = await _standing(call, kept)
        if before.due != body.due:
            sentence = f"{before.due} are due now, not {body.due}. Look again."
            raise Conflict("not-what-was-seen", sentence, field="due")
        about = of_due(before.due, (person.patient_id for person in before.people))
        if wish := await wished(call.tx, about, reason=WHY, act=ALL_DUE):
            by = {"proposed_by": wish.proposed_by, "proposed_at": wish.proposed_at}
            return before.model_copy(update=by)
        today, work = call.tx.now.date(), SqlWork(call.tx)
        for person in before.people:
            await erase_person(
                work, patient_id=person.patient_id, reason=WHY, expected=None, on=today
            )
        call.tx.audit(carried_out(ALL_DUE), object=about, reason=WHY)
        after = await _standing(call, kept)
        return after.model_copy(update={"erased": len(before.people)})


async def _standing(call: Call, kept: Kept) -> RetentionBody:
    classes = retention.classes(kept)
    if kept.contact is None:
        return RetentionBody(after_care_years=None, due=0, waiting=0, people=(), classes=classes)
    years = kept.contact.after_care_years
    asked: dict[str, Any] = {"years": years, "today": call.tx.now.date()}
    count, waiting = await retention.counted(call.tx, **asked)
    found = await retention.due(call.tx, **asked)
    about = of_due(count, (one.patient_id for one in found))
    wish = await proposed(call.tx, about) if count else None
    return RetentionBody(
        after_care_years=years,
        due=count,
        waiting=waiting,
        classes=classes,
        people=tuple(
            DuePerson(patient_id=one.patient_id, left_on=one.left_on, due_on=one.due_on)
            for one in found
        ),
        proposed_by=wish.proposed_by if wish else None,
        proposed_at=wish.proposed_at if wish else None,
    )
