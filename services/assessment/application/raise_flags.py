"""Raise safety flags, in the transaction of whatever pulled their triggers."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from services.assessment.application.finding import living
from services.assessment.application.ports import Work
from services.assessment.application.telling import tell_flag
from services.assessment.domain.content import Content
from services.assessment.domain.patient import Patient
from services.assessment.domain.refusals import RuleViolation
from services.assessment.domain.safety import Flag, Trigger, raised
from shared.events.assessment import SafetyFlagRaised


async def raise_flags(
    work: Work,
    content: Content,
    triggers: Iterable[Trigger],
    *,
    patient: Patient,
    earlier: tuple[Flag, ...],
    assessment_id: UUID | None,
    now: datetime,
    note: str | None = None,
) -> tuple[Flag, ...]:
    """One new flag for each trigger, whatever other flags there are: none is suppressed."""
    flags: list[Flag] = []
    for trigger in triggers:
        flag = raised(
            content.safety,
            trigger,
            flag_id=work.new_id(),
            patient_id=patient.patient_id,
            assessment_id=assessment_id,
            earlier=(*earlier, *flags),
            zone=patient.details.zone,
            note=note,
            now=now,
        )
        await work.flags.add(flag)
        tell_flag(work, SafetyFlagRaised, flag)
        flags.append(flag)
    return tuple(flags)


async def report_danger(
    work: Work, content: Content, *, patient_id: UUID, trigger: str, note: str | None, now: datetime
) -> Flag:
    """A member of staff saw or heard something.

    Raises:
        Unknown, Conflict: nobody, or nobody alive, has this id.
        RuleViolation: staff cannot report that trigger.
    """
    patient = await living(work, patient_id)
    found = content.safety.trigger(trigger)
    if found is None or not found.by_staff:
        raise RuleViolation("unknown-trigger", "There is no such trigger.", field="trigger")
    earlier = await work.flags.of(patient_id)
    (flag,) = await raise_flags(
        work,
        content,
        (found,),
        patient=patient,
        earlier=earlier,
        assessment_id=None,
        now=now,
        note=note,
    )
    return flag
