"""The statements of the lists, each built once: building one takes longer than asking it.

The sections and their order are ``domain.worklist`` in SQL; a test holds the two alike.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Integer,
    Select,
    Subquery,
    Uuid,
    and_,
    bindparam,
    case,
    func,
    literal_column,
    not_,
    or_,
    select,
    tuple_,
    union_all,
)

from services.engagement.adapters.names import NAME_COLUMNS
from services.engagement.adapters.rows import reminder
from services.engagement.adapters.tables import CareTeamRow, PatientRow
from services.engagement.application.ports import Viewer, Wanted
from services.engagement.domain.kind import Group, Kinds
from services.engagement.domain.obligation import COURSE, PLAN, Key
from services.engagement.domain.on_call import ON_CALL
from services.engagement.domain.worklist import Section
from shared.runtime.columns import UtcDateTime

patient = PatientRow.metadata.tables["patient"]
care_team = CareTeamRow.metadata.tables["care_team"]
rung = reminder.alias("rung")

OWNERS = reminder.c.level == literal_column("0")
_MOVED = reminder.c.due_at != reminder.c.owed_at
_PUT_OFF = and_(_MOVED, OWNERS)
"""By a person; a rung has other times by nature."""
_MOST_KEYS = 500
_AS_OF = bindparam("as_of", type_=UtcDateTime)
_AFTER = tuple_(
    bindparam("after_section", type_=BigInteger),
    bindparam("after_risk", type_=BigInteger),
    bindparam("after_due_at", type_=UtcDateTime),
    bindparam("after_id", type_=Uuid),
)
"""The place of the last row seen."""


def _one_of(name: str) -> BindParameter[Any]:
    return bindparam(name, expanding=True)


_TOLD = (
    select(func.max(rung.c.level))
    .where(
        rung.c.item_id == reminder.c.item_id,
        rung.c.level > literal_column("0"),
        rung.c.is_open,
        rung.c.due_at <= _AS_OF,
    )
    .scalar_subquery()
    .label("told")
)
"""The highest level that knows of a reminder; none where it did not go up."""
IN_FULL = select(*reminder.c, patient.c.zone, *NAME_COLUMNS, _TOLD).join(
    patient, patient.c.patient_id == reminder.c.patient_id
)
"""What ``Listed`` is made of, as of a moment."""
OF_OTHER_TEAMS = (
    select(care_team.c.patient_id)
    .join(patient, patient.c.patient_id == care_team.c.patient_id)
    .where(care_team.c.staff_id.in_(_one_of("staff")), patient.c.team.not_in(_one_of("teams")))
)
"""The few whose care team one of these is in without being of the person's team."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """Which conditions a list has; what they are compared with is given when it is asked for."""

    mine: bool
    of_others: bool
    on_call: bool
    of_people: bool
    done_by: bool
    free: bool
    section: bool = False
    after: bool = False


def shape_of(wanted: Wanted, others: Sequence[UUID], *, whole: bool) -> Shape:
    """Of what is wanted, or of the whole list that it is a part of."""
    return Shape(
        mine=wanted.mine,
        of_others=bool(others),
        on_call=bool(wanted.viewer.on_call_for),
        of_people=wanted.patients is not None and not whole,
        done_by=wanted.action is not None and not whole,
        free=wanted.free and not whole,
        section=wanted.section is not None and not whole,
        after=wanted.after is not None and not whole,
    )


def of_viewer(viewer: Viewer, others: Sequence[UUID]) -> dict[str, Any]:
    """What the conditions about the viewer are compared with. ``others`` are of other teams."""
    return {
        "teams": viewer.teams,
        "others": others,
        "staff": (viewer.staff_id, *viewer.stands_in_for),
        "role": viewer.role,
        "on_call_for": sorted(viewer.on_call_for),
    }


def given(wanted: Wanted, kinds: Kinds, others: Sequence[UUID]) -> Mapping[str, Any]:
    """What all conditions are compared with."""
    section, risk, due_at, reminder_id = wanted.after or (None, None, None, None)
    return {
        **of_viewer(wanted.viewer, others),
        "as_of": wanted.as_of,
        "people": sorted(wanted.patients or ()),
        "kinds": [code for code, kind in kinds.items() if kind.action == wanted.action],
        "safety": _of(kinds, Group.SAFETY),
        "prepare": _of(kinds, Group.PREPARE),
        "section": None if wanted.section is None else int(wanted.section),
        "after_section": section,
        "after_risk": risk,
        "after_due_at": due_at,
        "after_id": reminder_id,
        "limit": wanted.limit,
    }


@cache
def page(shape: Shape) -> Select[Any]:
    """One page in reading order: which rows is decided first, and only those are read in full."""
    whole = _whole(shape)
    order = (whole.c.section, whole.c.risk, whole.c.due_at, whole.c.reminder_id)
    query = select(*order).order_by(*order).limit(bindparam("limit", type_=Integer))
    if shape.section:
        query = query.where(whole.c.section == bindparam("section", type_=Integer))
    if shape.after:
        query = query.where(tuple_(*order) > _AFTER)
    found = query.subquery("page")
    in_full = IN_FULL.join(found, found.c.reminder_id == reminder.c.reminder_id)
    return in_full.order_by(*found.c)


@cache
def counts(shape: Shape) -> Select[Any]:
    """How many rows each section has."""
    whole = _whole(shape)
    return select(whole.c.section, func.count()).group_by(whole.c.section)


@cache
def keys(*, of_others: bool) -> Select[Any]:
    """Of courses and plans on the team's list, the longest owed first."""
    return (
        select(*(reminder.c[name] for name in Key._fields))
        .where(
            reminder.c.is_open,
            OWNERS,
            or_(reminder.c.due_at <= _AS_OF, _MOVED),
            reminder.c.subject_kind.in_((COURSE, PLAN)),
            related(of_others=of_others),
        )
        .order_by(reminder.c.due_at, reminder.c.reminder_id)
        .limit(_MOST_KEYS)
    )


def related(*, of_others: bool) -> ColumnElement[bool]:
    """People of my teams, and the few of other teams whose care team I am in, or somebody for
    whom I stand in."""
    of_my_teams = reminder.c.team.in_(_one_of("teams"))
    if not of_others:
        return of_my_teams
    return or_(of_my_teams, reminder.c.patient_id.in_(_one_of("others")))


def _whole(shape: Shape) -> Subquery:
    """Everything on this list, as little of it as the order needs.

    A team's list asks for the level once, as its index does: asked for again among the times,
    the level would be read from every row.
    """
    put_off = _PUT_OFF if shape.mine else _MOVED
    query = select(
        reminder.c.reminder_id,
        reminder.c.item_id,
        reminder.c.level,
        reminder.c.risk,
        reminder.c.due_at,
        _section().label("section"),
    ).where(
        reminder.c.is_open,
        or_(reminder.c.due_at <= _AS_OF, put_off),
        related(of_others=shape.of_others),
    )
    if shape.of_people:
        query = query.where(reminder.c.patient_id.in_(_one_of("people")))
    if shape.done_by:
        query = query.where(reminder.c.kind.in_(_one_of("kinds")))
    if shape.free:
        query = query.where(~reminder.c.is_in_hand, not_(put_off))
    if shape.mine:
        return _mine(query, on_call=shape.on_call)
    return query.where(OWNERS).subquery("whole")


def _section() -> ColumnElement[int]:
    return case(
        (reminder.c.due_at > _AS_OF, int(Section.WAITING)),
        (reminder.c.kind.in_(_one_of("safety")), int(Section.SAFETY_NOW)),
        (reminder.c.overdue_from <= _AS_OF, int(Section.OVERDUE)),
        (reminder.c.is_in_hand, int(Section.WAITING)),
        (reminder.c.kind.in_(_one_of("prepare")), int(Section.PREPARE)),
        else_=int(Section.DUE_TODAY),
    )


def _mine(query: Select[Any], *, on_call: bool) -> Subquery:
    """Mine by name, theirs for whom I stand in, nobody's and for my role, or mine because I am on
    call at this moment; each reminder once, at the lowest such level."""
    nobodys = and_(reminder.c.owner_id.is_(None), reminder.c.for_role == bindparam("role"))
    parts = [query.where(reminder.c.owner_id.in_(_one_of("staff"))), query.where(nobodys)]
    if on_call:
        called = and_(reminder.c.owner_id.is_(None), reminder.c.for_role == ON_CALL)
        parts.append(query.where(called, reminder.c.team.in_(_one_of("on_call_for"))))
    both = union_all(*parts).subquery("both")
    nth = func.row_number().over(partition_by=both.c.item_id, order_by=both.c.level)
    counted = select(both, nth.label("nth")).subquery("counted")
    return select(counted).where(counted.c.nth == 1).subquery("whole")


def _of(kinds: Kinds, group: Group) -> Sequence[str]:
    return [code for code, kind in kinds.items() if kind.group is group]
