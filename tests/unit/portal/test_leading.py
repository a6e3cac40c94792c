"""Where an entry leads: to the work behind it, unless that page is not for this role."""

from datetime import date

import pytest

from services.portal.presenters import chores, record
from services.portal.presenters.record import Record
from shared.api.assessment import PatientBody
from tests.unit.portal.test_today import ADA, COURSE, SETTING, reminder

WORK = f"/patients/{ADA}/courses/{COURSE}/check-ins/gate/2"
SOMEBODY = PatientBody.model_construct(
    patient_id=ADA,
    given_name="Ada",
    family_name="Marsh",
    birth_date=date(1958, 1, 1),
    status="active",
    erased_on=None,
    contact_readable=True,
    messages_stopped=False,
)


@pytest.mark.parametrize("sees_courses", [True, False])
def test_the_next_thing_leads_where_this_role_may_go(sees_courses: bool) -> None:
    item = reminder()
    told = Record(
        patient=SOMEBODY, flags=(), courses=(), reminders=(item,), sees_courses=sees_courses
    )

    leads_to = record.head(told, SETTING, tab="").next_href

    instead = f"/patients/{ADA}/reminders/{item.reminder_id}"
    assert leads_to == (WORK if sees_courses else instead)


@pytest.mark.parametrize("sees_courses", [True, False])
def test_a_reminder_offers_only_work_that_this_role_may_do(sees_courses: bool) -> None:
    shown = chores.chore(reminder(), SETTING, sees_courses=sees_courses)

    assert shown.work_href == (WORK if sees_courses else "")
