"""What a team decides about somebody who cannot be reached; it never ends care (pack 6.4)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from services.engagement.domain.support.missed import Run, lost
from services.engagement.domain.support.refusals import RuleBroken
from services.engagement.domain.support.rules import Missed


class Course(StrEnum):
    """Go on trying, or note that the person is lost to follow-up for now."""

    KEEP_TRYING = "keep-trying"
    LOST = "lost-to-follow-up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """About one run of misses. ``first_contact_id`` is the miss the run began with."""

    decision_id: UUID
    patient_id: UUID
    first_contact_id: UUID
    course: Course
    by: UUID
    at: datetime
    on: date
    note: str


def check(run: Run, course: Course, rules: Missed, *, today: date) -> None:
    """Refuse to call somebody lost before everything was tried.

    Raises:
        RuleBroken: names what is left.
    """
    left = lost(run, rules, today=today)
    if course is Course.LOST and left:
        raise RuleBroken(
            "not-yet-lost",
            f"Nobody is lost before everything was tried. Left: {', '.join(left)}.",
            field="decision",
            rule="6.4",
        )


def decision_about(run: Run, decisions: Iterable[Decision]) -> Decision | None:
    """The last decision about this run that no later miss has overtaken."""
    last = run.misses[-1].recorded_at
    about = [
        one for one in decisions if one.first_contact_id == run.first.contact_id and one.at >= last
    ]
    return max(about, key=lambda one: one.at, default=None)


def ended_by(run: Run, decisions: Iterable[Decision]) -> Decision | None:
    """The decision that ended the way back for now; one to go on ends nothing."""
    found = decision_about(run, decisions)
    return found if found is not None and found.course is Course.LOST else None
