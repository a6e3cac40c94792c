"""Reading one person's record for the head of a page."""

from collections.abc import Mapping
from typing import TypeVar
from uuid import UUID

from aiohttp import web

from services.portal.clients import Caller, Refused, Unreachable
from services.portal.pages.together import together
from services.portal.pages.visit import Visit
from services.portal.presenters import record
from services.portal.presenters.record import Record
from shared.api.assessment import FlagBody, PatientBody
from shared.api.body import Body, Page
from shared.api.engagement import ReminderBody
from shared.api.identity import Role
from shared.api.treatment import CourseBody, HealthProfile

B = TypeVar("B", bound=Body)
_UNHEARD = frozenset({404, 409})
_NOT_FOR_THIS_ROLE = 403
_SOONEST = {"show": "open", "sort": "due"}
"""The head says what is due next: a long plan has more reminders than one page, most of them far
ahead."""
_SEES_COURSES = frozenset({Role.PRESCRIBER, Role.NURSE, Role.LEAD})


async def read_record(visit: Visit, patient_id: UUID) -> Record:
    """The three services' parts of a record, side by side; a silent one leaves a gap.

    Raises:
        Refused: the person is not this member of staff's to see.
        Unreachable: even the name cannot be read.
    """
    care, path = visit.care, f"/patients/{patient_id}"
    flags = {"patient_id": str(patient_id)}
    patient, flagged, treated, reminders = await together(
        care.assessment.get(path, PatientBody),
        care.assessment.get("/flags", Page[FlagBody], flags),
        together(
            read_part(visit, care.treatment, f"{path}/courses", Page[CourseBody]),
            read_part(visit, care.treatment, f"{path}/health-profile", HealthProfile),
        ),
        read_part(visit, care.engagement, f"{path}/reminders", Page[ReminderBody], _SOONEST),
    )
    courses, health = treated
    return Record(
        patient=patient,
        flags=flagged.items,
        courses=None if courses is None else courses.items,
        reminders=None if reminders is None else reminders.items,
        health=health,
        sees_courses=visit.visitor.staff.role in _SEES_COURSES,
    )


async def read_part(
    visit: Visit,
    caller: Caller,
    path: str,
    answer: type[B],
    query: Mapping[str, str] | None = None,
) -> B | None:
    """One service's part, or nothing: it is silent, it has not heard of this person yet, or this
    role does not see it."""
    try:
        return await caller.get(path, answer, query, newcomer=True)
    except Unreachable:
        pass
    except Refused as refused:
        if refused.problem.status == _NOT_FOR_THIS_ROLE:
            return None
        if refused.problem.status not in _UNHEARD:
            raise
    visit.missing.append(caller.service)
    return None


async def record_page(
    visit: Visit, template: str, read: Record, *, tab: str, status: int = 200, **context: object
) -> web.Response:
    """A page of a record, under its head."""
    head = record.head(read, visit.setting, tab=tab)
    return visit.page(template, status=status, head=head, patient=read.patient, **context)


def may_prescribe(visit: Visit, read: Record) -> bool:
    """Whether to offer setting up a course: treatment lists no actions for a course that does
    not exist yet, and refuses whoever tries all the same."""
    is_prescriber = visit.visitor.staff.role is Role.PRESCRIBER
    return is_prescriber and record.current(read.courses or ()) is None
