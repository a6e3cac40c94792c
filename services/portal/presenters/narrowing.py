"""Which part of today's list is wanted; everything but a name is in the address."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from unicodedata import combining, normalize

from services.portal.presenters import listing
from services.portal.presenters.language import gettext as _
from services.portal.presenters.language import mark, said
from services.portal.presenters.today import TITLES, Group, Row, by_section
from shared.api.engagement import Action, Section

WORK = said(
    {
        Action.ANSWER_FLAG: mark("Safety flags"),
        Action.CONFIRM_SUPPLY: mark("Supplies"),
        Action.TAKE_STEP: mark("Change days"),
        Action.CHECK_IN: mark("Check-ins"),
        Action.SURVEY: mark("Looks after the last dose"),
        Action.REVIEW_COURSE: mark("Course reviews"),
        Action.SIGN_CHANGE: mark("Plans to sign"),
        Action.RECORD_CONTACT: mark("Contacts"),
        Action.OPEN_PROGRAMME: mark("Programmes"),
    }
)
_WHOSE = {"mine": mark("Mine"), "team": mark("The whole team's")}
_HERE = "/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowing:
    """``view`` is ``mine`` or ``team``; ``free`` leaves out what somebody has in hand."""

    view: str
    section: Section | None = None
    work: Action | None = None
    free: bool = False
    cursor: str = ""
    name: str = ""

    @property
    def is_team(self) -> bool:
        """Whether it is the list of the whole team."""
        return self.view == "team"

    @property
    def query(self) -> Mapping[str, str]:
        """As it stands in an address. A name never does."""
        return {
            "view": self.view,
            "section": self.section or "",
            "work": self.work or "",
            "free": "true" if self.free else "",
        }

    @property
    def asked(self) -> Mapping[str, str]:
        """What the service that keeps the reminders is asked for."""
        query = {"section": self.section or "", "action": self.work or "", "cursor": self.cursor}
        asked = {name: str(value) for name, value in query.items() if value}
        return asked | ({"free": "true"} if self.free else {})

    @property
    def is_narrow(self) -> bool:
        """Whether something of the list is left out."""
        return bool(self.section or self.work or self.free or self.name)

    @property
    def begins(self) -> bool:
        """Whether it is the first page, which holds what no reminder knows of too."""
        return not self.cursor

    def href(self, *, view: str) -> str:
        """The same part of one of the two lists."""
        return listing.address(_HERE, self.query, view=view)

    @property
    def plain_href(self) -> str:
        """All of the same list."""
        return listing.address(_HERE, {"view": self.view})

    @property
    def team_href(self) -> str:
        """The same part of the team's list."""
        return self.href(view="team")

    @property
    def rows_href(self) -> str:
        """Where the rows alone are read again."""
        cursor = {"cursor": self.cursor} if self.cursor else {}
        return listing.address("/list", dict(self.query) | cursor)


def read(query: Mapping[str, str], *, usual_view: str) -> Narrowing:
    """From an address. What it does not know is left out rather than refused."""
    sections = {one.value: one for one in Section}
    works = {one.value: one for one in Action}
    view = query.get("view", "")
    return Narrowing(
        view=view if view in _WHOSE else usual_view,
        section=sections.get(query.get("section", "")),
        work=works.get(query.get("work", "")),
        free=query.get("free") == "true",
        cursor=query.get("cursor", "")[:512],
    )


def narrowed(groups: Sequence[Group], wanted: Narrowing) -> tuple[Group, ...]:
    """The rows that are wanted, whichever service told of them."""
    return by_section(row for group in groups for row in group.rows if _is_wanted(row, wanted))


def views(wanted: Narrowing) -> Sequence[tuple[str, str, bool]]:
    """The two lists: title, address, and whether it is this one."""
    return [
        (_(title), wanted.href(view=view), wanted.view == view) for view, title in _WHOSE.items()
    ]


def sections() -> Sequence[tuple[str, str]]:
    """Sections to choose from."""
    return [(section.value, TITLES[section]) for section in Section]


def works() -> Sequence[tuple[str, str]]:
    """Kinds of work to choose from."""
    return [(str(work), title) for work, title in WORK.items()]


def looked_for(wanted: Narrowing, name: str) -> Narrowing:
    """The same part of the list, narrowed to people of that name."""
    return replace(wanted, name=name, cursor="")


def _is_wanted(row: Row, wanted: Narrowing) -> bool:
    return (
        (wanted.section is None or row.section is wanted.section)
        and (wanted.work is None or row.action is wanted.work)
        and not (wanted.free and (row.in_hand or row.section is Section.WAITING))
        and (not wanted.name or _begins_so(wanted.name, row.name))
    )


def _begins_so(wanted: str, name: str) -> bool:
    return f" {_folded(wanted)}" in f" {_folded(name)}"


def _folded(name: str) -> str:
    plain = "".join(char for char in normalize("NFKD", name) if not combining(char))
    return " ".join(plain.casefold().replace("-", " ").split())
