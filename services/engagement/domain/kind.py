"""Kinds of obligation and their escalation ladders, as the content files give them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from services.engagement.domain.working_days import ClinicHours, after_working_time


class Group(StrEnum):
    """How a kind is listed."""

    SAFETY = "safety"
    DUE = "due"
    PREPARE = "prepare"


class ClosedBy(StrEnum):
    """Whose record completes the obligation.

    ``engagement`` is a person's word on the reminder itself; ``support`` is engagement's own
    record of the contact, the programme or the plan.
    """

    ASSESSMENT = "assessment"
    TREATMENT = "treatment"
    ENGAGEMENT = "engagement"
    SUPPORT = "support"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """Who hears next, and how long after the reminder fell due.

    ``in_working_time`` counts opening hours only; a safety ladder counts every minute.
    """

    role: str
    after: timedelta
    in_working_time: bool

    def due_at(self, base: datetime, hours: ClinicHours) -> datetime:
        """When this rung is reached if nobody answered since ``base``."""
        if self.in_working_time:
            return after_working_time(base, self.after, hours)
        return base + self.after

    def later_than(self, lower: "Rung") -> "Rung":
        """This rung, counted from the moment ``lower`` was reached."""
        return replace(self, after=self.after - lower.after)


Ladder = tuple[Rung, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of obligation.

    ``risk`` orders the list, 0 first. ``ladders`` has one ladder, or for safety one per
    severity of the flag, which then is the risk. ``lives_in`` are the phases of a course in
    which this kind is owed; ``title``, ``why`` and ``what`` are templates for the row, which name
    no medicine; ``title_medicine`` and ``why_medicine`` follow them for who may read of it.
    """

    code: str
    group: Group
    risk: int
    role: str
    action: str
    closed_by: ClosedBy
    lives_in: frozenset[str]
    ladders: tuple[Ladder, ...]
    title: str
    why: str
    what: str
    title_medicine: str = ""
    why_medicine: str = ""
    notice: str = "a reminder"
    """The kind of work in a notice: no dose, no drug, nothing about the person."""
    tells_patient: bool = False
    """Whether the person, if they agreed to it, hears that the clinic will be in touch."""

    def ladder(self, risk: int) -> Ladder:
        """The ladder for an obligation of this risk."""
        return self.ladders[min(risk, len(self.ladders) - 1)]


Kinds = Mapping[str, Kind]


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long things may wait (provisional figures of the cadence file)."""

    longest_deferral: timedelta
    deferrals_without_lead: int
    """How often one reminder is put off before a lead has to do it."""
    retries: tuple[timedelta, ...]
    """Working time until the next try after each unanswered call; then it goes up."""
