"""What a role looks for first in the morning."""

from services.portal.presenters import strips, today
from services.portal.presenters.today import Group, Sources
from shared.api.engagement import Section
from shared.api.identity import Role
from tests.unit.portal.test_today import SETTING, TODAY, flag, reminder


def groups() -> tuple[Group, ...]:
    late = reminder(section=Section.OVERDUE, due_on=TODAY)
    return today.grouped(Sources(due=[], reminders=[late], flags=[flag()]), SETTING)


def numbers(role: Role) -> dict[str, int | None]:
    return {tile.title: tile.number for tile in strips.of(role, groups())}


def test_a_prescriber_sees_how_many_reviews_are_due() -> None:
    assert numbers(Role.PRESCRIBER) == {"Reviews due": 0}


def test_a_lead_sees_what_nobody_has_in_hand() -> None:
    seen = numbers(Role.LEAD)

    assert seen["Nobody has it in hand"] == 2
    assert seen["Nobody looks after them"] is None


def test_everybody_else_has_the_list_alone() -> None:
    assert numbers(Role.NURSE) == {}
