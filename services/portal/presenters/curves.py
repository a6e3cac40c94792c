"""The dose and what it occupies, drawn over one time axis: lines a server can write as SVG.

Two panels share the axis. A dose is held until the next one, so both curves are stairs. Each way
has its own dash and letter, never a colour alone, and the tables below say every number again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from services.portal.presenters.language import gettext as _
from shared.api.taper_bench import BenchPlanBody, BenchStepBody

WIDTH, LEFT, RIGHT = 960, 64, 944
_PANEL_HEIGHT = 150
_DOSE_TOP, _OCCUPANCY_TOP = 26, 226
HEIGHT = _OCCUPANCY_TOP + _PANEL_HEIGHT + 44
_MOST_TICKS = 12
_WEEK_STEPS = (1, 2, 4, 8, 13, 26, 52, 104, 208, 520)
_DOSE_STEPS = (1, 2, 5, 10, 20, 25, 50, 100, 200, 500)
_LEAD_DAYS = 7
FULL = 100.0

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Tick:
    """A line of the grid with its figure; ``at`` is a coordinate of the picture."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Curve:
    """One way's stair. ``band`` spans the brain regions where they differ."""

    letter: str
    place: int
    path: str
    band: str
    end: Point


@dataclass(frozen=True, slots=True)
class Panel:
    """One picture of the two, from ``top`` to ``bottom``."""

    title: str
    top: float
    bottom: float
    ticks: tuple[Tick, ...]
    curves: tuple[Curve, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """Both panels over their weeks. ``text`` says in words what the picture shows."""

    panels: tuple[Panel, ...]
    weeks: tuple[Tick, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Stair:
    """What is held from which day on; low and high are the spread around it."""

    day: int
    value: float
    low: float
    high: float


def chart(drawn: Sequence[tuple[str, BenchPlanBody]], start_mg: Decimal) -> Chart:
    """The plans, each with its letter, over one axis of weeks from the first change."""
    last_day = max(plan.length_days for _, plan in drawn) + _LEAD_DAYS
    days = max(last_day, 2 * _LEAD_DAYS)
    dose = _panel(
        _("Dose, mg a day"),
        _DOSE_TOP,
        _dose_scale(float(start_mg)),
        [(letter, place, _doses(plan, start_mg)) for place, (letter, plan) in enumerate(drawn)],
        days,
    )
    occupied = [
        (letter, place, stairs)
        for place, (letter, plan) in enumerate(drawn)
        if (stairs := _occupancies(plan))
    ]
    panels = [dose]
    if occupied:
        percent = tuple(range(0, 101, 20))
        panels.append(
            _panel(
                _("Occupancy of the transporter, percent"), _OCCUPANCY_TOP, percent, occupied, days
            )
        )
    return Chart(
        panels=tuple(panels),
        weeks=_weeks(days),
        text=" ".join(_sentence(letter, plan) for letter, plan in drawn),
    )


def _panel(
    title: str,
    top: int,
    scale: Sequence[float],
    lines: Sequence[tuple[str, int, list[Stair]]],
    days: int,
) -> Panel:
    bottom, most = top + _PANEL_HEIGHT, scale[-1]

    def y(value: float) -> float:
        return round(bottom - _PANEL_HEIGHT * min(value, most) / most, 1)

    def x(day: int) -> float:
        return _x(day, days)

    curves = []
    for letter, place, stairs in lines:
        spread = any(stair.low != stair.high for stair in stairs)
        curves.append(
            Curve(
                letter=letter,
                place=place,
                path=_line([(x(s.day), y(s.value)) for s in stairs], x(days)),
                band=_area(stairs, x, y, x(days)) if spread else "",
                end=(x(stairs[-1].day), y(stairs[-1].value)),
            )
        )
    ticks = tuple(Tick(y(value), f"{value:g}") for value in scale)
    return Panel(title=title, top=top, bottom=bottom, ticks=ticks, curves=tuple(curves))


def _doses(plan: BenchPlanBody, start_mg: Decimal) -> list[Stair]:
    doses = [(-_LEAD_DAYS, start_mg), *((_day(plan, step), step.dose_mg) for step in plan.steps)]
    return [Stair(day, float(mg), float(mg), float(mg)) for day, mg in doses]


def _occupancies(plan: BenchPlanBody) -> list[Stair]:
    if plan.start_occupancy_percent is None:
        return []
    first = float(plan.start_occupancy_percent)
    return [
        Stair(-_LEAD_DAYS, first, first, first),
        *(_occupancy(_day(plan, step), step) for step in plan.steps),
    ]


def _occupancy(day: int, step: BenchStepBody) -> Stair:
    value = float(step.occupancy_percent or 0)
    low, high = step.lowest_percent, step.highest_percent
    return Stair(
        day,
        value,
        value if low is None else float(low),
        value if high is None else float(high),
    )


def _day(plan: BenchPlanBody, step: BenchStepBody) -> int:
    return (step.expected_on - plan.steps[0].expected_on).days


def _line(points: Sequence[Point], right: float) -> str:
    (x, y), *rest = points
    return f"M{x} {y}" + "".join(f"H{x}V{y}" for x, y in rest) + f"H{right}"


def _area(
    stairs: Sequence[Stair],
    x: Callable[[int], float],
    y: Callable[[float], float],
    right: float,
) -> str:
    """The upper edge from left to right, then the lower one back."""
    upper = _line([(x(s.day), y(s.high)) for s in stairs], right)
    corners: list[Point] = []
    for stair, following in zip(stairs, [*stairs[1:], None], strict=True):
        end = right if following is None else x(following.day)
        corners += [(x(stair.day), y(stair.low)), (end, y(stair.low))]
    return upper + "".join(f"L{cx} {cy}" for cx, cy in reversed(corners)) + "Z"


def _x(day: int, days: int) -> float:
    return round(LEFT + (RIGHT - LEFT) * (day + _LEAD_DAYS) / (days + _LEAD_DAYS), 1)


def _weeks(days: int) -> tuple[Tick, ...]:
    weeks = days // 7
    every = next(step for step in _WEEK_STEPS if weeks // step < _MOST_TICKS)
    return tuple(Tick(_x(7 * week, days), str(week)) for week in range(0, weeks + 1, every))


def _dose_scale(most: float) -> tuple[float, ...]:
    """About four lines, the highest at or above the dose."""
    every = next(step for step in _DOSE_STEPS if most / step <= 5)
    lines = [0.0]
    while lines[-1] < most:
        lines.append(lines[-1] + every)
    return tuple(lines)


def _sentence(letter: str, plan: BenchPlanBody) -> str:
    steps, days = plan.step_count, plan.length_days
    if plan.largest_drop_points is None:
        return _(
            "%(letter)s: %(steps)s steps in %(days)s days.", letter=letter, steps=steps, days=days
        )
    return _(
        "%(letter)s: %(steps)s steps in %(days)s days, the largest drop %(points)s points.",
        letter=letter,
        steps=steps,
        days=days,
        points=f"{plan.largest_drop_points:.1f}",
    )
