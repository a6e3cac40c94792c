"""How a person may be reached, for what, when, and who else may be told. No consent, no contact."""

from dataclasses import dataclass
from datetime import time
from enum import StrEnum
from uuid import UUID

from services.assessment.domain.refusals import RuleViolation

MOST_CARERS = 20


class Channel(StrEnum):
    """A way to reach somebody."""

    TELEPHONE = "telephone"
    TEXT = "text"
    EMAIL = "email"
    LETTER = "letter"


class Purpose(StrEnum):
    """What a message may be about. Danger needs no consent to a call (evidence pack 6.4)."""

    APPOINTMENTS = "appointments"
    COURSE = "course"
    """Days on which a dose changes, check-ins, the printed plan and the calendar."""
    QUESTIONNAIRES = "questionnaires"
    OUTREACH = "outreach"
    """Asking after somebody who was missed, and invitations."""


class Scope(StrEnum):
    """What a carer may be told or asked (R-38). None at all: gives information in, receives none
    (R-39)."""

    APPOINTMENTS = "appointments"
    MEDICINES = "medicines"
    PROGRESS = "progress"
    SUPPORT = "support"
    """Education and practical and emotional support for the carer."""
    URGENT = "urgent"
    """May be called when there is danger."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """What one channel may be used for; never empty."""

    channel: Channel
    purposes: tuple[Purpose, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietHours:
    """When no message is sent, on the person's own clock; may run over midnight."""

    starts: time
    ends: time


@dataclass(frozen=True, slots=True, kw_only=True)
class Carer:
    """Somebody near to the person. ``scopes`` is what the person agreed they may be told."""

    carer_id: UUID
    name: str
    relationship: str
    phone: str | None = None
    email: str | None = None
    scopes: tuple[Scope, ...] = ()


def consents_from(given: dict[str, tuple[str, ...]]) -> tuple[Consent, ...]:
    """Consents in their usual order; a channel that may be used for nothing is left out."""
    return tuple(
        Consent(channel=channel, purposes=tuple(p for p in Purpose if p.value in given[channel]))
        for channel in Channel
        if given.get(channel)
    )


def check_quiet_hours(hours: QuietHours | None) -> None:
    """Refuse quiet hours without length.

    Raises:
        RuleViolation: they begin when they end.
    """
    if hours is not None and hours.starts == hours.ends:
        sentence = "Quiet hours must end at another time than they start."
        raise RuleViolation("quiet-hours-empty", sentence, field="quiet_hours/ends")


def check_carer(carer: Carer) -> None:
    """Refuse somebody who may be called in danger and cannot be.

    Raises:
        RuleViolation: an urgent contact without a telephone number.
    """
    if Scope.URGENT in carer.scopes and carer.phone is None:
        sentence = "Somebody who may be called in danger needs a telephone number."
        raise RuleViolation("required", sentence, field="phone")
