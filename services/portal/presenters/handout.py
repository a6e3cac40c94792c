"""The plan a person takes home: one page, in product units and milligrams, with a box to tick.

Only the step that is scheduled has a day. The others come after a check-in, so a page that was
printed before a hold never shows a day that is no longer right.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from services.portal.presenters import words
from services.portal.presenters.language import gettext as _
from shared.api.treatment import CourseBody, PlannedStepBody, ScheduledStepBody, TaperPlanBody

_FILE = Path(__file__).parent.parent / "content" / "handout.toml"
LIVE = frozenset({"signed", "active", "hold"})
TWO_COLUMNS_FROM = 19


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do about a missed dose, and about the pace; with where it comes from."""

    missed: tuple[str, ...]
    pace: tuple[str, ...]
    source: str
    grade: str


@dataclass(frozen=True, slots=True)
class Line:
    """One step. ``mg`` is the day's total as the plan has it; ``done``: it was taken."""

    ordinal: int
    when: str
    lasts: str
    dose: str
    mg: str
    done: bool
    next: bool


@dataclass(frozen=True, slots=True)
class Handout:
    """The page. ``left_out`` steps did not fit and come with the next page."""

    medicine: str
    now: str
    now_mg: str
    version: int
    lines: tuple[Line, ...]
    left_out: int
    two_columns: bool
    advice: Advice


@cache
def advice(path: Path = _FILE) -> Advice:
    """The sentences of the content file."""
    read = tomllib.loads(path.read_text("utf-8"))
    return Advice(
        missed=tuple(read["missed"]),
        pace=tuple(read["pace"]),
        source=read["source"],
        grade=read["grade"],
    )


def may_print(plan: TaperPlanBody, course: CourseBody) -> bool:
    """Only the plan somebody signed and lives by now leaves the house."""
    return plan.status in LIVE and course.taper is not None and course.taper.plan_id == plan.plan_id


def handout(plan: TaperPlanBody, course: CourseBody, *, most: int | None = None) -> Handout:
    """The plan as its own page, with at most so many steps, the next ones first."""
    scheduled = {step.ordinal: step for step in course.taper.steps} if course.taper else {}
    lines = tuple(_line(step, scheduled.get(step.ordinal)) for step in plan.steps)
    ahead = [line for line in lines if not line.done]
    shown = lines if most is None else tuple(ahead[:most])
    return Handout(
        medicine=course.drug_name,
        now=course.dose_text,
        now_mg=f"{course.dose_mg.normalize():f}",
        version=plan.plan_version,
        lines=shown,
        left_out=0 if most is None else max(0, len(ahead) - most),
        two_columns=len(shown) >= TWO_COLUMNS_FROM,
        advice=advice(),
    )


def _line(step: PlannedStepBody, scheduled: ScheduledStepBody | None) -> Line:
    done = scheduled is not None and scheduled.taken_at is not None
    return Line(
        ordinal=step.ordinal,
        when=words.day(scheduled.change_on) if scheduled else _("after a check-in"),
        lasts=words.count(step.days, "day") if step.dose_mg else "",
        dose=step.dose_text,
        mg=f"{step.dose_mg.normalize():f}",
        done=done,
        next=scheduled is not None and not done,
    )
