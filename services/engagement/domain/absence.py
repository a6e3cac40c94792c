"""Somebody is away and asks a colleague to look after their people: only a yes counts.

What nobody has said yes to falls to the lead at once; so nobody is ever without an owner.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

from services.engagement.domain.errors import (
    AbsenceOver,
    AbsenceOverlaps,
    BadDates,
    CannotCover,
    NotAsked,
)
from services.engagement.domain.team import Colleague

LONGEST_DAYS = 366
Stage = Literal["planned", "running", "over"]


class Answer(StrEnum):
    """What the colleague said about one person."""

    ASKED = "asked"
    ACCEPTED = "accepted"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """From the first to the last day away, both included, in the clinic's own days."""

    absence_id: UUID
    staff_id: UUID
    cover_id: UUID
    starts_on: date
    ends_on: date
    note: str
    made_by: UUID
    made_at: datetime
    withdrawn: bool = False
    followed: Stage = "planned"
    """How far the lists have followed: planned, running, over."""
    people: Mapping[UUID, Answer] = field(default_factory=dict)
    version: int = 1

    def covers(self, day: date) -> bool:
        """Whether somebody is away on that day."""
        return not self.withdrawn and self.starts_on <= day <= self.ends_on

    def overlaps(self, other: "Absence") -> bool:
        """Whether the two have a day in common."""
        return self.starts_on <= other.ends_on and other.starts_on <= self.ends_on

    def stage(self, day: date) -> Stage:
        """How far the lists have to have followed on that day."""
        if self.withdrawn or day > self.ends_on:
            return "over"
        return "running" if day >= self.starts_on else "planned"


def require_possible(
    one: Absence,
    *,
    colleagues: Mapping[UUID, Colleague],
    others: tuple[Absence, ...],
    today: date,
) -> None:
    """Check an absence before it is kept.

    Raises:
        BadDates, CannotCover, AbsenceOverlaps: names the field and the reason.
    """
    _require_days(one, today)
    away, cover = colleagues.get(one.staff_id), colleagues.get(one.cover_id)
    if away is None or cover is None or not cover.active or one.staff_id == one.cover_id:
        raise CannotCover
    if cover.role != away.role or not cover.teams & away.teams:
        raise CannotCover
    away_then = {other.staff_id for other in others if one.overlaps(other)}
    if one.staff_id in away_then:
        raise AbsenceOverlaps
    if one.cover_id in away_then:
        raise CannotCover


def _require_days(one: Absence, today: date) -> None:
    if one.ends_on < one.starts_on:
        raise BadDates("ends_on", "The last day away is before the first.")
    if one.ends_on < today:
        raise BadDates("ends_on", "These days have passed.")
    if (one.ends_on - one.starts_on).days >= LONGEST_DAYS:
        raise BadDates("ends_on", "An absence is at most a year; hand the people over instead.")


def answered(one: Absence, said: Mapping[UUID, Answer], *, today: date) -> Absence:
    """The colleague says yes or no to some of the people; a no may become a yes later.

    Raises:
        AbsenceOver: it has ended or was taken back.
        NotAsked: somebody is not among the people asked about.
    """
    if one.stage(today) == "over":
        raise AbsenceOver
    if not said.keys() <= one.people.keys():
        raise NotAsked
    return replace(one, people={**one.people, **said}, version=one.version + 1)


def withdrawn(one: Absence, *, today: date) -> Absence:
    """Back earlier, or not away at all: everything returns to its owner.

    Raises:
        AbsenceOver: it has ended already.
    """
    if one.stage(today) == "over":
        raise AbsenceOver
    return replace(one, withdrawn=True, version=one.version + 1)
