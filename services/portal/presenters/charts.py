"""Charts as coordinates: the template only writes down what is computed here.

A chart has a horizontal axis that all its panels share, and one panel or more with a vertical
axis each (a dose and a score are never drawn to one scale). Every number drawn is also a cell of
the table, so nothing is known to those alone who can see the drawing.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

_LEFT, _RIGHT, _TOP, _GAP, _FOOT = 64, 12, 20, 26, 26
_MARKS_FOOT = 18
_NEAR_THE_EDGE = 40
_WIDTH = 760
_MARK = 4.5


@dataclass(frozen=True, slots=True)
class Series:
    """Points of one kind, in the order of x. ``kind``: ``line`` joins them, ``step`` holds each
    value until the next, ``dots`` joins nothing. ``ahead`` is not yet certain and is dotted."""

    name: str
    points: tuple[tuple[float, float], ...]
    kind: str = "line"
    ahead: bool = False


@dataclass(frozen=True, slots=True)
class Panel:
    """One vertical axis: its name with the unit, its range, and what is drawn on it."""

    name: str
    low: float
    high: float
    series: tuple[Series, ...]
    height: int = 170
    ticks: tuple[tuple[float, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Across:
    """The horizontal axis: its range and the places with a name."""

    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]


@dataclass(frozen=True, slots=True)
class Line:
    """A straight line."""

    x1: float
    y1: float
    x2: float
    y2: float


@dataclass(frozen=True, slots=True)
class Label:
    """A word on the drawing."""

    x: float
    y: float
    text: str
    anchor: str = "middle"
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Drawn:
    """A series as a path."""

    path: str
    tone: str
    ahead: bool


@dataclass(frozen=True, slots=True)
class Mark:
    """One point of a series; series differ in shape as well as in colour."""

    path: str
    tone: str
    solid: bool


@dataclass(frozen=True, slots=True)
class Band:
    """A stretch of the horizontal axis with a name, such as a phase."""

    x: float
    y: float
    width: float
    height: float
    label: str


@dataclass(frozen=True, slots=True)
class Key:
    """One entry of the legend."""

    name: str
    tone: str
    line: bool
    mark: str
    solid: bool


@dataclass(frozen=True, slots=True)
class Chart:
    """Everything ``parts.chart`` writes down."""

    title: str
    description: str
    width: int
    height: int
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    grid: tuple[Line, ...]
    labels: tuple[Label, ...]
    lines: tuple[Drawn, ...]
    points: tuple[Mark, ...]
    legend: tuple[Key, ...]
    bands: tuple[Band, ...] = ()
    marks: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class _Sheet:
    """Where things go on the drawing."""

    across: Across
    panels: Sequence[Panel]
    tops: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        tops, at = [], _TOP
        for panel in self.panels:
            tops.append(at)
            at += panel.height + _GAP
        object.__setattr__(self, "tops", tuple(tops))

    @property
    def bottom(self) -> int:
        return self.tops[-1] + self.panels[-1].height

    def x(self, value: float) -> float:
        span = self.across.high - self.across.low or 1
        share = (value - self.across.low) / span
        return round(_LEFT + share * (_WIDTH - _LEFT - _RIGHT), 1)

    def y(self, panel: int, value: float) -> float:
        one = self.panels[panel]
        share = (value - one.low) / (one.high - one.low or 1)
        return round(self.tops[panel] + (1 - share) * one.height, 1)


def chart(
    title: str,
    description: str,
    *,
    across: Across,
    panels: Sequence[Panel],
    columns: Iterable[str],
    rows: Iterable[Sequence[str]],
    bands: Iterable[tuple[float, float, str]] = (),
    marks: Iterable[tuple[float, str]] = (),
) -> Chart:
    """A drawing and its table. ``rows`` hold every number of the drawing, in words; ``bands``
    are named stretches (from, to, name) and ``marks`` named places of the horizontal axis."""
    sheet = _Sheet(across, panels)
    named = tuple(marks)
    numbered = tuple(
        (panel, series, f"tone-{number % 4 + 1}", number)
        for number, (panel, series) in enumerate(
            (panel, series) for panel, one in enumerate(panels) for series in one.series
        )
    )
    return Chart(
        title=title,
        description=description,
        width=_WIDTH,
        height=sheet.bottom + _FOOT + (_MARKS_FOOT if named else 0),
        columns=tuple(columns),
        rows=tuple(tuple(row) for row in rows),
        grid=_grid(sheet),
        labels=(*_labels(sheet), *_names(sheet, named)),
        lines=tuple(
            Drawn(_path(sheet, panel, series), tone, series.ahead)
            for panel, series, tone, _number in numbered
        ),
        points=tuple(
            Mark(_shape(number, sheet.x(x), sheet.y(panel, y)), tone, not series.ahead)
            for panel, series, tone, number in numbered
            for x, y in series.points
            if series.kind != "step"
        ),
        legend=tuple(
            Key(
                series.name,
                tone,
                line=series.kind != "dots",
                mark="" if series.kind == "step" else _shape(number, 16, 6),
                solid=not series.ahead,
            )
            for _panel, series, tone, number in numbered
        ),
        bands=tuple(
            Band(
                sheet.x(start),
                _TOP,
                round(sheet.x(end) - sheet.x(start), 1),
                sheet.bottom - _TOP,
                name,
            )
            for start, end, name in bands
        ),
        marks=tuple(Line(sheet.x(at), _TOP, sheet.x(at), sheet.bottom + 22) for at, _name in named),
    )


def _grid(sheet: _Sheet) -> tuple[Line, ...]:
    right = _WIDTH - _RIGHT
    return tuple(
        Line(_LEFT, sheet.y(number, value), right, sheet.y(number, value))
        for number, panel in enumerate(sheet.panels)
        for value, _said in panel.ticks
    )


def _labels(sheet: _Sheet) -> Iterable[Label]:
    for number, panel in enumerate(sheet.panels):
        yield Label(_LEFT, sheet.tops[number] - 7, panel.name, anchor="start", strong=True)
        for value, said in panel.ticks:
            yield Label(_LEFT - 8, sheet.y(number, value) + 4, said, anchor="end")
    for value, said in sheet.across.ticks:
        yield Label(sheet.x(value), sheet.bottom + 18, said)


def _names(sheet: _Sheet, marks: Iterable[tuple[float, str]]) -> Iterable[Label]:
    """Under the axis, where no panel has its name, and inside the drawing at its right edge."""
    for at, name in marks:
        x = sheet.x(at)
        anchor = "end" if x > _WIDTH - _NEAR_THE_EDGE else "middle"
        yield Label(x, sheet.bottom + 18 + _MARKS_FOOT, name, anchor=anchor, strong=True)


def _path(sheet: _Sheet, panel: int, series: Series) -> str:
    if series.kind == "dots" or not series.points:
        return ""
    placed = [(sheet.x(x), sheet.y(panel, y)) for x, y in series.points]
    path = [f"M{placed[0][0]} {placed[0][1]}"]
    for (_x, _y), (x, y) in pairwise(placed):
        path.append(f"H{x}V{y}" if series.kind == "step" else f"L{x} {y}")
    return "".join(path)


def _shape(number: int, x: float, y: float) -> str:
    return _SHAPES[number % len(_SHAPES)](x, y)


def _circle(x: float, y: float) -> str:
    r = _MARK
    return f"M{x - r:g} {y:g}a{r} {r} 0 1 0 {2 * r} 0a{r} {r} 0 1 0 {-2 * r} 0z"


def _square(x: float, y: float) -> str:
    r = _MARK - 0.5
    return f"M{x - r:g} {y - r:g}h{2 * r}v{2 * r}h{-2 * r}z"


def _triangle(x: float, y: float) -> str:
    r = _MARK
    return f"M{x:g} {y - r:g}L{x + r:g} {y + r:g}H{x - r:g}z"


def _diamond(x: float, y: float) -> str:
    r = _MARK + 0.5
    return f"M{x:g} {y - r:g}L{x + r:g} {y:g}L{x:g} {y + r:g}L{x - r:g} {y:g}z"


_SHAPES: tuple[Callable[[float, float], str], ...] = (_circle, _square, _triangle, _diamond)
