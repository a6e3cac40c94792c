"""Bring a person's reminders in line with everything known about them.

Every event ends here: it stores its facts and asks for the person to be planned anew. So the
outcome depends on what is known and never on the order in which it became known.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from services.engagement.application.follow_staffing import follow_staffing
from services.engagement.application.ports import Subject, Work, key_subject
from services.engagement.application.record import record
from services.engagement.application.support_known import support_known
from services.engagement.application.surroundings import staffing
from services.engagement.domain.change import Changes
from services.engagement.domain.course import Course
from services.engagement.domain.flag import Flag
from services.engagement.domain.gone import why_gone, why_left
from services.engagement.domain.obligation import COURSE, FLAG, PLAN, SIGNATURE, Obligation
from services.engagement.domain.owed_by_course import obligations_of
from services.engagement.domain.owed_by_flag import obligations_of_flag
from services.engagement.domain.owed_by_signature import obligation_of_signature
from services.engagement.domain.owed_by_support import SUPPORT, Known, obligations_of_support
from services.engagement.domain.reconcile import owed_again, reconcile
from services.engagement.domain.reminder import Reason, Reminder
from services.engagement.domain.rules import Rules
from services.engagement.domain.team import CareStatus, Patient, Staffing


async def replan(work: Work, *, patient_id: UUID, rules: Rules, now: datetime) -> Changes:
    """Plan, move, close and cancel until the reminders say what the facts say; what changed.

    Raises:
        UnknownZone: the person's zone does not exist.
    """
    patient = await work.patients.hold(patient_id)
    around = await staffing(work, patient, rules=rules, now=now)
    known = await support_known(work, patient_id)
    known = await follow_staffing(work, known, around, rules=rules, now=now)
    courses, flags = known.courses, known.flags
    owed = owed_to(patient, known, rules, around)
    existing = await work.reminders.about(patient_id)
    existing = [*existing, *await work.reminders.rungs_of(owed_again(existing, owed))]
    by_id = {course.course_id: course for course in courses}

    def gone(row: Reminder) -> Reason:
        if patient.status is not CareStatus.ACTIVE:
            return why_left(patient.status)
        if row.course_id is None:
            return Reason.WITHDRAWN
        return why_gone(row.key, by_id[row.course_id], rules.kinds)

    changes = reconcile(
        existing,
        owed,
        gone=gone,
        setting=rules.setting(around),
        now=now,
    )
    if changes:
        live = _live(courses, flags, owed)
        retired = frozenset(key_subject(row.key) for row in existing) - live.keys()
        await work.reminders.set_live(live, retired=retired)
        await record(work, changes)
    return changes


def _live(
    courses: Sequence[Course], flags: Sequence[Flag], owed: Sequence[Obligation]
) -> Mapping[Subject, int]:
    """The version of each subject that reminders may be about."""
    plans = {
        (PLAN, course.taper.plan_id): course.taper.plan_version
        for course in courses
        if course.taper is not None
    }
    support = {
        key_subject(one.key): one.key.subject_version
        for one in owed
        if one.key.subject_kind in SUPPORT or one.key.subject_kind == SIGNATURE
    }
    return {
        **support,
        **{(COURSE, course.course_id): 1 for course in courses},
        **{(FLAG, flag.flag_id): 1 for flag in flags},
        **plans,
    }


def owed_to(
    patient: Patient, known: Known, rules: Rules, staffing: Staffing, *, zone: str | None = None
) -> Sequence[Obligation]:
    """Everything to whoever is in care, where they live or would in another ``zone``. An open
    safety flag ends by a named person's word and not by the person's leaving, so it stays on the
    list and on its ladder.

    Raises:
        UnknownZone: that zone does not exist.
    """
    if patient.status is CareStatus.DECEASED:
        return ()
    place = rules.place(patient) if zone is None else rules.place_in(zone)
    flags = [one for flag in known.flags for one in obligations_of_flag(flag, rules.kinds, place)]
    if not patient.in_care:
        return flags
    return (
        *(one for course in known.courses for one in obligations_of(course, rules.kinds, place)),
        *(
            one
            for asked in known.signatures
            for one in obligation_of_signature(asked, known.courses, rules.kinds, place)
        ),
        *flags,
        *obligations_of_support(known, rules.support, rules.kinds, place, staffing),
    )
