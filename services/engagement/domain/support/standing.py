"""Where somebody's open programmes stand: what the order of the caseload is made from (E-01)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.engagement.domain.owed_by_support import Known
from services.engagement.domain.support.contact import missed_in_a_row
from services.engagement.domain.support.outcomes import Score


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The same on every day on which nothing more is recorded about the person."""

    missed_in_a_row: int
    next_on: Mapping[UUID, date]
    """When the next meeting of each open programme is due."""
    scores: tuple[Score, ...]
    """Of the instrument that the outcomes are counted by, in order of days."""


def standing_of(known: Known, scores: Sequence[Score]) -> Standing:
    """From everything recorded about a person."""
    return Standing(
        missed_in_a_row=missed_in_a_row(known.contacts),
        next_on={
            one.programme_id: one.next_on(known.of(one)) for one in known.programmes if one.is_open
        },
        scores=tuple(scores),
    )
