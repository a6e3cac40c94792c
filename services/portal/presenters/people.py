"""Lists of people, and the form to enrol somebody."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID
from zoneinfo import available_timezones

from services.portal.presenters import places, record, words
from services.portal.presenters.language import gettext as _
from shared.api.assessment import PatientSummary

STATUSES = {"active": "In care", "left-care": "Has left care", "deceased": "Has died"}
OWNERLESS = "ownerless"
"""People in care whom no active colleague looks after; every lead sees them all."""
LANGUAGES = (
    ("en", "English"),
    ("ar", "Arabic"),
    ("bn", "Bengali"),
    ("zh", "Chinese"),
    ("fr", "French"),
    ("de", "German"),
    ("pl", "Polish"),
    ("pt", "Portuguese"),
    ("so", "Somali"),
    ("es", "Spanish"),
    ("tr", "Turkish"),
    ("ur", "Urdu"),
    ("cy", "Welsh"),
)


@dataclass(frozen=True, slots=True)
class Person:
    """One row of a list of people."""

    name: str
    birth: str
    number: str
    status: str
    enrolled: str
    open_flags: int
    href: str


def rows(people: Iterable[PatientSummary], *, today: date) -> tuple[Person, ...]:
    """People in the order they were given."""
    return tuple(
        Person(
            name=words.full_name(person.given_name, person.family_name),
            birth=words.born(person.birth_date, today=today).removeprefix("born "),
            number=record.number(person.patient_id),
            status=STATUSES[person.status],
            enrolled=words.away(person.enrolled_on, today=today),
            open_flags=person.open_flags,
            href=places.patient(person.patient_id),
        )
        for person in people
    )


def kinds(*, for_lead: bool) -> dict[str, str]:
    """The lists there are: by where people are in care, and whom nobody looks after."""
    return STATUSES | ({OWNERLESS: _("Nobody looks after them")} if for_lead else {})


def zones() -> Sequence[tuple[str, str]]:
    """Time zones by name: places, without the technical ones."""
    named = sorted(zone for zone in available_timezones() if "/" in zone and "Etc" not in zone)
    return tuple((zone, zone.replace("_", " ")) for zone in named)


def candidates(context: object) -> tuple[UUID, ...]:
    """People who may already be the one to enrol, from a refusal's context."""
    listed = context.get("candidates", ()) if isinstance(context, dict) else ()
    return tuple(UUID(str(item)) for item in listed)
