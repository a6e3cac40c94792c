"""What is owed to a person, worked out another way than the service works it out."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import holidays

from services.engagement.domain.course import Course, Step, Taper
from services.engagement.domain.flag import Flag, FlagStatus
from services.engagement.domain.team import CareStatus

ENGLISH = holidays.country_holidays("GB", subdiv="ENG")
What = tuple[int, str, int]
"""Plan version, kind and ordinal: which obligation of one person it is."""


def owed(
    *, course: Course | None, flag: Flag | None, care: CareStatus, zone: str
) -> dict[What, datetime]:
    """Everything that is open, and the instant at which it falls due.

    Whoever leaves care is owed nothing more but the answer to an open flag.
    """
    if care is CareStatus.DECEASED:
        return {}
    return (
        _by_flag(flag)
        if care is CareStatus.LEFT_CARE
        else _by_course(course, zone) | _by_flag(flag)
    )


def _by_course(course: Course | None, zone: str) -> dict[What, datetime]:
    if course is None or course.taper is None or course.phase == "closed":
        return {}
    taper, found = course.taper, {}
    is_live = taper.status in {"active", "hold"}
    for step in taper.steps if is_live else ():
        for kind, (day, done_at) in _moments(step, is_cut=course.phase == "taper-active").items():
            if day is not None and done_at is None:
                found[taper.plan_version, kind, step.ordinal] = nine_at(day, zone)
    if is_live and course.phase in {"taper-active", "suspended", "step-back"}:
        found |= _relapse_plan(taper, zone)
    if course.phase in {"stopped-watch", "suspended"}:
        found |= {
            (taper.plan_version, "surveillance", look.ordinal): nine_at(look.due_on, zone)
            for look in taper.surveillance
            if look.done_at is None
        }
    return found


def _moments(step: Step, *, is_cut: bool) -> dict[str, tuple[date | None, datetime | None]]:
    """The days of one step; the dose is changed only while the taper goes on."""
    moments = {
        "check-in-early": (step.check_in_early_on, step.early_check_in_at),
        "check-in-gate": (step.check_in_gate_on, step.gate_check_in_at),
        "missed-check-in-early": (_after(step.check_in_early_on), step.early_check_in_at),
        "missed-check-in-gate": (_after(step.check_in_gate_on), step.gate_check_in_at),
    }
    if is_cut:
        supply_on = three_working_days_before(step.change_on)
        moments["prepare-supply"] = (supply_on, step.supply_confirmed_at)
        moments["change-day"] = (step.change_on, step.taken_at)
    return moments


def _after(day: date | None) -> date | None:
    """The day on which somebody calls if a check-in's day passed without one."""
    return None if day is None else day + timedelta(days=1)


def _relapse_plan(taper: Taper, zone: str) -> dict[What, datetime]:
    """Written before the last step but one."""
    last = [step.change_on for step in taper.steps if step.ordinal >= taper.step_count - 1]
    key = (taper.plan_version, "relapse-plan", taper.step_count)
    return {key: nine_at(min(last), zone)} if last else {}


def _by_flag(flag: Flag | None) -> dict[What, datetime]:
    if flag is None or flag.status is FlagStatus.CLOSED:
        return {}
    return {(1, "safety", 0): flag.raised_at, (1, "safety-limit", 0): flag.due_at}


def nine_at(day: date, zone: str) -> datetime:
    """Nine in the morning there; no zone changes its clocks at that hour."""
    return datetime.combine(day, time(9), ZoneInfo(zone)).astimezone(UTC)


def three_working_days_before(day: date) -> date:
    """Counted the plain way."""
    left = 3
    while left:
        day -= timedelta(days=1)
        left -= day.weekday() < 5 and day not in ENGLISH
    return day
