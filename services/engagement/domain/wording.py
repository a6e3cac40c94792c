"""The sentences of a row: what it is, why it is here, what to do."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.engagement.domain.kind import Kind
from services.engagement.domain.reminder import Reminder

MEDICINE = ("drug", "previous_dose_text", "dose_text", "supply_text")
"""What of a row is for those alone who may read of medicines."""
WORDS = (
    *MEDICINE,
    "subtype",
    "rule",
    "step_count",
    "ordinal",
    "due_on",
)
"""What a template of the content files may name."""
_READ_OF_MEDICINES = frozenset({"prescriber", "nurse", "lead"})


@dataclass(frozen=True, slots=True)
class Words:
    """One row in words."""

    title: str
    why: str
    what: str


def reads_of_medicines(role: str) -> bool:
    """Whether this role reads drugs and doses: all who care but a facilitator, whose list has no
    dose in it (threat model, roles and actions)."""
    return role in _READ_OF_MEDICINES


def detail_for(row: Reminder, *, medicines: bool) -> Mapping[str, str | int]:
    """What the owning service said about the work, without the medicine where it is not theirs."""
    if medicines:
        return row.detail
    return {key: value for key, value in row.detail.items() if key not in MEDICINE}


def worded(row: Reminder, kind: Kind, *, medicines: bool) -> Words:
    """Fill the kind's templates with the owning service's own words. ``medicines``: whether the
    reader may read of them."""
    words = dict.fromkeys(WORDS, "") | {
        key: _said(value) if key == "subtype" else str(value) for key, value in row.detail.items()
    }
    words |= {"ordinal": str(row.key.ordinal), "due_on": f"{row.due_on:%-d %B %Y}"}
    title = kind.title + (kind.title_medicine if medicines else "")
    why = kind.why + (kind.why_medicine if medicines else "")
    return Words(
        title=title.format_map(words),
        why=why.format_map(words),
        what=kind.what.format_map(words),
    )


def _said(subtype: object) -> str:
    """A code in words; a title that says "review" does not say it twice."""
    return str(subtype).removesuffix("-review").replace("-", " ")
