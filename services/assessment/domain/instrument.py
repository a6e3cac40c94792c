"""A questionnaire as data: its items, how it is scored, and which answers worry us."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

TOTAL = "total"


class Direction(StrEnum):
    """What a higher total means."""

    WORSE = "higher-is-worse"
    BETTER = "higher-is-better"
    NEITHER = "neither"


class Method(StrEnum):
    """How a scale is made of its items. ``highest`` is the most severe answer, never a sum."""

    SUM = "sum"
    MEAN = "mean"
    HIGHEST = "highest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One possible answer: ``value`` is what is sent, ``points`` what counts (the value itself
    unless said otherwise)."""

    value: int
    label: str
    points: int | None = None
    loinc: str | None = None

    @property
    def counts(self) -> int:
        return self.value if self.points is None else self.points


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedIf:
    """An item that is only asked after an earlier one was answered with at least this value."""

    item: str
    at_least: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One question. ``answers`` names one of the instrument's answer sets.

    ``scored`` false: no scale counts it and it is never missing. ``may_not_apply``: the person
    may be excused from it, and the highest possible total falls.
    """

    code: str
    label: str
    answers: str
    loinc: str | None = None
    scored: bool = True
    may_not_apply: bool = False
    asked_if: AskedIf | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """A named range of a score, both ends included."""

    code: str
    label: str
    lowest: Decimal
    highest: Decimal

    def holds(self, score: Decimal) -> bool:
        return self.lowest <= score <= self.highest


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """A score over some items. No items named means every scored item.

    ``may_miss``: how many items may be unanswered before there is no score.
    """

    code: str
    label: str
    method: Method
    items: tuple[str, ...] = ()
    may_miss: int = 0
    bands: tuple[Band, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """Part of what makes a screen positive; all criteria must hold."""

    scale: str
    at_least: Decimal | None = None
    below: Decimal | None = None

    def __post_init__(self) -> None:
        if (self.at_least is None) == (self.below is None):
            raise ValueError("a criterion says either at_least or below")

    def holds(self, score: Decimal) -> bool:
        above = self.at_least is None or score >= self.at_least
        return above and (self.below is None or score < self.below)


@dataclass(frozen=True, slots=True, kw_only=True)
class RedFlag:
    """An answer, or its absence, that needs a person whatever the total is.

    ``at_least`` None: the flag is for leaving the item out. ``with_intent``: only when the
    person said, asked directly, that they intend to act.
    """

    item: str
    trigger: str
    at_least: int | None = None
    with_intent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RightToUse:
    """Whether this installation may use the instrument, and on what grounds."""

    granted: bool
    statement: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """One version of one questionnaire. Refuses to exist when it contradicts itself."""

    code: str
    version: str
    title: str
    purpose: str
    direction: Direction
    source: str
    grade: str
    right_to_use: RightToUse
    answers: dict[str, tuple[Answer, ...]]
    items: tuple[Item, ...]
    scales: tuple[Scale, ...]
    positive: tuple[Criterion, ...] = ()
    red_flags: tuple[RedFlag, ...] = ()
    enabled: bool = True
    by_link: bool = True
    loinc: str | None = None
    loinc_total: str | None = None
    reviewed_by: str | None = None
    note: str | None = None

    def __post_init__(self) -> None:
        for fault in _faults(self):
            raise ValueError(fault)

    def item(self, code: str) -> Item | None:
        return next((item for item in self.items if item.code == code), None)

    def scale(self, code: str) -> Scale | None:
        return next((scale for scale in self.scales if scale.code == code), None)

    def options(self, item: Item) -> tuple[Answer, ...]:
        """The answers this item can be given."""
        return self.answers[item.answers]

    def members(self, scale: Scale) -> tuple[Item, ...]:
        """The items a scale is made of."""
        return tuple(
            item
            for item in self.items
            if (item.code in scale.items if scale.items else item.scored)
        )

    def bounds(
        self, scale: Scale, *, excused: frozenset[str] = frozenset()
    ) -> tuple[Decimal, Decimal]:
        """The lowest and highest score possible on a scale."""
        points = [
            [answer.counts for answer in self.options(item)]
            for item in self.members(scale)
            if item.code not in excused
        ]
        lows, highs = [min(p) for p in points], [max(p) for p in points]
        return combine(scale.method, lows), combine(scale.method, highs)


def combine(method: Method, points: list[int]) -> Decimal:
    """The score of some answered items."""
    if method is Method.HIGHEST:
        return Decimal(max(points, default=0))
    total = Decimal(sum(points))
    return total / len(points) if method is Method.MEAN and points else total


def _faults(instrument: Instrument) -> Iterator[str]:
    """What is wrong with an instrument, in words for whoever wrote the file."""
    codes = [item.code for item in instrument.items]
    if len(set(codes)) != len(codes):
        yield "two items have the same code"
    if instrument.enabled and not instrument.right_to_use.granted:
        yield "an instrument without a right to use cannot be enabled"
    for item in instrument.items:
        yield from _item_faults(instrument, item, earlier=codes[: codes.index(item.code)])
    for scale in instrument.scales:
        yield from _scale_faults(instrument, scale)
    flagged = {flag.item for flag in instrument.red_flags}
    judged = {criterion.scale for criterion in instrument.positive}
    for code in sorted(flagged - set(codes)):
        yield f"a red flag names an unknown item: {code}"
    for code in sorted(judged - {scale.code for scale in instrument.scales}):
        yield f"a criterion names an unknown scale: {code}"


def _item_faults(instrument: Instrument, item: Item, *, earlier: list[str]) -> Iterator[str]:
    options = instrument.answers.get(item.answers, ())
    if len(options) < 2:
        yield f"item {item.code} needs an answer set of at least two answers"
    if len({answer.value for answer in options}) != len(options):
        yield f"item {item.code} has two answers of one value"
    if item.asked_if and item.asked_if.item not in earlier:
        yield f"item {item.code} depends on an item that does not come before it"


def _scale_faults(instrument: Instrument, scale: Scale) -> Iterator[str]:
    if scale.code == TOTAL and scale.method is Method.MEAN:
        yield "a total is a whole number: give a mean another code"
    for code in scale.items:
        if instrument.item(code) is None:
            yield f"scale {scale.code} names an unknown item: {code}"
            return
    if not scale.bands:
        return
    low, high = instrument.bounds(scale)
    if (scale.bands[0].lowest, scale.bands[-1].highest) != (low, high):
        yield f"the bands of scale {scale.code} must reach from {low} to {high}"
    for before, after in zip(scale.bands, scale.bands[1:], strict=False):
        if after.lowest != before.highest + 1:
            yield f"the bands of scale {scale.code} leave a gap or overlap at {after.lowest}"
