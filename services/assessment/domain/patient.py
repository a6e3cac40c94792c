"""A person in care: who they are, who looks after them, and when care ended."""

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from functools import cache
from unicodedata import combining, normalize
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

from services.assessment.domain.contact import (
    MOST_CARERS,
    Carer,
    Channel,
    Consent,
    QuietHours,
    check_carer,
    check_quiet_hours,
)
from services.assessment.domain.refusals import Conflict, RuleViolation, Unknown

LONGEST_IDENTITY_BYTES = 1000
OLDEST_YEARS = 125
"""A birth date further back than any known life is a typing mistake."""


class PatientStatus(StrEnum):
    ACTIVE = "active"
    LEFT_CARE = "left-care"
    DECEASED = "deceased"


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """Who the person is and how to reach them."""

    given_name: str
    family_name: str
    birth_date: date
    time_zone: str
    language: str
    phone: str | None = None
    email: str | None = None
    postal_address: str | None = None
    neutral_wording: bool = True
    consents: tuple[Consent, ...] = ()
    quiet_hours: QuietHours | None = None
    """None: the clinic's own hours."""

    @property
    def zone(self) -> ZoneInfo:
        """Where the person's days begin and end."""
        return ZoneInfo(self.time_zone)

    @property
    def identity(self) -> str:
        """Equal for two records of what may be one person: the names without case or accents."""
        return f"{folded(self.given_name)} {folded(self.family_name)}"

    def reaches(self, channel: Channel) -> bool:
        """Whether there is a number or an address for it."""
        match channel:
            case Channel.TELEPHONE | Channel.TEXT:
                return self.phone is not None
            case Channel.EMAIL:
                return self.email is not None
            case Channel.LETTER:
                return self.postal_address is not None

    def without_lost_channels(self) -> "Details":
        """Consent was given to a number or an address; without it there is none."""
        kept = tuple(consent for consent in self.consents if self.reaches(consent.channel))
        return replace(self, consents=kept)


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """One person. ``version`` counts every change of the record.

    ``messages_stopped``: care goes on again after an end that was undone, and nothing is sent to
    the person before somebody says that it may. ``erased_on``: since that day nobody can tell who
    this was; what was done and measured is still here.
    """

    patient_id: UUID
    details: Details
    team: str
    care_team: tuple[UUID, ...]
    enrolled_on: date
    status: PatientStatus = PatientStatus.ACTIVE
    left_on: date | None = None
    carers: tuple[Carer, ...] = ()
    messages_stopped: bool = False
    erased_on: date | None = None
    contact_readable: bool = True
    """False while the key of names and contact data is missing: nothing may be saved over them."""
    version: int = 1

    @property
    def in_care(self) -> bool:
        return self.status is PatientStatus.ACTIVE


def check_details(details: Details, *, today: date) -> None:
    """Refuse a birth date that cannot be, a time zone that does not exist, quiet hours without
    length, and consent to a channel that reaches nobody.

    Raises:
        RuleViolation: naming the field.
    """
    if details.birth_date > today:
        raise RuleViolation(
            "birth-date-in-future", "The birth date is in the future.", field="birth_date"
        )
    if today.year - details.birth_date.year > OLDEST_YEARS:
        raise RuleViolation(
            "birth-date-too-early", "Nobody alive was born that long ago.", field="birth_date"
        )
    if len(details.identity.encode()) > LONGEST_IDENTITY_BYTES:
        raise RuleViolation("name-too-long", "The name is too long.", field="family_name")
    if details.time_zone not in _time_zones():
        raise RuleViolation(
            "unknown-time-zone", "There is no time zone of that name.", field="time_zone"
        )
    check_quiet_hours(details.quiet_hours)
    for consent in details.consents:
        if not details.reaches(consent.channel):
            raise RuleViolation(
                "consent-without-address",
                f"There is no number or address for {consent.channel}.",
                field=f"consents/{consent.channel}",
            )


@cache
def _time_zones() -> frozenset[str]:
    """Every zone the machine knows; looking takes as long as a request should."""
    return frozenset(available_timezones())


def amended(patient: Patient, details: Details, *, today: date) -> Patient:
    """The record with new details.

    Raises:
        RuleViolation: the details cannot be.
        Conflict: the person has died.
    """
    if patient.status is PatientStatus.DECEASED:
        raise Conflict("deceased", "The record of a person who has died is closed.")
    _require_known(patient)
    check_details(details, today=today)
    return replace(patient, details=details, version=patient.version + 1)


def with_carer(patient: Patient, carer: Carer) -> Patient:
    """The record with somebody added, or changed where the id is known.

    Raises:
        RuleViolation: a carer who cannot be.
        Conflict: the person is no longer in care, or there are too many carers.
    """
    _require_in_care(patient)
    check_carer(carer)
    others = tuple(known for known in patient.carers if known.carer_id != carer.carer_id)
    if len(others) >= MOST_CARERS:
        raise Conflict("too-many-carers", f"There are {MOST_CARERS} carers already.")
    known = {each.carer_id: each for each in patient.carers} | {carer.carer_id: carer}
    return replace(patient, carers=tuple(known.values()), version=patient.version + 1)


def without_carer(patient: Patient, carer_id: UUID) -> Patient:
    """The record without somebody, who is told nothing from now on.

    Raises:
        Unknown: nobody of that id is a carer.
    """
    kept = tuple(carer for carer in patient.carers if carer.carer_id != carer_id)
    if len(kept) == len(patient.carers):
        raise Unknown("not-found", "There is no such carer.")
    return replace(patient, carers=kept, version=patient.version + 1)


def with_care_team(patient: Patient, *, team: str, care_team: tuple[UUID, ...]) -> Patient:
    """The record in other hands.

    Raises:
        Conflict: the person is no longer in care.
    """
    _require_in_care(patient)
    distinct = tuple(dict.fromkeys(care_team))
    return replace(patient, team=team, care_team=distinct, version=patient.version + 1)


def left_care(patient: Patient, *, status: PatientStatus, on: date, today: date) -> Patient:
    """The record after the end of care, by leaving or by death.

    Raises:
        RuleViolation: the date is in the future, before birth, or before enrolment for who left.
        Conflict: care has ended already.
    """
    _require_in_care(patient)
    if on > today:
        raise RuleViolation("date-in-future", "Care cannot end in the future.", field="on")
    if on < patient.details.birth_date:
        raise RuleViolation("date-before-birth", "That is before the birth date.", field="on")
    if status is PatientStatus.LEFT_CARE and on < patient.enrolled_on:
        sentence = "Nobody leaves before being enrolled."
        raise RuleViolation("date-before-enrolment", sentence, field="on")
    return replace(patient, status=status, left_on=on, version=patient.version + 1)


def returned(patient: Patient) -> Patient:
    """The record after an end of care was undone. Messages stay stopped: whoever was told of a
    death, or left for a reason, is not written to by itself.

    Raises:
        Conflict: care has not ended.
    """
    if patient.in_care:
        raise Conflict("in-care", "This person is in care.")
    _require_known(patient)
    return replace(
        patient,
        status=PatientStatus.ACTIVE,
        left_on=None,
        messages_stopped=True,
        version=patient.version + 1,
    )


def with_messages(patient: Patient) -> Patient:
    """The record of somebody who may be written to again, as far as they agreed to it.

    Raises:
        Conflict: they are not in care, or nothing was stopped.
    """
    _require_in_care(patient)
    if not patient.messages_stopped:
        raise Conflict("messages-not-stopped", "Messages to this person are not stopped.")
    return replace(patient, messages_stopped=False, version=patient.version + 1)


def erased(patient: Patient, *, on: date) -> Patient:
    """The record without who it is about. Of the birth date the year stays, which doses and
    scores of that time are read by; where a name was, others read when it went.

    Raises:
        Conflict: the person is in care, or was erased already.
    """
    if patient.in_care:
        raise Conflict("in-care", "End care first: whoever is in care has to be reached.")
    _require_known(patient)
    details = Details(
        given_name="Erased",
        family_name=f"on {on.isoformat()}",
        birth_date=date(patient.details.birth_date.year, 1, 1),
        time_zone=patient.details.time_zone,
        language=patient.details.language,
    )
    return replace(patient, details=details, carers=(), erased_on=on, version=patient.version + 1)


def _require_known(patient: Patient) -> None:
    if patient.erased_on is not None:
        raise Conflict("erased", f"Who this was has been erased on {patient.erased_on}.")


def _require_in_care(patient: Patient) -> None:
    if not patient.in_care:
        raise Conflict("not-in-care", "This person is no longer in care.")


def folded(name: str) -> str:
    """A name without case, accents or doubled spaces."""
    plain = "".join(char for char in normalize("NFKD", name) if not combining(char))
    return " ".join(plain.casefold().split())
