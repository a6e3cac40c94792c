"""Lists whose state is in the address: sorted by, narrowed to, and from where on."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

from services.portal.presenters.language import gettext as _

R = TypeVar("R")
OLDER = "older"
"""What the address calls the place from which on older rows are shown."""


@dataclass(frozen=True, slots=True)
class Column:
    """A heading. ``sorted`` is ``ascending``, ``descending`` or empty; without ``href`` the list
    cannot be sorted by it."""

    title: str
    href: str = ""
    sorted: str = ""


@dataclass(frozen=True, slots=True)
class Pages:
    """The foot of a list: what is shown of how many, and the ways on and back."""

    said: str = ""
    first_href: str = ""
    next_href: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to narrow a list, with its address; ``here`` is the one that holds."""

    title: str
    href: str
    here: bool


@dataclass(frozen=True, slots=True)
class Narrowing(Generic[R]):
    """By what a list may be narrowed: its name in the address, the codes with their titles, and
    to which of them a row belongs. ``every`` says that it is not; by itself "All"."""

    name: str
    titles: Mapping[str, str]
    of: Callable[[R], str]
    every: str = ""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Of a list that is too long to arrive whole: which part of it is here, in words, and the
    ways to its older and to its newest rows. Empty where everything is here."""

    said: str = ""
    older_href: str = ""
    newest_href: str = ""


@dataclass(frozen=True, slots=True)
class Listed(Generic[R]):
    """One page of a list that is here as a whole, and the ways to its other pages and orders.
    ``orders`` and ``choices`` are empty where there is nothing to choose."""

    rows: Sequence[R]
    orders: tuple[Column, ...]
    choices: tuple[Choice, ...]
    pages: Pages
    more_choices: tuple[Choice, ...] = ()
    """A second way to narrow it, beside the first."""
    state: str = ""
    """What the address asks of the list, to be carried by its forms; begins with ``?``."""
    whole_href: str = ""
    """The list from its beginning with nothing left out; empty where that is what is shown."""
    stretch: Stretch = Stretch()


def whole(
    rows: Iterable[R],
    *,
    path: str,
    query: Mapping[str, str],
    orders: Mapping[str, tuple[str, Callable[[R], Any]]],
    default: str,
    narrowing: Narrowing[R],
    longest: int = 50,
    older: str | None = None,
    beside: Narrowing[R] | None = None,
    asked: Iterable[str] = (),
) -> Listed[R]:
    """A list that arrived whole: narrowed, in order and in pages as the address says. ``orders``
    gives each code its title and what rows are compared by. ``older``: the service has older rows
    too, from this cursor on; then all this is said of the stretch that is here. ``beside`` is a
    second narrowing. ``asked`` are what else the address asks, which the service has answered."""
    ways = [narrowing] if beside is None else [narrowing, beside]
    names = ("sort", *(way.name for way in ways), *asked, "cursor", OLDER)
    kept = {name: query[name] for name in names if query.get(name)}
    every = list(rows)
    found = [one for one in every if all(kept.get(way.name) in {None, way.of(one)} for way in ways)]
    by = {code: key for code, (_title, key) in orders.items()}
    shown, foot = portion(
        arranged(found, by, query=kept, default=default), path, kept, longest=longest
    )
    titles = [(code, title) for code, (title, _key) in orders.items()]
    return Listed(
        rows=shown,
        orders=columns(titles, path=path, query=kept, default=default) if len(found) > 1 else (),
        choices=_choices(every, narrowing, path, kept),
        more_choices=() if beside is None else _choices(every, beside, path, kept),
        pages=foot,
        state=address("", kept),
        whole_href=path if kept.keys() - {"sort"} else "",
        stretch=stretch(path, kept, older=older, shown=len(every)),
    )


def stretch(path: str, query: Mapping[str, str], *, older: str | None, shown: int) -> Stretch:
    """Which part of a long list is here; ``older`` is where what follows begins."""
    begun = query.get(OLDER)
    if not (begun or older):
        return Stretch()
    return Stretch(
        said=_("These are older ones: %(count)s, the newest of them first.", count=shown)
        if begun
        else _("Only the newest %(count)s are here; there are older ones.", count=shown),
        older_href=address(path, query, cursor=None, **{OLDER: older}) if older else "",
        newest_href=address(path, query, cursor=None, **{OLDER: None}) if begun else "",
    )


def older(query: Mapping[str, str], *, longest: int = 200) -> dict[str, str]:
    """What a service is asked for the stretch that the address names."""
    begun = query.get(OLDER)
    return {"limit": str(longest)} | ({"cursor": begun} if begun else {})


def _choices(
    rows: Sequence[R], narrowing: Narrowing[R], path: str, query: Mapping[str, str]
) -> tuple[Choice, ...]:
    """All, then what occurs; none where everything is of one kind."""
    there = {narrowing.of(one) for one in rows}
    now = query.get(narrowing.name, "")
    if len(there) < 2 and not now:
        return ()
    offered = [("", narrowing.every or _("All"))]
    offered += [(code, title) for code, title in narrowing.titles.items() if code in there]
    return tuple(
        Choice(
            title[:1].upper() + title[1:],
            address(path, query, **{narrowing.name: code or None}, cursor=None),
            now == code,
        )
        for code, title in offered
    )


def columns(
    titles: Iterable[tuple[str, str]], *, path: str, query: Mapping[str, str], default: str
) -> tuple[Column, ...]:
    """Headings that sort; (code, title), an empty code for one that does not. ``sort=code`` sorts
    upwards and ``sort=-code`` downwards; another order begins again at the first page."""
    now = query.get("sort") or default
    return tuple(_column(code, title, path, query, now) for code, title in titles)


def arranged(
    rows: Iterable[R],
    by: Mapping[str, Callable[[R], Any]],
    *,
    query: Mapping[str, str],
    default: str,
) -> list[R]:
    """A list that is here as a whole, in the order of the address: ``by`` says for each code what
    its rows are compared by. An order nobody offers is the usual one."""
    wish = query.get("sort") or default
    if wish.removeprefix("-") not in by:
        wish = default
    return sorted(rows, key=by[wish.removeprefix("-")], reverse=wish.startswith("-"))


def portion(
    rows: Sequence[R], path: str, query: Mapping[str, str], *, longest: int = 50
) -> tuple[Sequence[R], Pages]:
    """One page of a list that is here as a whole, and its foot; ``cursor`` counts rows."""
    at = query.get("cursor", "")
    begin = int(at) if at.isascii() and at.isdigit() and len(at) < 6 else 0
    shown, end = rows[begin : begin + longest], begin + longest
    more = str(end) if end < len(rows) else None
    kept = dict(query) if begin else {name: at for name, at in query.items() if name != "cursor"}
    return shown, pages(path, kept, next_cursor=more, shown=len(shown), of=len(rows))


def pages(
    path: str, query: Mapping[str, str], *, next_cursor: str | None, shown: int, of: int | None
) -> Pages:
    """The foot of a page of a list."""
    begins = "cursor" not in query
    if of is not None:
        said = _("%(shown)s of %(all)s", shown=shown, all=of) if begins and shown < of else ""
    else:
        said = ""
    return Pages(
        said=said,
        first_href="" if begins else address(path, query, cursor=None),
        next_href=address(path, query, cursor=next_cursor) if next_cursor else "",
    )


def address(path: str, query: Mapping[str, str], **changes: str | None) -> str:
    """The same list with something changed; None takes a part away."""
    kept = {name: value for name, value in (dict(query) | changes).items() if value}
    return f"{path}?{urlencode(kept)}" if kept else path


def _column(code: str, title: str, path: str, query: Mapping[str, str], now: str) -> Column:
    if not code:
        return Column(title)
    upwards = now == code
    sort = f"-{code}" if upwards else code
    state = "ascending" if upwards else "descending" if now == f"-{code}" else ""
    return Column(title, address(path, query, sort=sort, cursor=None), state)
