"""Lists whose state is in the address: sorted by, narrowed to, and from where on."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from services.portal.presenters.language import gettext as _


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


def columns(
    titles: Iterable[tuple[str, str]], *, path: str, query: Mapping[str, str], default: str
) -> tuple[Column, ...]:
    """Headings that sort; (code, title), an empty code for one that does not. ``sort=code`` sorts
    upwards and ``sort=-code`` downwards; another order begins again at the first page."""
    now = query.get("sort") or default
    return tuple(_column(code, title, path, query, now) for code, title in titles)


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
