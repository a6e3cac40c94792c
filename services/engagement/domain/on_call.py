"""Who is on call for a team, from when until when; and when nobody is.

Whose turn it is, is worked out when somebody asks and is never written on a reminder: a change of
the rota counts at once, for what was planned long before it as well.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

from services.engagement.domain.errors import BadShift, CannotBeOnCall, OnCallAlready, ShiftOver
from services.engagement.domain.team import Colleague

ON_CALL = "on-call"
"""The role of a rung that falls to whoever is on call, and to the team's leads when nobody is."""
LONGEST_SHIFT = timedelta(days=14)
FARTHEST_DAYS = 366
_MAY_BE_CALLED = frozenset({"prescriber", "nurse", "lead"})
Stage = Literal["planned", "running", "over"]
Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """One colleague on call for one team, from ``from_at`` up to ``until_at``."""

    shift_id: UUID
    team: str
    staff_id: UUID
    from_at: datetime
    until_at: datetime
    made_by: UUID
    made_at: datetime
    withdrawn: bool = False
    followed: Stage = "planned"
    """How far the notices have followed: planned, running, over."""
    version: int = 1

    def stage(self, now: datetime) -> Stage:
        """Where it stands."""
        if self.withdrawn or now >= self.until_at:
            return "over"
        return "running" if now >= self.from_at else "planned"


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of time with the one shift that covers it; nobody is on call without one."""

    from_at: datetime
    until_at: datetime
    shift: Shift | None


def require_days(starts_on: date, ends_on: date, *, today: date) -> None:
    """Check the days before they become instants: not every date has one in every zone.

    Raises:
        BadShift: names the field and the reason.
    """
    if starts_on < today:
        raise BadShift("starts_on", "That day has passed.")
    if (starts_on - today).days > FARTHEST_DAYS:
        raise BadShift("starts_on", "A rota is set at most a year ahead.")
    if ends_on < starts_on:
        raise BadShift("ends_on", "It ends before it begins.")
    if ends_on - starts_on > LONGEST_SHIFT:
        raise BadShift("ends_on", "One shift is at most 14 days.")


def require_possible(
    one: Shift, *, colleague: Colleague | None, others: Iterable[Shift], now: datetime
) -> None:
    """Check a shift before it is kept.

    Raises:
        BadShift, CannotBeOnCall, OnCallAlready: names the field and the reason.
    """
    if one.until_at <= one.from_at:
        raise BadShift("ends_on", "It ends before it begins.")
    if one.until_at <= now:
        raise BadShift("ends_on", "That time has passed.")
    if one.until_at - one.from_at > LONGEST_SHIFT:
        raise BadShift("ends_on", "One shift is at most 14 days.")
    if colleague is None or not may_be_called(colleague):
        raise CannotBeOnCall
    for other in others:
        if not other.withdrawn and other.from_at < one.until_at and one.from_at < other.until_at:
            raise OnCallAlready


def may_be_called(colleague: Colleague) -> bool:
    """Somebody who treats people here, or leads those who do."""
    return colleague.active and colleague.role in _MAY_BE_CALLED


def ended(one: Shift, now: datetime) -> Shift:
    """No longer on call: from now on when it is running, not at all when it was to come.

    Raises:
        ShiftOver: it has ended already.
    """
    match one.stage(now):
        case "over":
            raise ShiftOver
        case "planned":
            return replace(one, withdrawn=True, version=one.version + 1)
        case _:
            return replace(one, until_at=now, version=one.version + 1)


def stretches(
    shifts: Iterable[Shift],
    *,
    colleagues: Mapping[UUID, Colleague],
    away: Mapping[UUID, Sequence[Span]],
    between: Span,
) -> Sequence[Stretch]:
    """The whole time in order, covered or not: what nobody covers is a stretch of its own.

    Somebody whose account is closed or who is away is not there, whatever the rota says.
    """
    start, end = between
    found: list[Stretch] = []
    reached = start
    for one in sorted(shifts, key=lambda one: one.from_at):
        colleague = colleagues.get(one.staff_id)
        if one.withdrawn or colleague is None or not may_be_called(colleague):
            continue
        for from_at, until_at in _present((one.from_at, one.until_at), away.get(one.staff_id, ())):
            begins, ends = max(from_at, reached), min(until_at, end)
            if begins >= ends:
                continue
            if begins > reached:
                found.append(Stretch(reached, begins, None))
            found.append(Stretch(begins, ends, one))
            reached = ends
    if reached < end:
        found.append(Stretch(reached, end, None))
    return found


def _present(shift: Span, away: Iterable[Span]) -> Sequence[Span]:
    """What is left of a shift without the days away."""
    left, until = shift
    spans: list[Span] = []
    for gone, back in sorted(away):
        if gone > left:
            spans.append((left, min(gone, until)))
        left = max(left, back)
    spans.append((left, until))
    return [(begins, ends) for begins, ends in spans if begins < ends]


def teams_answered(
    staff_id: UUID, role: str, teams: Iterable[str], on_call: Mapping[str, UUID]
) -> frozenset[str]:
    """The teams whose rung on call falls to this colleague now: those they are on call for, and
    those they lead while nobody is."""
    theirs = {team for team, who in on_call.items() if who == staff_id}
    if role == "lead":
        theirs |= {team for team in teams if team not in on_call}
    return frozenset(theirs)
