"""Why a reminder is owed no longer: the reason its cancellation carries."""

from services.engagement.domain.course import Course
from services.engagement.domain.kind import Kinds
from services.engagement.domain.obligation import PLAN, Key, KindCode
from services.engagement.domain.owed_by_course import MISSED
from services.engagement.domain.reminder import Reason
from services.engagement.domain.team import CareStatus


def why_gone(key: Key, course: Course, kinds: Kinds) -> Reason:
    """The reason for a key that the course's present state does not owe."""
    is_here = course.phase in kinds[key.kind].lives_in
    if key.kind == KindCode.SIGN_REQUEST and is_here:
        return Reason.SUPERSEDED
    if key.subject_kind == PLAN and _is_replaced(key, course):
        return Reason.SUPERSEDED
    if key.subject_kind == PLAN and (course.taper is None or course.taper.status == "stopped"):
        return Reason.STOPPED
    if not is_here:
        return Reason.OUT_OF_PHASE
    if key.kind in MISSED.values():
        return Reason.COMPLETED
    return Reason.WITHDRAWN


def why_left(status: CareStatus) -> Reason:
    """The reason for everything once a person is not in care."""
    return Reason.DECEASED if status is CareStatus.DECEASED else Reason.LEFT_CARE


def _is_replaced(key: Key, course: Course) -> bool:
    live = course.taper
    return live is not None and (key.subject_id, key.subject_version) != (
        live.plan_id,
        live.plan_version,
    )
