"""The sentences of a row: what it is, why it is here, what to do."""

from dataclasses import dataclass

from services.engagement.domain.kind import Kind
from services.engagement.domain.reminder import Reminder

WORDS = (
    "drug",
    "previous_dose_text",
    "dose_text",
    "supply_text",
    "subtype",
    "rule",
    "step_count",
    "ordinal",
    "due_on",
)
"""What a template of the content files may name."""


@dataclass(frozen=True, slots=True)
class Words:
    """One row in words."""

    title: str
    why: str
    what: str


def worded(row: Reminder, kind: Kind) -> Words:
    """Fill the kind's templates with the owning service's own words."""
    words = dict.fromkeys(WORDS, "") | {
        key: _said(value) if key == "subtype" else str(value) for key, value in row.detail.items()
    }
    words |= {"ordinal": str(row.key.ordinal), "due_on": f"{row.due_on:%-d %B %Y}"}
    return Words(
        title=kind.title.format_map(words),
        why=kind.why.format_map(words),
        what=kind.what.format_map(words),
    )


def _said(subtype: object) -> str:
    """A code in words; a title that says "review" does not say it twice."""
    return str(subtype).removesuffix("-review").replace("-", " ")
