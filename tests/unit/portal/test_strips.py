"""What a role looks for first in the morning."""

from services.portal.presenters import strips, today
from services.portal.presenters.today import Group, Sources
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
        "Plan changes to sign": 0,
        "New questionnaires": None,
    }


def test_a_plan_that_waits_for_a_signature_is_counted() -> None:
    waits = reminder(section=Section.DUE_TODAY, due_on=TODAY, action=Action.SIGN_CHANGE)
    listed = today.grouped(Sources(due=[], reminders=[waits], flags=[]), SETTING)

    tiles = {tile.title: tile.number for tile in strips.of(Role.PRESCRIBER, listed)}

    assert tiles["Plan changes to sign"] == 1


def test_a_facilitator_goes_on_to_their_caseload() -> None:
    assert numbers(Role.FACILITATOR) == {"Caseload, with the support given": None}


def test_a_lead_sees_what_nobody_has_in_hand() -> None:
    seen = numbers(Role.LEAD)

    assert seen["Nobody has it in hand"] == 2
    assert seen["Nobody looks after them"] is None
    assert seen["Handovers"] is None


def test_everybody_else_has_the_list_alone() -> None:
    assert numbers(Role.NURSE) == {}
