"""An obligation: one thing owed to a person, at one instant."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from services.engagement.domain.local_time import instant

COURSE, PLAN, FLAG = "course", "taper-plan", "safety-flag"
SIGNATURE = "signature"
_MIDNIGHT = time(0)


class KindCode(StrEnum):
    """The kinds derived from facts; each has an entry in the content file."""

    COURSE_REVIEW = "course-review"
    PREPARE_SUPPLY = "prepare-supply"
    CHANGE_DAY = "change-day"
    CHECK_IN_EARLY = "check-in-early"
    CHECK_IN_GATE = "check-in-gate"
    MISSED_EARLY = "missed-check-in-early"
    MISSED_GATE = "missed-check-in-gate"
    SURVEILLANCE = "surveillance"
    SIGN_REQUEST = "sign-request"
    SIGN_TAPER = "sign-taper"
    SIGN_COURSE = "sign-course"
    SIGN_SECOND = "sign-second"
    SAFETY = "safety"
    SAFETY_LIMIT = "safety-limit"
    PROGRAMME_CONTACT = "programme-contact"
    PROGRAMME_REVIEW = "programme-review"
    PROGRAMME_DECISION = "programme-decision"
    CONFIRM_CLOSING = "confirm-closing"
    FACILITATOR_GAP = "facilitator-gap"
    FACILITATOR_GAP_LONG = "facilitator-gap-long"
    DEPUTY_GAP = "deputy-gap"
    PACE = "pace"
    MODE_REVIEW = "mode-review"
    MISSED_CONTACT = "missed-contact"
    MISSED_CONTACT_URGENT = "missed-contact-urgent"
    WELFARE_CHECK = "welfare-check"
    MISSED_LETTER = "missed-letter"
    MISSED_PRESCRIBER = "missed-prescriber"
    MISSED_REVIEW = "missed-review"
    LIFE_EVENT_CONTACT = "life-event-contact"
    MOTIVATION_CONTACT = "motivation-contact"
    RELAPSE_PLAN = "relapse-plan"
    CARER_CALL = "carer-call"


class Key(NamedTuple):
    """What makes an obligation the same one, whoever reports it and however often."""

    subject_kind: str
    subject_id: UUID
    subject_version: int
    ordinal: int
    kind: str


class Acknowledgement(NamedTuple):
    """Who took it in hand, when, and in what sense."""

    by: UUID
    at: datetime
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """How a local date becomes an instant for one patient."""

    zone: ZoneInfo
    clinic_time: time
    supply_working_days: int
    missed_call_working_days: int
    """Within how many working days somebody calls after a check-in that was missed."""
    is_working_day: Callable[[date], bool]

    def at(self, day: date) -> datetime:
        """The clinic's time on that day where the patient is."""
        return instant(day, self.clinic_time, self.zone)

    def start_of(self, day: date) -> datetime:
        """The first instant of that day where the patient is."""
        return instant(day, _MIDNIGHT, self.zone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Obligation:
    """One thing owed. It shows from ``due_at`` and counts as overdue from ``overdue_from``.

    ``detail`` is the owning service's own words about it; ``owner`` is who should do it when
    the facts name somebody.
    """

    key: Key
    patient_id: UUID
    course_id: UUID | None
    for_role: str
    risk: int
    due_on: date
    due_at: datetime
    overdue_from: datetime
    detail: Mapping[str, str | int] = field(default_factory=dict)
    owner: UUID | None = None
    not_for: UUID | None = None
    """Who may not be given it: whoever has done the first half of something for two people."""
    done_at: datetime | None = None
    acknowledged: Acknowledgement | None = None
