"""Start a programme of support; a pitfall needs a signed, coded reason."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from services.engagement.application.ports import Work
from services.engagement.application.replan import replan
from services.engagement.application.support_known import in_care, support_known
from services.engagement.application.support_telling import tell_programme
from services.engagement.domain.local_time import local_day
from services.engagement.domain.rules import Rules
from services.engagement.domain.support import programme as programmes
from services.engagement.domain.support.programme import (
    Company,
    Form,
    Override,
    Programme,
    Rung,
    Setting,
    Status,
)
from services.engagement.domain.support.refusals import RuleBroken
from services.engagement.domain.support.rules import Beat, ProgrammeKind, SupportRules
from services.engagement.domain.support.signing import (
    OVERRIDE_GUARD,
    Document,
    Signed,
    check_signature,
    document,
)
from services.engagement.domain.team import Patient, Staffing
from shared.events.engagement import ProgrammeStarted


@dataclass(frozen=True, slots=True, kw_only=True)
class NewProgramme:
    """What somebody wants to start. What is left out is the kind's default."""

    kind: str
    facilitator_id: UUID | None
    deputy_id: UUID | None
    form: Form
    company: Company
    setting: Setting
    activity: str
    activity_id: UUID | None
    first_contact_on: date | None
    rhythm: tuple[Beat, ...]
    rungs: tuple[Rung, ...]
    serves_course_id: UUID | None
    reasons: Mapping[str, str]
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """The guards this plan runs into, and what has to be signed to go on all the same."""

    guards: tuple[str, ...]
    hash: str


async def check_programme(
    work: Work, *, patient_id: UUID, wanted: NewProgramme, rules: Rules, now: datetime
) -> Checked:
    """What speaks against it, before anything is stored.

    Raises:
        RuleBroken: it is no programme at all.
    """
    patient = await in_care(work, patient_id)
    made, kind = await _made(work, patient, wanted, rules, now)
    return Checked(_guards(made, kind, rules.support), _document(patient_id, wanted).hash)


async def start_programme(
    work: Work,
    *,
    patient_id: UUID,
    wanted: NewProgramme,
    by: UUID,
    signed: Signed | None,
    rules: Rules,
    now: datetime,
) -> Programme:
    """Start it, tell the others, and plan the first meeting.

    Raises:
        RuleBroken: something is missing, or a guard has no reason.
        SignatureMismatch: a guard's reason is not signed by this person.
    """
    patient = await in_care(work, patient_id)
    made, kind = await _made(work, patient, wanted, rules, now)
    guards = _guards(made, kind, rules.support)
    if guards:
        _require_reasons(guards, wanted.reasons, rules.support)
        to_sign = _document(patient_id, wanted)
        signed = check_signature(
            signed,
            by=by,
            of=to_sign,
            rule=", ".join(rules.support.guards[code].rule for code in guards),
        )
        await work.keep_signature(
            signed,
            of=f"programme:{made.programme_id}:1",
            subject=patient_id,
            document=to_sign.text,
        )
    overrides = tuple(
        Override(guard=code, reason=wanted.reasons[code], by=by, at=now, note=wanted.note)
        for code in guards
    )
    made = replace(made, overrides=overrides)
    await work.support.programmes.put(made)
    known = await support_known(work, patient_id)
    tell_programme(work, ProgrammeStarted, made, known.contacts, known.plan)
    for override in overrides:
        work.audit(
            "guard.overridden",
            object=f"programme:{made.programme_id}",
            subject=patient_id,
            reason=f"{override.guard}:{override.reason}"[:64],
        )
    await replan(work, patient_id=patient_id, rules=rules, now=now)
    return made


async def _made(
    work: Work, patient: Patient, wanted: NewProgramme, rules: Rules, now: datetime
) -> tuple[Programme, ProgrammeKind]:
    kind = rules.support.kinds.get(wanted.kind)
    if kind is None:
        raise RuleBroken("kind-unknown", "There is no such programme.", field="kind")
    existing = await work.support.programmes.of_patient(patient.patient_id)
    if any(one.is_open and one.kind == kind.code for one in existing):
        raise RuleBroken("already-running", "Such a programme is under way already.", field="kind")
    today = local_day(now, rules.place(patient).zone)
    rhythm = wanted.rhythm or kind.rhythm
    made = Programme(
        programme_id=work.new_id(),
        patient_id=patient.patient_id,
        kind=kind.code,
        status=Status.ACTIVE,
        form=wanted.form,
        company=wanted.company,
        setting=wanted.setting,
        activity=wanted.activity,
        activity_id=wanted.activity_id,
        facilitator_id=wanted.facilitator_id,
        deputy_id=wanted.deputy_id,
        started_on=today,
        started_at=now,
        first_contact_on=wanted.first_contact_on or today + timedelta(days=rhythm[0].every_days),
        planned_until=today + timedelta(days=rhythm[-1].until_day),
        rhythm=rhythm,
        rungs=wanted.rungs,
        serves_course_id=await _course_of(work, patient, wanted.serves_course_id),
    )
    programmes.check_start(made, kind)
    staffing = Staffing(patient, await work.staff.all())
    for field in ("facilitator_id", "deputy_id"):
        check_facilitator(getattr(made, field), staffing, rules.support, field=field)
    return made, kind


async def _course_of(work: Work, patient: Patient, course_id: UUID | None) -> UUID | None:
    """The course that is to make participation possible (R-22); it must be this person's."""
    if course_id is None:
        return None
    courses = await work.courses.of_patient(patient.patient_id)
    if course_id not in {course.course_id for course in courses}:
        raise RuleBroken(
            "course-unknown",
            "The person has no such course.",
            field="serves_course_id",
            rule="R-22",
        )
    return course_id


def check_facilitator(
    staff_id: UUID | None, staffing: Staffing, rules: SupportRules, *, field: str
) -> None:
    """Refuse somebody who has left, works elsewhere, or does other work.

    Raises:
        RuleBroken: names the field.
    """
    if staff_id is None:
        return
    colleague = staffing.colleagues.get(staff_id)
    if colleague is None or not staffing.works_here(staff_id):
        raise RuleBroken(
            "facilitator-not-here",
            "This colleague does not work in the person's team, or has left.",
            field=field,
            rule="R-11",
        )
    if colleague.role not in rules.limits.facilitator_roles:
        raise RuleBroken(
            "not-a-facilitator", "This colleague does not facilitate.", field=field, rule="R-11"
        )


def _guards(made: Programme, kind: ProgrammeKind, rules: SupportRules) -> tuple[str, ...]:
    return programmes.guards_of(made, kind, rules.limits)


def _require_reasons(
    guards: Sequence[str], reasons: Mapping[str, str], rules: SupportRules
) -> None:
    for code in guards:
        guard = rules.guards[code]
        if reasons.get(code) not in rules.reasons_for(code):
            raise RuleBroken(
                code, f"{guard.title}: {guard.text}", field=f"reasons.{code}", rule=guard.rule
            )


def _document(patient_id: UUID, wanted: NewProgramme) -> Document:
    """Everything that was sent."""
    return document(
        OVERRIDE_GUARD,
        {
            "patient": patient_id,
            "kind": wanted.kind,
            "facilitator": wanted.facilitator_id,
            "deputy": wanted.deputy_id,
            "form": wanted.form,
            "company": wanted.company,
            "setting": wanted.setting,
            "activity": wanted.activity,
            "activity_id": wanted.activity_id,
            "first_contact_on": wanted.first_contact_on,
            "rhythm": [[beat.until_day, beat.every_days] for beat in wanted.rhythm],
            "rungs": [[rung.ordinal, rung.what, rung.together] for rung in wanted.rungs],
            "serves_course": wanted.serves_course_id,
            "reasons": dict(wanted.reasons),
            "note": wanted.note,
        },
    )
