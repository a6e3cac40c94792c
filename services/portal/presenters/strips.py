"""What a role looks for first in the morning: a few numbers above its list, each with its place."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.portal.presenters import people
from services.portal.presenters.language import gettext as _
from services.portal.presenters.today import Group
from shared.api.engagement import Action, Section
from shared.api.identity import Role

_REVIEW = "course-review"


@dataclass(frozen=True, slots=True)
class Tile:
    """A number and what it counts; ``tone`` says how pressing it is. Without a number it is a
    way to a page."""

    title: str
    href: str
    number: int | None = None
    tone: str = ""


def of(role: Role, groups: Sequence[Group]) -> tuple[Tile, ...]:
    """What the sections of the list do not count already; a nurse's list is all of it."""
    rows = [row for group in groups for row in group.rows]
    if role is Role.PRESCRIBER:
        return (
            Tile(
                _("Reviews due"),
                "/?view=team&work=review-course",
                sum(row.key[-1] == _REVIEW and row.section in _DUE for row in rows),
            ),
            Tile(
                _("Plan changes to sign"),
                "/?view=team&work=sign-change",
                sum(row.action is Action.SIGN_CHANGE for row in rows),
            ),
            Tile(_("New questionnaires"), f"/patients?show={people.ASSESSED}"),
        )
    if role is Role.FACILITATOR:
        return (Tile(_("Caseload, with the support given"), "/caseload"),)
    if role is Role.LEAD:
        return (
            Tile(
                _("Nobody has it in hand"),
                "/?view=team&free=true",
                sum(not row.in_hand and row.section in _PRESSING for row in rows),
                "overdue",
            ),
            Tile(_("Passed on"), "/?view=team", sum(row.escalated for row in rows)),
            Tile(_("Handovers"), "/cover"),
            Tile(_("Nobody looks after them"), f"/patients?show={people.OWNERLESS}"),
        )
    return ()


_PRESSING = frozenset({Section.SAFETY_NOW, Section.OVERDUE})
_DUE = frozenset({Section.OVERDUE, Section.DUE_TODAY})
