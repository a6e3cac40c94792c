"""What a role looks for first in the morning."""

from uuid import UUID

from services.portal.presenters import strips, today
from services.portal.presenters.on_call import NowOnCall
from services.portal.presenters.strips import Around
from services.portal.presenters.today import Group, Sources
from shared.api.absences import AbsenceBody, CoveredPerson
from shared.api.assessment import PatientCounts
from shared.api.engagement import Action, Section
from shared.api.identity import Role
from tests.unit.portal.test_today import SETTING, TODAY, flag, reminder


def groups() -> tuple[Group, ...]:
    late = reminder(section=Section.OVERDUE, due_on=TODAY)
    return today.grouped(Sources(due=[], reminders=[late], flags=[flag()]), SETTING)


def numbers(role: Role) -> dict[str, int | None]:
    return {tile.title: tile.number for tile in strips.of(role, groups())}


def test_a_prescriber_sees_what_waits_for_them_beside_the_list() -> None:
    assert numbers(Role.PRESCRIBER) == {
        "Reviews due": 0,
        "To sign": 0,
        "New questionnaires": None,
    }


def test_a_plan_that_waits_for_a_signature_is_counted() -> None:
    waits = reminder(section=Section.DUE_TODAY, due_on=TODAY, action=Action.SIGN_CHANGE)
    listed = today.grouped(Sources(due=[], reminders=[waits], flags=[]), SETTING)

    tiles = {tile.title: tile.number for tile in strips.of(Role.PRESCRIBER, listed)}

    assert tiles["To sign"] == 1


def test_a_lead_sees_what_nobody_has_in_hand() -> None:
    seen = numbers(Role.LEAD)

    assert seen["Nobody has it in hand"] == 2
    assert seen["Nobody looks after them"] is None
    assert seen["Handovers: not accepted"] is None


def test_a_lead_sees_at_once_that_nobody_is_on_call() -> None:
    calls = [NowOnCall("Nobody is on call", "overdue")]

    tiles = strips.of(Role.LEAD, (), Around(on_call=calls))

    (tile,) = [one for one in tiles if one.href == "/on-call"]
    assert (tile.title, tile.tone, tile.always) == ("Nobody is on call", "overdue", True)


def test_what_stands_beside_the_list_is_counted_too() -> None:
    counts = PatientCounts(newly_assessed=3, flagged=1, ownerless=2)
    around = Around(people=counts, absences=[absence("planned"), absence("over")])

    of_prescriber = {one.title: one.number for one in strips.of(Role.PRESCRIBER, (), around)}
    of_lead = {one.title: one.number for one in strips.of(Role.LEAD, (), around)}

    assert of_prescriber["New questionnaires"] == 3
    assert of_lead["Nobody looks after them"] == 2
    assert of_lead["Handovers: not accepted"] == 2


def test_a_number_from_a_list_that_goes_on_says_so() -> None:
    tiles = {one.title: one.more for one in strips.of(Role.LEAD, groups(), more=True)}

    assert tiles["Nobody has it in hand"]
    assert not tiles["Nobody looks after them"]


def absence(stage: str) -> AbsenceBody:
    """Three people, of whom a colleague has accepted one."""
    people = [
        CoveredPerson(patient_id=UUID(int=1), patient_name=None, birth_date=None, answer=answer)
        for answer in ("accepted", "asked", "declined")
    ]
    return AbsenceBody.model_construct(stage=stage, people=tuple(people))


def test_everybody_else_has_the_list_alone() -> None:
    assert numbers(Role.NURSE) == numbers(Role.FACILITATOR) == {}
