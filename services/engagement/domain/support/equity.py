"""Who takes part and what comes of it, by group, with nobody to be guessed from a small one (R-40).

Groups of one dimension (ages, languages) add up to everybody: a hidden one could be worked out
from the others. So the hidden ones of a column together are never fewer than the smallest number
that is shown.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date

from services.engagement.domain.support.outcomes import Figure, History, Outcome, figures
from services.engagement.domain.support.rules import EquityRule, OutcomeRules

EVERYBODY, AGE, LANGUAGE, BARRIER = "everybody", "age", "language", "barrier"
UNKNOWN = "unknown"
_ORDER = (EVERYBODY, AGE, LANGUAGE, BARRIER)
_ADDS_UP = frozenset({AGE, LANGUAGE})
_PEOPLE = "people"
_Place = tuple[int, int, str]
"""A group: its dimension, where an age band begins, its name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """One measure in one group. None: too few to be shown."""

    code: str
    numerator: int | None
    denominator: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """One group: those in care, how many of them take part, and the measures.

    ``people`` and ``taking_part`` are None where they are too few to be shown.
    """

    group: str
    people: int | None
    taking_part: int | None
    shares: tuple[Share, ...] = ()


@dataclass(frozen=True, slots=True)
class _Group:
    """A group before anything is hidden. ``heads`` are the people behind each column."""

    people: int
    taking_part: int
    figures: Sequence[Figure]
    heads: Mapping[str, int]


def by_group(
    outcomes: Iterable[Outcome], rules: OutcomeRules, equity: EquityRule, as_of: date
) -> Sequence[Slice]:
    """Everybody, then by age, language and barrier. Whoever has several barriers is in each. A
    group that counts nobody on that day, as of people who came later, is left out."""
    members: dict[_Place, list[Outcome]] = {}
    for one in outcomes:
        for place in _places(one.history, equity, as_of):
            members.setdefault(place, []).append(one)
    groups = {
        place: group
        for place, found in sorted(members.items())
        if any((group := _group(found, rules)).heads.values()) or place == _place(EVERYBODY, "")
    }
    columns = (_PEOPLE, *(measure.code for measure in rules.measures))
    hidden = {code: _hidden(groups, code, equity.small_number) for code in columns}
    return [
        _slice(place, group, {code for code in columns if place in hidden[code]})
        for place, group in groups.items()
    ]


def age_band(counts_from: date | None, equity: EquityRule, as_of: date) -> tuple[int, str]:
    """Where the band of whole years on that day begins, and its name, such as 18-25 or 65+.
    Whoever's age is unknown comes last."""
    if counts_from is None:
        return equity.age_bands[-1] + 1, UNKNOWN
    had_it = (as_of.month, as_of.day) >= (counts_from.month, counts_from.day)
    age = as_of.year - counts_from.year - (not had_it)
    starts = (0, *equity.age_bands)
    place = bisect_right(starts, max(age, 0)) - 1
    if place == len(starts) - 1:
        return starts[place], f"{starts[place]}+"
    return starts[place], f"{starts[place]}-{starts[place + 1] - 1}"


def _places(one: History, equity: EquityRule, as_of: date) -> Iterable[_Place]:
    yield _place(EVERYBODY, "")
    begins, band = age_band(one.counts_from, equity, as_of)
    yield _place(AGE, band, begins)
    yield _place(LANGUAGE, one.language or UNKNOWN)
    for barrier in dict.fromkeys(one.barriers):
        yield _place(BARRIER, barrier)


def _place(dimension: str, name: str, begins: int = 0) -> _Place:
    return (_ORDER.index(dimension), begins, name)


def _name(place: _Place) -> str:
    dimension = _ORDER[place[0]]
    return dimension if dimension == EVERYBODY else f"{dimension}:{place[2]}"


def _group(members: Sequence[Outcome], rules: OutcomeRules) -> _Group:
    in_care = [one.history for one in members if one.history.in_care]
    found = figures(members, rules)
    met = sum(one.history.meetings + one.history.missed > 0 for one in members)
    heads = {one.code: met if one.code == "attendance" else one.denominator for one in found}
    return _Group(
        people=len(in_care),
        taking_part=sum(one.meetings > 0 for one in in_care),
        figures=found,
        heads=heads | {_PEOPLE: len(in_care)},
    )


def _hidden(groups: Mapping[_Place, _Group], code: str, small: int) -> frozenset[_Place]:
    """The groups whose cell in this column is not shown."""
    heads = {place: group.heads[code] for place, group in groups.items() if group.heads[code]}
    hidden = {place for place, count in heads.items() if count < small}
    for dimension in _ADDS_UP:
        of = [place for place in heads if _ORDER[place[0]] == dimension]
        left = sorted((place for place in of if place not in hidden), key=lambda p: (heads[p], p))
        while left and 0 < sum(heads[place] for place in of if place in hidden) < small:
            hidden.add(left.pop(0))
    return frozenset(hidden)


def _slice(place: _Place, group: _Group, closed: Set[str]) -> Slice:
    few = _PEOPLE in closed
    return Slice(
        group=_name(place),
        people=None if few else group.people,
        taking_part=None if few else group.taking_part,
        shares=tuple(
            Share(
                code=one.code,
                numerator=None if one.code in closed else one.numerator,
                denominator=None if one.code in closed else one.denominator,
            )
            for one in group.figures
        ),
    )
