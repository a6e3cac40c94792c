"""What came of one kind of write: accepted, kept by who said yes, known to who was told.

Needs no container: the keys are given, one for each write, as often as they were found.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.faults.compared import Compared


@dataclass(frozen=True, slots=True)
class Tally:
    """How many writes of one kind, and how many something is wrong with."""

    accepted: int
    """Answers that said yes."""
    effects: int
    """Writes that everybody knows who was to be told."""
    lost: int
    """Accepted, and not kept by the service that said yes."""
    missing: int
    """Kept, and not known to a service that was to be told; each service counts."""
    doubled: int
    """One answer given twice, or a row that is there twice, or that no answer accepted."""

    @classmethod
    def of(
        cls, accepted: Sequence[str], kept: Sequence[str], known: Mapping[str, Sequence[str]]
    ) -> "Tally":
        """``known``: what each service that was to be told has, by its name."""
        said, has = set(accepted), set(kept)
        told = [set(rows) for rows in known.values()]
        return cls(
            accepted=len(said),
            effects=len(said.intersection(has, *told)),
            lost=len(said - has),
            missing=sum(len((said & has) - each) for each in told),
            doubled=_more(accepted, said)
            + _more(kept, said)
            + sum(_more(rows, has) for rows in known.values()),
        )

    @property
    def exact(self) -> bool:
        """Whether every write has its one effect everywhere."""
        return self.accepted == self.effects and not (self.lost or self.missing or self.doubled)


def of_newcomers(accepted: Sequence[str], found: Compared) -> Tally:
    """The same of people enrolled meanwhile, as ``Enrolling`` compares them."""
    said = len(set(accepted))
    effects = max(0, said - found.lost - found.unknown)
    return Tally(said, effects, found.lost, found.unknown, found.doubled)


def wrong_in(tallies: Mapping[Any, Tally], *, still: int) -> Compared:
    """All kinds together. Nothing is on its way any more: what is missing then is lost."""
    missing = sum(each.missing for each in tallies.values())
    lost = sum(each.lost for each in tallies.values())
    return Compared(
        lost=lost if still else lost + missing,
        unknown=missing if still else 0,
        doubled=sum(each.doubled for each in tallies.values()),
    )


def _more(rows: Sequence[str], than: set[str]) -> int:
    """How many rows there are beyond one for each of these keys."""
    distinct = set(rows)
    return len(rows) - len(distinct) + len(distinct - than)
