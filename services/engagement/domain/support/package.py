"""A bounded course of sessions (CBT, supported self-help): is it delivered as it was meant?"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from services.engagement.domain.support.contact import Contact, in_order
from services.engagement.domain.support.rules import Package

MONTH = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """Where the package stands. ``warnings`` are codes: ``below-pace``, ``below-dose``,
    ``short-sessions``, ``group-sessions``, ``over-time``, ``below-minutes``. ``planned_minutes``
    is how much support belongs to it in all, where that is laid down (R-19)."""

    sessions: int
    planned: int
    minutes: int
    planned_minutes: int | None
    in_last_month: int
    expected_by_now: int
    warnings: tuple[str, ...]


def delivered(
    package: Package,
    meetings: Iterable[Contact],
    *,
    started_on: date,
    today: date,
    is_over: bool = False,
) -> Delivered:
    """What took place against what was meant to by today.

    ``is_over``: it was ended today. Fewer sessions than belong to it are then too few, whether
    its time is up or not (R-15).
    """
    held = [one for one in in_order(meetings) if one.on <= today]
    recent = [one for one in held if one.on > today - MONTH]
    elapsed = (today - started_on).days
    expected = min(package.sessions, package.sessions * elapsed // package.within_days)
    return Delivered(
        sessions=len(held),
        planned=package.sessions,
        minutes=_minutes(held),
        planned_minutes=package.total_minutes,
        in_last_month=len(recent),
        expected_by_now=expected,
        warnings=tuple(
            _warnings(package, held, recent, started_on=started_on, today=today, is_over=is_over)
        ),
    )


def _warnings(
    package: Package,
    held: Sequence[Contact],
    recent: Sequence[Contact],
    *,
    started_on: date,
    today: date,
    is_over: bool,
) -> Iterable[str]:
    going_on = len(held) < package.sessions
    if going_on and below_pace_from(package, held, started_on=started_on) <= today:
        yield "below-pace"
    over = is_over or today >= started_on + timedelta(days=package.within_days)
    if over and going_on:
        yield "below-dose"
    short = [one for one in held if one.minutes < package.shortest_minutes]
    if 2 * len(short) > len(held) > 0:
        yield "short-sessions"
    if any(one.group for one in held):
        yield "group-sessions"
    if any(one.minutes > package.longest_minutes for one in recent):
        yield "over-time"
    if (over or not going_on) and _minutes(held) < (package.total_minutes or 0):
        yield "below-minutes"


def _minutes(held: Iterable[Contact]) -> int:
    return sum(one.minutes for one in held)


def below_pace_from(package: Package, held: Sequence[Contact], *, started_on: date) -> date:
    """The first day on which fewer than the least sessions a month lie in the last month."""
    days = [one.on for one in in_order(held)]
    anchor = days[-package.least_per_month] if len(days) >= package.least_per_month else started_on
    return max(anchor, started_on) + MONTH


def likely_poor(
    package: Package, readings: Iterable[tuple[date, int]], *, started_on: date
) -> tuple[int, ...]:
    """Days of the course at which the score foretold a poor outcome (evidence pack 6.2)."""
    found = []
    known = sorted(readings)
    for day, at_least in package.low_scores:
        until = started_on + timedelta(days=day)
        before = [total for on, total in known if started_on <= on <= until]
        reached = any(on >= until - timedelta(days=7) for on, _ in known)
        if before and reached and before[-1] >= at_least:
            found.append(day)
    return tuple(found)
