"""Of somebody whose day of birth was erased every page says the year, and none says a day."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from services.portal.presenters import (
    cover,
    overview,
    people,
    record,
    rounds,
    today,
    waiting,
)
from services.portal.presenters.record import Record
from services.portal.presenters.today import Sources
from shared.api.absences import CoveredPerson
from shared.api.assessment import PatientBody, PatientSummary, WaitingProposal
from shared.api.notices import RoundLine
from tests.unit.portal.test_today import ADA, NOW, SETTING, TODAY, due, flag, reminder

KEPT = date(1961, 1, 1)
ERASED_ON = date(2027, 4, 1)
YEAR_ALONE: Mapping[str, Any] = {"birth_date": None, "birth_year": 1961}

SUMMARY = PatientSummary(
    patient_id=ADA,
    status="left-care",
    team="harbour",
    given_name="Erased",
    family_name="on 2027-04-01",
    birth_date=KEPT,
    birth_year=1961,
    enrolled_on=TODAY,
    open_flags=0,
    erased_on=ERASED_ON,
)
PATIENT = PatientBody(
    **SUMMARY.model_dump(exclude={"open_flags"}),
    version=3,
    care_team=(),
    left_on=ERASED_ON,
    time_zone="Europe/London",
    language="en",
    phone=None,
    email=None,
    postal_address=None,
    neutral_wording=False,
    consents={},
    quiet_hours=None,
    carers=(),
    messages_stopped=True,
    open_flags=0,
    actions=(),
)


def _head(one: PatientBody) -> str:
    return record.head(
        Record(patient=one, flags=(), courses=(), reminders=()), SETTING, tab=""
    ).birth


def _today(sources: Sources) -> str:
    (group,) = today.grouped(sources, SETTING)
    return group.rows[0].birth


def _round() -> str:
    line = RoundLine.model_construct(
        **YEAR_ALONE,
        patient_name=None,
        section=None,
        due_at=NOW,
        title="",
        what="",
        state="planned",
    )
    return rounds._line(line, SETTING).birth


def _covered() -> str:
    person = CoveredPerson(patient_id=ADA, patient_name="Erased", answer="asked", **YEAR_ALONE)
    return cover._covered(person, SETTING).birth


def _waiting() -> str:
    proposed = WaitingProposal(
        proposal_id=UUID(int=1), proposed_at=NOW, arms=("Medication",), patient=SUMMARY
    )
    return waiting.rows([proposed], SETTING)[0].birth


PLACES: Mapping[str, Callable[[], str]] = {
    "the head of a record and of an order": lambda: _head(PATIENT),
    "a head, once assessment says null": lambda: _head(
        PATIENT.model_copy(update={"birth_date": None})
    ),
    "a head, of an earlier release": lambda: _head(PATIENT.model_copy(update={"birth_year": None})),
    "today, from a plan": lambda: _today(Sources([due(**YEAR_ALONE)], None, [])),
    "today, from a reminder": lambda: _today(Sources([], [reminder(**YEAR_ALONE)], [])),
    "today, of a flag": lambda: _today(Sources([], [], [flag(patient_id=ADA, patient=SUMMARY)])),
    "the round on paper": _round,
    "who is covered": _covered,
    "who waits for a decision": _waiting,
}


@pytest.mark.parametrize("place", PLACES)
def test_a_line_says_the_year_and_that_the_day_is_gone(place: str) -> None:
    assert PLACES[place]() == "born 1961 (day erased)"


def test_a_list_of_people_and_a_record_say_it_under_their_heading() -> None:
    assert people.rows([SUMMARY], today=TODAY)[0].birth == "1961 (day erased)"
    assert "1961 (day erased)" in " ".join(overview.detail_lines(PATIENT, SETTING))
    assert "January" not in " ".join(overview.detail_lines(PATIENT, SETTING))
