"""What a page can be asked beyond its own address: its lists narrowed, its forms looked at.

Nothing here is a list by hand: the links with a query and the forms are those of the pages that
were found. A form is sent as one that comes back after a new sign-in. The portal shows it again
without sending it on, so nothing is changed, and a form for a change says that it was not sent.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from typing import Literal
from urllib.parse import parse_qsl, urlencode, urlsplit

import aiohttp

from services.portal.presenters.interrupted import IS_BACK
from shared.runtime import clock
from tests.support import tour
from tests.support.tour import Sight

Method = Literal["get", "post"]
Fields = tuple[tuple[str, str], ...]
_MOST_OF_A_KIND = 2
_OWN = ("/sign-out", "/met", "/account", "/staff", "/operations")
"""What the portal does itself, without a call that could be held back."""
_EXAMPLES = {"on.0": "today", "dose.0": "0", "find": "an", "name": "an"}
"""What no form asks for by ``required``, and without which there is nothing to look at."""


@dataclass(frozen=True, slots=True)
class Look:
    """One question to the portal: its kind as the page list writes it, and what it took."""

    method: Method
    kind: str
    asked: str
    who: str
    status: int = 0
    calls: int = 0

    @property
    def is_whole(self) -> bool:
        """Whether nothing was missing: a form that was refused was for a change, or was filled in
        badly."""
        return self.status == 200

    @property
    def name(self) -> str:
        """Method and kind, as the page list has them."""
        return f"{self.method.upper()} {self.kind}"


@dataclass(slots=True)
class _Choice:
    """A select: what it says now and what else it could say."""

    name: str
    options: list[str] = field(default_factory=list)
    chosen: str | None = None

    @property
    def value(self) -> str:
        return self.chosen or next((one for one in self.options if one), "")


@dataclass(slots=True)
class Form:
    """A form of a page, filled in with what it shows and an example where it requires more."""

    method: Method
    action: str
    fields: dict[str, str] = field(default_factory=dict)
    choices: list[_Choice] = field(default_factory=list)
    buttons: list[tuple[str, str]] = field(default_factory=list)
    is_signed: bool = False

    def sent(self) -> Iterator[tuple[str, Fields]]:
        """Every way to send it, with a word for it: each button, and each other choice once."""
        said = self.fields | {one.name: one.value for one in self.choices if one.options}
        for button in self.buttons or [("", "")]:
            pressed = said | ({button[0]: button[1]} if button[0] else {})
            yield button[1], tuple(pressed.items())
        for choice in self.choices:
            other = next((one for one in choice.options if one != choice.value), None)
            if other is not None:
                yield choice.name, tuple((said | {choice.name: other}).items())


async def looks(base: str, password: str, found: Sequence[Sight]) -> list[Look]:
    """What the pages that were found can be asked, each kind of question at most twice.

    Raises:
        AssertionError: a look was answered with an error.
    """
    taken: list[Look] = []
    for who in dict.fromkeys(sight.who for sight in found):
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
            await tour.sign_in(session, base, who, password)
            for sight in (one for one in found if one.who == who):
                async with session.get(base + sight.address) as answer:
                    text = await answer.text()
                for look, data in _questions(sight, text):
                    if sum(_alike(look, one) for one in taken) < _MOST_OF_A_KIND:
                        taken += await _ask(session, base, look, data)
    return [one for one in taken if one.status]


def _alike(one: Look, other: Look) -> bool:
    return (one.name, _names(one)) == (other.name, _names(other))


def _names(look: Look) -> str:
    """For an address the names of what it asks, for a form the button or what was chosen anew."""
    if look.method == "post":
        return look.asked.partition(" ")[0]
    return " ".join(sorted({name for name, _ in parse_qsl(urlsplit(look.asked).query)}))


def _questions(sight: Sight, text: str) -> Iterator[tuple[Look, Fields]]:
    for address in tour.links(text):
        kind = tour.kind_of(address)
        if urlsplit(address).query and kind and kind not in tour.NO_PAGES:
            yield Look("get", kind, address, sight.who), ()
    for form in forms(text):
        yield from _of_form(sight, form)


def _of_form(sight: Sight, form: Form) -> Iterator[tuple[Look, Fields]]:
    address = form.action or urlsplit(sight.address).path
    kind = tour.kind_of(address, form.method.upper())
    if not kind or kind in tour.NO_PAGES or form.is_signed or kind.startswith(_OWN):
        return
    for word, data in form.sent():
        if form.method == "get":
            yield Look("get", kind, f"{address}?{urlencode(data)}", sight.who), ()
        else:
            yield Look("post", kind, f"{word} {address}", sight.who), (*data, (IS_BACK, "yes"))


async def _ask(
    session: aiohttp.ClientSession, base: str, look: Look, data: Fields
) -> Iterable[Look]:
    """The look with what it took; one without a status stands for what is no look."""
    address = base + look.asked.rpartition(" ")[2]
    async with session.request(
        look.method, address, data=data or None, allow_redirects=False
    ) as answer:
        assert answer.status < 500, f"{look} was answered with {answer.status}"
        timing = answer.headers.get("Server-Timing")
        if timing is None:
            return [look]
        assert tour.changes(timing, at=address) == 0, f"{look} changed something"
        calls = tour.calls(timing, at=address)
        return [replace(look, status=answer.status, calls=calls)]


def forms(text: str) -> list[Form]:
    """The forms of a page."""
    reader = _Forms()
    reader.feed(text)
    return reader.found


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[Form] = []
        self._form: Form | None = None
        self._area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "form":
            method: Method = "post" if said.get("method") == "post" else "get"
            self._form = Form(method, said.get("action", ""))
            self.found.append(self._form)
        elif self._form is not None:
            self._within(self._form, tag, said)

    def _within(self, form: Form, tag: str, said: dict[str, str]) -> None:
        name, value = said.get("name", ""), said.get("value", "")
        if tag == "button":
            form.buttons += [(name, value)] if name else []
        elif tag == "select":
            form.choices.append(_Choice(name))
        elif tag == "option" and form.choices:
            form.choices[-1].options.append(value)
            if "selected" in said:
                form.choices[-1].chosen = value
        elif tag == "textarea" and name:
            self._area = name
        elif tag == "input" and name and "disabled" not in said:
            _type_in(form, name, value, said)

    def handle_data(self, data: str) -> None:
        if self._form is not None and self._area:
            self._form.fields[self._area] = data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "textarea":
            self._area = ""


def _type_in(form: Form, name: str, value: str, said: dict[str, str]) -> None:
    kind = said.get("type", "text")
    today = clock.real_now().date().isoformat()
    if kind == "password":
        form.is_signed = True
    elif kind == "radio":
        if "checked" in said or name not in form.fields:
            form.fields[name] = value
    elif kind == "checkbox":
        form.fields |= {name: value} if "checked" in said else {}
    elif value or name in _EXAMPLES:
        form.fields[name] = value or _EXAMPLES[name].replace("today", today)
    elif "required" in said:
        form.fields[name] = today if kind == "date" else "25"
