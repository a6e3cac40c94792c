"""The list of who works here."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.portal.presenters import listing, words
from services.portal.presenters.language import gettext as _
from services.portal.presenters.language import mark, said
from services.portal.presenters.today import Setting
from shared.api.identity import Role

PATH = "/staff"
_BY_LEADS = ("unlock", "sign-out")
_ALL = ("unlock", "sign-out", "take-off", "close")
_WORDS = said(
    {
        "unlock": mark("Unlock"),
        "sign-out": mark("Sign out everywhere"),
        "take-off": mark("Take the codes off"),
        "close": mark("Close the account"),
    }
)


_CONSEQUENCES = said(
    {
        "take-off": mark(
            "Until they set up new codes their password alone lets them in. Do it when they have "
            "lost their telephone and you know that it is them who ask."
        ),
        "close": mark(
            "They are signed out everywhere within a minute and cannot sign in again. What waits "
            "on their list falls to their team."
        ),
    }
)


def what_first(name: str, team: str, *, is_lead: bool) -> str:
    """What has to be done before the last of a team can go."""
    if is_lead:
        return _(
            "%(name)s is the only team lead of %(team)s: what nobody answers would reach nobody. "
            "Give a colleague that role first, then close this account. Signing them out "
            "everywhere is possible at once.",
            name=name,
            team=team,
        )
    return _(
        "%(name)s is the last clinician of %(team)s: its patients would be on nobody's list. "
        "Give a colleague that role in the team first, then close this account. Signing them out "
        "everywhere is possible at once.",
        name=name,
        team=team,
    )


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody is asked before something that is not easily undone."""

    act: str
    staff_id: str
    title: str
    text: str
    yes: str


def question(act: str, *, staff_id: UUID, name: str) -> Question | None:
    """The question before this act; None where it is done at once."""
    titles = {
        "take-off": _("Take the one-time codes off the account of %(name)s?", name=name),
        "close": _("Close the account of %(name)s?", name=name),
    }
    if act not in titles:
        return None
    return Question(
        act=act,
        staff_id=str(staff_id),
        title=titles[act],
        text=_CONSEQUENCES[act],
        yes=_WORDS[act],
    )


def acts_of(role: Role) -> tuple[str, ...]:
    """What somebody in this role may do about the account of somebody else."""
    return _ALL if role is Role.OPERATIONS else _BY_LEADS


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What is known of somebody who works here."""

    staff_id: UUID
    username: str
    name: str
    role: Role
    teams: tuple[str, ...]
    active: bool
    locked_at: datetime | None
    has_codes: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One account. ``acts`` are the buttons: code and word."""

    staff_id: str
    name: str
    username: str
    role: str
    teams: str
    state: str
    tone: str
    acts: tuple[tuple[str, str], ...]


_ORDERS: Mapping[str, Callable[[Account], Any]] = {
    "name": lambda one: one.name.casefold(),
    "role": lambda one: (words.ROLES[one.role.value], one.name.casefold()),
    "teams": lambda one: (one.teams, one.name.casefold()),
    "account": lambda one: (
        one.locked_at is None,
        not one.active,
        one.has_codes,
        one.name.casefold(),
    ),
}


def wanted(query: Mapping[str, str]) -> dict[str, str]:
    """What the address says of this list."""
    return {name: query[name] for name in ("sort", "role", "cursor") if query.get(name)}


def arranged(accounts: Iterable[Account], query: Mapping[str, str]) -> list[Account]:
    """Everybody of the role asked for, in the order asked for: by account, what needs somebody
    comes first."""
    role = query.get("role")
    of_role = [one for one in accounts if role in {None, one.role.value}]
    return listing.arranged(of_role, _ORDERS, query=query, default="name")


def columns(query: Mapping[str, str]) -> tuple[listing.Column, ...]:
    """The headings."""
    titles = (
        ("name", _("Name")),
        ("role", _("Role")),
        ("teams", _("Teams")),
        ("account", _("Account")),
        ("", _("What you can do")),
    )
    return listing.columns(titles, path=PATH, query=query, default="name")


def roles(there: Collection[Role], query: Mapping[str, str]) -> list[listing.Choice]:
    """Which of them."""
    offered = [("", _("All"))]
    offered += [(code, word) for code, word in words.ROLES.items() if code in there]
    return [
        listing.Choice(
            title,
            listing.address(PATH, query, role=code or None, cursor=None),
            query.get("role", "") == code,
        )
        for code, title in offered
    ]


def row(one: Account, *, me: UUID, my_role: Role, setting: Setting) -> Row:
    """One line of the list."""
    state, tone = _("open"), "good"
    if not one.active:
        state, tone = _("closed"), "soft"
    elif one.locked_at is not None:
        since = words.moment(one.locked_at, zone=setting.zone, now=setting.now)
        state, tone = _("locked since %(since)s", since=since), "danger"
    elif not one.has_codes:
        state, tone = _("open, password only"), "warn"
    return Row(
        staff_id=str(one.staff_id),
        name=one.name,
        username=one.username,
        role=words.ROLES[one.role.value],
        teams=", ".join(one.teams),
        state=state,
        tone=tone,
        acts=tuple((act, _WORDS[act]) for act in acts_of(my_role) if _offers(act, one, me=me)),
    )


def _offers(act: str, one: Account, *, me: UUID) -> bool:
    if one.staff_id == me or not one.active:
        return False
    if act == "unlock":
        return one.locked_at is not None
    return one.has_codes if act == "take-off" else True
