"""What a rule asks of the facts, in three values: true, false, and unknown."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

Facts = Mapping[str, str | int | Decimal]
"""What is known, by fact code. A fact that is not there is unknown, never "no"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One question to one fact, of exactly one kind."""

    fact: str
    one_of: tuple[str, ...] = ()
    none_of: tuple[str, ...] = ()
    at_least: Decimal | None = None
    below: Decimal | None = None

    def __post_init__(self) -> None:
        kinds = (self.one_of, self.none_of, self.at_least is not None, self.below is not None)
        if sum(bool(kind) for kind in kinds) != 1:
            raise ValueError("a condition asks exactly one of one_of, none_of, at_least, below")

    def holds(self, facts: Facts) -> bool | None:
        """Whether it holds, None when the fact is unknown."""
        value = facts.get(self.fact)
        if value is None:
            return None
        if self.one_of:
            return value in self.one_of
        if self.none_of:
            return value not in self.none_of
        if isinstance(value, str):
            return None
        if self.at_least is not None:
            return value >= self.at_least
        return self.below is not None and value < self.below

    def words(self, label: str) -> str:
        """The condition as a clinician would say it."""
        if self.one_of:
            return f"{label}: {' or '.join(self.one_of)}"
        if self.none_of:
            return f"{label}: not {' or '.join(self.none_of)}"
        if self.at_least is not None:
            return f"{label}: at least {self.at_least}"
        return f"{label}: below {self.below}"


def all_hold(verdicts: Iterable[bool | None]) -> bool | None:
    """Kleene's and: one false decides, otherwise an unknown leaves it unknown."""
    found = tuple(verdicts)
    if False in found:
        return False
    return None if None in found else True


def any_holds(verdicts: Iterable[bool | None]) -> bool | None:
    """Kleene's or: one true decides, otherwise an unknown leaves it unknown."""
    found = tuple(verdicts)
    if True in found:
        return True
    return None if None in found else False
