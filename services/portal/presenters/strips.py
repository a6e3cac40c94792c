"""What a role looks for first in the morning: a few numbers above its list, each with its place."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.portal.presenters import people
from services.portal.presenters.language import gettext as _
from services.portal.presenters.on_call import NowOnCall
from services.portal.presenters.today import Group
from shared.api.absences import AbsenceBody
from shared.api.assessment import PatientCounts
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
    more: bool = False
    """Whether there are more than the number says, because the list goes on."""
    always: bool = False
    """Whether the tone holds without a number."""


@dataclass(frozen=True, slots=True)
class Around:
    """What is not on the list: None is what nobody asked for, or what a service was silent on."""

    people: PatientCounts | None = None
    absences: Sequence[AbsenceBody] | None = None
    on_call: Sequence[NowOnCall] = ()


_NOTHING = Around()


def of(
    role: Role, groups: Sequence[Group], around: Around = _NOTHING, *, more: bool = False
) -> tuple[Tile, ...]:
    """What the sections of the list do not count already, nor the proposals beside them; a nurse's
    list is all of it. ``more``: the list goes on after these groups."""
    rows = [row for group in groups for row in group.rows]
    if role is Role.PRESCRIBER:
        return (
            Tile(
                _("Reviews due"),
                "/?view=team&work=review-course",
                sum(row.key[-1] == _REVIEW and row.section in _DUE for row in rows),
                more=more,
            ),
            Tile(
                _("To sign"),
                "/?view=team&work=sign-change",
                sum(row.action is Action.SIGN_CHANGE for row in rows),
                more=more,
            ),
            Tile(
                _("New questionnaires"),
                f"/patients?show={people.ASSESSED}",
                None if around.people is None else around.people.newly_assessed,
            ),
        )
    if role is Role.LEAD:
        return (
            Tile(
                _("Nobody has it in hand"),
                "/?view=team&free=true",
                sum(not row.in_hand and row.section in _PRESSING for row in rows),
                "overdue",
                more=more,
            ),
            Tile(_("Passed on"), "/?view=team", sum(row.escalated for row in rows), more=more),
            Tile(_("Handovers: not accepted"), "/cover", _left(around.absences), "overdue"),
            *(Tile(one.title, "/on-call", tone=one.tone, always=True) for one in around.on_call),
            Tile(
                _("Nobody looks after them"),
                f"/patients?show={people.OWNERLESS}",
                None if around.people is None else around.people.ownerless,
                "overdue",
            ),
        )
    return ()


def _left(absences: Sequence[AbsenceBody] | None) -> int | None:
    """People whom nobody has said yes to, in absences that are not over."""
    if absences is None:
        return None
    return sum(
        person.answer != "accepted"
        for one in absences
        if one.stage != _OVER
        for person in one.people
    )


_OVER = "over"
_PRESSING = frozenset({Section.SAFETY_NOW, Section.OVERDUE})
_DUE = frozenset({Section.OVERDUE, Section.DUE_TODAY})
