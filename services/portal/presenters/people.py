"""Lists of people, and the form to enrol somebody."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID
from zoneinfo import available_timezones

from services.portal.presenters import listing, places, record, words
from services.portal.presenters.language import gettext as _
from services.portal.presenters.language import mark, said
from services.portal.presenters.listing import Choice
from shared.api.assessment import PatientSummary

_PATH = "/patients"
STATUSES = said(
    {
        "active": mark("In care"),
        "left-care": mark("Has left care"),
        "deceased": mark("Has died"),
    }
)
OWNERLESS, FLAGGED, ASSESSED = "ownerless", "flagged", "assessed"
_LISTS = said(
    {
        "active": mark("In care"),
        FLAGGED: mark("With an open safety flag"),
        ASSESSED: mark("With a questionnaire of the last 7 days"),
        OWNERLESS: mark("Nobody looks after them"),
        "left-care": mark("Has left care"),
        "deceased": mark("Has died"),
    }
)
"""The lists there are. ``ownerless``: whom no active colleague looks after; leads see them all."""
_NUMBER = re.compile(r"^(?=.*\d)[0-9A-Fa-f]{4} ?[0-9A-Fa-f]{4}$")
_ISO = re.compile(r"\b(\d{4})-(\d{1,2})-(\d{1,2})\b")
_DOTTED = re.compile(r"\b(\d{1,2})\.(\d{1,2})\.(\d{4})\b")
_OTHER_DATE = re.compile(r"\d+[/.-]\d")
LANGUAGES = said(
    {
        "en": mark("English"),
        "ar": mark("Arabic"),
        "bn": mark("Bengali"),
        "zh": mark("Chinese"),
        "fr": mark("French"),
        "de": mark("German"),
        "pl": mark("Polish"),
        "pt": mark("Portuguese"),
        "so": mark("Somali"),
        "es": mark("Spanish"),
        "tr": mark("Turkish"),
        "ur": mark("Urdu"),
        "cy": mark("Welsh"),
    }
).items()


class Unclear(Exception):
    """What was typed could mean more than one thing; the text says how to write it."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which list, and in which order, from where on; ``query`` is what the service is asked."""

    show: str
    sort: str
    cursor: str

    @property
    def title(self) -> str:
        return _LISTS[self.show]

    @property
    def is_ownerless(self) -> bool:
        return self.show == OWNERLESS

    @property
    def kept(self) -> dict[str, str]:
        """The state as the address has it; what is usual is left out."""
        show = {} if self.show == "active" else {"show": self.show}
        return show | ({} if self.sort == "name" else {"sort": self.sort})

    @property
    def query(self) -> dict[str, str]:
        which = {
            FLAGGED: {"flagged": "true"},
            ASSESSED: {"newly_assessed": "true"},
            OWNERLESS: {"ownerless": "true"},
        }
        asked = which.get(self.show, {"status": self.show})
        begin = {"cursor": self.cursor} if self.cursor else {}
        return asked | {"sort": self.sort, "limit": "50"} | begin


@dataclass(frozen=True, slots=True)
class Person:
    """One row of a list of people."""

    name: str
    birth: str
    number: str
    status: str
    away: bool
    """Whether they are in care no more."""
    enrolled: str
    open_flags: int
    href: str


def rows(people: Iterable[PatientSummary], *, today: date) -> tuple[Person, ...]:
    """People in the order they were given."""
    return tuple(
        Person(
            name=record.name_of(person),
            birth=words.birth(person, today=today),
            number=record.number(person.patient_id),
            status=STATUSES[person.status],
            away=person.status != "active",
            enrolled=words.away(person.enrolled_on, today=today),
            open_flags=person.open_flags,
            href=places.patient(person.patient_id),
        )
        for person in people
    )


def wanted(asked: Mapping[str, str], *, for_lead: bool) -> Wanted:
    """The list an address asks for; what there is not is the usual one."""
    show, sort = asked.get("show", ""), asked.get("sort", "")
    return Wanted(
        show=show if show in _offered(for_lead=for_lead) else "active",
        sort=sort if sort.removeprefix("-") in {"name", "born", "enrolled"} else "name",
        cursor=asked.get("cursor", ""),
    )


def choices(wanted: Wanted, *, for_lead: bool) -> tuple[Choice, ...]:
    """The lists there are; the order is kept, another list begins at its first page."""
    return tuple(
        Choice(
            _LISTS[code],
            listing.address(_PATH, wanted.kept, show="" if code == "active" else code),
            code == wanted.show,
        )
        for code in _offered(for_lead=for_lead)
    )


def columns(wanted: Wanted) -> tuple[listing.Column, ...]:
    """The headings of the list, which sort it."""
    titles = (
        ("name", _("Name")),
        ("born", _("Born")),
        ("", _("Number")),
        ("enrolled", _("Enrolled")),
    )
    return listing.columns(titles, path=_PATH, query=wanted.kept, default="name")


def plain_columns() -> tuple[listing.Column, ...]:
    """The headings of what was found, which is in order of name."""
    return tuple(
        listing.Column(title) for title in (_("Name"), _("Born"), _("Number"), _("Enrolled"))
    )


def pages(wanted: Wanted, *, next_cursor: str | None, shown: int) -> listing.Pages:
    """The foot of the list."""
    query = wanted.kept | ({"cursor": wanted.cursor} if wanted.cursor else {})
    return listing.pages(_PATH, query, next_cursor=next_cursor, shown=shown, of=None)


def question(typed: str) -> dict[str, str]:
    """What somebody typed to find a person: a number, a birth date, a name, or a name and a
    birth date together.

    Raises:
        Unclear: a date that other countries read otherwise.
    """
    text = " ".join(typed.split())
    if _NUMBER.match(text):
        return {"number": text}
    asked = {}
    if iso := _ISO.search(text):
        asked["birth_date"] = "{}-{:0>2}-{:0>2}".format(*iso.groups())
        text = text.replace(iso[0], " ")
    elif dotted := _DOTTED.search(text):
        asked["birth_date"] = "{2}-{1:0>2}-{0:0>2}".format(*dotted.groups())
        text = text.replace(dotted[0], " ")
    elif _OTHER_DATE.search(text):
        raise Unclear(_("Write a birth date as year-month-day, such as 1979-04-06."))
    if name := " ".join(text.split()):
        asked["name"] = name
    return asked


def _offered(*, for_lead: bool) -> tuple[str, ...]:
    return tuple(code for code in _LISTS if code != OWNERLESS or for_lead)


def zones() -> Sequence[tuple[str, str]]:
    """Time zones by name: places, without the technical ones."""
    named = sorted(zone for zone in available_timezones() if "/" in zone and "Etc" not in zone)
    return tuple((zone, zone.replace("_", " ")) for zone in named)


def candidates(context: object) -> tuple[UUID, ...]:
    """People who may already be the one to enrol, from a refusal's context."""
    listed = context.get("candidates", ()) if isinstance(context, dict) else ()
    return tuple(UUID(str(item)) for item in listed)
