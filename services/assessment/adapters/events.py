"""What the service hears: who works here, when courses start and end, dangers at check-ins."""

from collections.abc import Mapping

from services.assessment.adapters.db import SqlWork
from services.assessment.application.follow_course import follow_course, stop_following
from services.assessment.application.hear_check_in import hear_check_in
from services.assessment.application.learn_colleague import learn_colleague
from services.assessment.application.ports import Colleague
from services.assessment.domain.content import Content
from shared.events.engagement import StandInChanged
from shared.events.envelope import AnyEvent, Fact
from shared.events.portal import StaffAdded, StaffDisabled, StaffRoleChanged
from shared.events.treatment import CourseClosed, CourseConfirmed, TaperCheckInRecorded
from shared.runtime import standing
from shared.runtime.db import Transaction
from shared.runtime.inbox import Handler


def subscriptions(content: Content) -> Mapping[type[Fact], Handler]:
    """Each fact and what it does here; all in the inbox's transaction."""

    async def on_staff(tx: Transaction, event: AnyEvent) -> None:
        staff = event.data.staff
        colleague = Colleague(
            staff_id=staff.staff_id,
            role=staff.role,
            active=staff.active,
            teams=frozenset(staff.teams),
        )
        await learn_colleague(SqlWork(tx), colleague)

    async def on_course_confirmed(tx: Transaction, event: AnyEvent) -> None:
        course = event.data.course
        await follow_course(
            SqlWork(tx),
            content,
            course_id=course.course_id,
            patient_id=course.patient_id,
            indication=course.indication,
            started_on=course.started_on,
            at=event.time,
        )

    async def on_course_closed(tx: Transaction, event: AnyEvent) -> None:
        await stop_following(SqlWork(tx), course_id=event.data.course.course_id)

    async def on_check_in(tx: Transaction, event: AnyEvent) -> None:
        said = event.data.check_in
        if said is None or not said.dangers:
            return
        await hear_check_in(
            SqlWork(tx),
            content,
            patient_id=event.data.course.patient_id,
            dangers=said.dangers,
            flag_ids=said.flag_ids,
            scored_in=said.scored_in,
            now=tx.now,
        )

    return {
        StandInChanged: standing.on_stand_in,
        StaffAdded: on_staff,
        StaffRoleChanged: on_staff,
        StaffDisabled: on_staff,
        CourseConfirmed: on_course_confirmed,
        CourseClosed: on_course_closed,
        TaperCheckInRecorded: on_check_in,
    }
