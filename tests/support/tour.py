"""Every page of the portal on the running demo, found as people find them: by following links.

Who signs in begins at their home. Of each kind of page a few are visited, unseen kinds first, so a
page that no link leads to is missed, and a test says so.
"""

import heapq
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urlsplit

import aiohttp

from services.portal.pages.routes import PAGES

PEOPLE = ("amara", "nell", "femi", "lena", "oona", "arun")
"""One of each role; whoever comes first shows a page that several may open."""
NO_PAGES = frozenset({"/list", "/reminders/{reminder_id}"}) | {
    path for _method, path, *_ in PAGES if "." in path
}
"""Answers that are a part of a page, lead on to one, or are a file."""
_TRIES = 5
_SILENCE = 503
_MOST_OF_A_KIND = 2
_MOST_PEOPLE = 40
_BY_ROLE = frozenset({"/", "/caseload"})
_WIDE = re.compile(r"/patients/\{patient_id\}(/courses(/\{course_id\})?)?$")
"""Kinds of which many are visited: people and courses are at different points of their way."""


@dataclass(frozen=True, slots=True, order=True)
class Sight:
    """One page: its kind as the page list writes it, where it is, and who was shown it."""

    kind: str
    address: str
    who: str
    calls: int = 0
    """How many calls to services the page took."""

    @property
    def name(self) -> str:
        """A file name."""
        words = re.sub(r"\{(\w+?)(_id)?\}", r"\1", self.kind)
        plain = re.sub(r"[^a-z0-9-]+", "-", words.removeprefix("/patients/{patient_id}")).strip("-")
        begins = "patient-" if self.kind.startswith("/patients/{") else ""
        return f"{begins}{plain or ('overview' if begins else 'home')}-{self.who}"


@dataclass(slots=True)
class _Walk:
    """One person's way through the pages; the waiting ones of the least seen kind come first."""

    who: str
    seen: dict[str, int]
    found: list[Sight] = field(default_factory=list)
    _known: set[str] = field(default_factory=set)
    _waiting: list[tuple[int, int, str, str]] = field(default_factory=list)

    def note(self, addresses: Iterable[str]) -> None:
        for address in addresses:
            kind = kind_of(address)
            if kind and kind not in NO_PAGES and address not in self._known:
                self._known.add(address)
                heapq.heappush(self._waiting, (self._times(kind), len(self._known), address, kind))

    def next(self) -> Sight | None:
        while self._waiting:
            _then, order, address, kind = heapq.heappop(self._waiting)
            times = self._times(kind)
            if times >= (_MOST_PEOPLE if _WIDE.match(kind) else _MOST_OF_A_KIND):
                continue
            if times > _then:
                heapq.heappush(self._waiting, (times, order, address, kind))
                continue
            self.seen[self._counted(kind)] = times + 1
            return Sight(kind, address, self.who)
        return None

    def _times(self, kind: str) -> int:
        return self.seen.get(self._counted(kind), 0)

    def _counted(self, kind: str) -> str:
        """Everybody has a home of their own, and what the caseload leads to depends on the role."""
        return f"{kind} {self.who}" if kind in _BY_ROLE else kind


async def sights(base: str, password: str, people: Iterable[str] = PEOPLE) -> list[Sight]:
    """Every page that was found, in the order of the page list.

    Raises:
        AssertionError: a page answered with an error.
    """
    seen: dict[str, int] = {}
    found: list[Sight] = []
    for who in people:
        walk = _Walk(who, seen)
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
            await sign_in(session, base, who, password)
            walk.note(("/",))
            while (sight := walk.next()) and not _is_enough(sight, seen):
                text, taken = await _open(session, base, sight)
                found.append(replace(sight, calls=taken))
                walk.note(links(text))
    order = [path for _method, path, *_ in PAGES]
    return sorted(found, key=lambda sight: (order.index(sight.kind), sight))


def _is_enough(next_one: Sight, seen: Mapping[str, int]) -> bool:
    """Only more of what was seen is left, and every kind was seen. ``seen`` counts this one too."""
    return seen.get(next_one.kind, 0) > 1 and kinds() - _BY_ROLE <= seen.keys()


def calls(timing: str, *, at: str) -> int:
    """How many calls to services a page says it took."""
    said = re.search(r'calls;desc="(\d+)"', timing)
    assert said, f"{at} does not say how many calls it took"
    return int(said[1])


def changes(timing: str, *, at: str) -> int:
    """How many of them were to change something."""
    said = re.search(r'changes;desc="(\d+)"', timing)
    assert said, f"{at} does not say how many calls were to change something"
    return int(said[1])


def one_of_each(found: Iterable[Sight]) -> Iterator[Sight]:
    """The first of each kind, and of homes one for each role."""
    shown: set[str] = set()
    for sight in found:
        kind = f"{sight.kind} {sight.who}" if sight.kind == "/" else sight.kind
        if kind not in shown:
            shown.add(kind)
            yield sight


def kinds() -> frozenset[str]:
    """Every page of the page list that is looked at."""
    return frozenset(path for method, path, *_ in PAGES if method == "GET") - NO_PAGES


async def _open(session: aiohttp.ClientSession, base: str, sight: Sight) -> tuple[str, int]:
    """A page, and how many calls it took. A service that is slow for a moment is asked again."""
    for _ in range(_TRIES):
        async with session.get(base + sight.address) as answer:
            text = await answer.text()
            if answer.status != _SILENCE:
                break
    assert answer.status == 200, f"{sight.who} got {answer.status} at {sight.address}"
    return text, calls(answer.headers.get("Server-Timing", ""), at=str(answer.url))


async def sign_in(session: aiohttp.ClientSession, base: str, who: str, password: str) -> None:
    """A session of one member of the demo's staff."""
    form = {"username": who, "password": password, "then": "/"}
    async with session.post(f"{base}/sign-in", data=form) as answer:
        assert answer.status == 200, f"{who} could not sign in: {answer.status}"
        assert answer.url.path == "/", f"{who} was sent to {answer.url.path}"


def kind_of(address: str, method: str = "GET") -> str:
    """The kind of page an address leads to, or nothing when it is none of ours."""
    parts = urlsplit(address)
    if parts.netloc or parts.scheme or not parts.path.startswith("/"):
        return ""
    return next((kind for kind, pattern in _PATTERNS[method] if pattern.fullmatch(parts.path)), "")


def links(text: str) -> list[str]:
    """Where a page leads to, without the place on the page."""
    reader = _Links()
    reader.feed(text)
    return reader.found


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        href = dict(attrs).get("href") if tag == "a" else None
        if href:
            parts = urlsplit(href)
            query = [pair for pair in parse_qsl(parts.query) if pair[0] != "cursor"]
            if not parts.query or query:
                self.found.append(href.partition("#")[0])


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path)))


_PATTERNS = {
    wanted: tuple(
        (path, _pattern(path))
        for path in sorted(
            {path for method, path, *_ in PAGES if method == wanted},
            key=lambda path: (path.count("{"), path),
        )
    )
    for wanted in ("GET", "POST")
}
