"""What a request for a signature owes: the prescriber who decides on it."""

from collections.abc import Iterable
from datetime import timedelta

from services.engagement.domain.course import Course
from services.engagement.domain.kind import Kinds
from services.engagement.domain.local_time import local_day
from services.engagement.domain.obligation import SIGNATURE, Key, KindCode, Obligation, Place
from services.engagement.domain.signature import Signature

_DAY = timedelta(days=1)
_OVERTAKEN = "overtaken"
KINDS = {
    "plan-change": KindCode.SIGN_REQUEST,
    "taper-plan": KindCode.SIGN_TAPER,
    "course": KindCode.SIGN_COURSE,
    "taper-second": KindCode.SIGN_SECOND,
    "course-second": KindCode.SIGN_SECOND,
}
"""What is to be signed, in treatment's words, and the kind of obligation it is."""


def obligation_of_signature(
    asked: Signature, courses: Iterable[Course], kinds: Kinds, place: Place
) -> tuple[Obligation, ...]:
    """One, from the moment it is asked; none for a plan that has moved on, a phase without, or
    something these rules do not know."""
    course = next((one for one in courses if one.course_id == asked.course_id), None)
    code = KINDS.get(asked.what)
    if course is None or code is None or asked.status == _OVERTAKEN:
        return ()
    kind = kinds[code]
    stands = code is not KindCode.SIGN_REQUEST or _is_about_the_live_plan(asked, course)
    is_open = course.phase in kind.lives_in and stands
    if asked.settled_at is None and not is_open:
        return ()
    day = local_day(asked.asked_at, place.zone)
    one = Obligation(
        key=Key(SIGNATURE, asked.request_id, 1, 0, kind.code),
        patient_id=asked.patient_id,
        course_id=asked.course_id,
        for_role=kind.role,
        risk=kind.risk,
        due_on=day,
        due_at=asked.asked_at,
        overdue_from=place.start_of(day + _DAY),
        detail={"drug": course.drug, "dose_text": course.dose_text, "rule": asked.rule},
        owner=asked.for_staff_id,
        not_for=asked.not_staff_id,
        done_at=asked.settled_at,
    )
    return (one,)


def _is_about_the_live_plan(asked: Signature, course: Course) -> bool:
    live = course.taper
    return live is not None and (live.plan_id, live.plan_version) == (
        asked.plan_id,
        asked.plan_version,
    )
