"""The language a page speaks, and the one way for words to get into it.

Presenters write ``_("Due %(day)s", day=said)`` and ``ngettext("%(num)s step", "%(num)s steps",
number)``; templates write ``{{ _("…") }}`` and ``{% trans %}``. English is the language of the
sources; every other one is a catalogue under ``services/portal/locale``. A literal percent sign
is written ``%%``, here as in templates. A table made at import is ``said({"code": mark("…")})``,
because the language is known only when it is read.

What services say (rules, doses, names of instruments) is content with a review of its own; it
is shown in the language it was reviewed in, and only its dates and decimals are put in ours.
"""

import gettext as catalogues
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache, lru_cache
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.dates import format_date, get_month_names
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_currency, format_decimal, get_decimal_symbol

FOLDER = Path(__file__).parent.parent / "locale"
DOMAIN = "portal"


@dataclass(frozen=True, slots=True)
class Language:
    """One language pages can speak. ``day``, ``birth`` and ``short`` are CLDR patterns of a date;
    ``reviewed`` says whether a clinician of that language has read the catalogue."""

    code: str
    name: str
    locale: str
    day: str
    birth: str
    short: str
    reviewed: bool


LANGUAGES = {
    language.code: language
    for language in (
        Language("en", "English", "en_GB", "EEE d MMMM y", "d MMMM y", "d MMM", reviewed=True),
        Language("de", "Deutsch", "de", "EEE d. MMMM y", "d. MMMM y", "d. MMM", reviewed=False),
    )
}
SOURCE = LANGUAGES["en"]

_current: ContextVar[Language] = ContextVar("language", default=SOURCE)


def current() -> Language:
    """The language of this request."""
    return _current.get()


def speak(code: str) -> None:
    """From here to the end of this request pages speak this language."""
    _current.set(LANGUAGES.get(code, SOURCE))


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """A language for a while."""
    token = _current.set(LANGUAGES[code])
    try:
        yield
    finally:
        _current.reset(token)


def chosen(wish: str, accepted: str) -> str:
    """The language somebody chose, or else the first one we have that their browser accepts.

    ``accepted`` is an Accept-Language header; its order of preference is followed.
    """
    if wish in LANGUAGES:
        return wish
    ranges = (_preference(part) for part in accepted[:200].split(","))
    ordered = sorted(ranges, key=lambda one: -one[1])
    return next((code for code, weight in ordered if code in LANGUAGES and weight), SOURCE.code)


def gettext(message: str, /, **values: object) -> str:
    """The message in this request's language."""
    return _catalogue(current().code).gettext(message) % values


def ngettext(singular: str, plural: str, number: int, /, **values: object) -> str:
    """The message for a number, which is ``%(num)s`` in it."""
    said = _catalogue(current().code).ngettext(singular, plural, number)
    return said % {"num": number, **values}


def mark(message: str) -> str:
    """Marks words of a table for the catalogue; they are said with ``gettext`` when read."""
    return message


class _Said(Mapping[str, str]):
    def __init__(self, table: Mapping[str, str]) -> None:
        self._table = dict(table)

    def __getitem__(self, key: str) -> str:
        return gettext(self._table[key])

    def __iter__(self) -> Iterator[str]:
        return iter(self._table)

    def __len__(self) -> int:
        return len(self._table)


def said(table: Mapping[str, str]) -> Mapping[str, str]:
    """A table of marked words; reading from it says them in this request's language."""
    return _Said(table)


def raw_gettext(message: str) -> str:
    """For the template engine, which fills in values itself."""
    return _catalogue(current().code).gettext(message)


def raw_ngettext(singular: str, plural: str, number: int) -> str:
    """For the template engine, which fills in values itself."""
    return _catalogue(current().code).ngettext(singular, plural, number)


def day(value: date) -> str:
    """A date with its weekday: ``Tue 4 May 2027``, ``Di. 4. Mai 2027``."""
    return _date(value, current().code, "day")


def birth_day(value: date) -> str:
    """A date of birth: ``4 May 1956``."""
    return _date(value, current().code, "birth")


def month(value: date) -> str:
    """A month and its year: ``May 2027``."""
    names = get_month_names("abbreviated", context="stand-alone", locale=current().locale)
    return f"{names[value.month]} {value.year}"


def short_day(value: date) -> str:
    """A day on an axis: ``4 May``."""
    return _date(value, current().code, "short")


def decimal(value: Decimal | int) -> str:
    """A number as it is, without grouping and without zeros at its end: ``12.5``, ``12,5``."""
    return format_decimal(
        value, locale=current().locale, group_separator=False, decimal_quantization=False
    )


def money(amount: Decimal, currency: str) -> str:
    """An amount with its currency, as it is written here: ``£2.50``, ``2,50 £``."""
    return format_currency(amount, currency, locale=current().locale)


def decimal_sign() -> str:
    """What stands before the fraction of a number."""
    return get_decimal_symbol(current().locale)


def read_all() -> Mapping[str, catalogues.NullTranslations]:
    """Every catalogue, compiled; at the start, so that no page waits for it.

    Raises:
        FileNotFoundError: the installation is incomplete.
    """
    return {code: _catalogue(code) for code in LANGUAGES}


def file_of(code: str) -> Path:
    """The catalogue of a language as translators edit it."""
    return FOLDER / code / "LC_MESSAGES" / f"{DOMAIN}.po"


def offered() -> Sequence[Language]:
    """All languages, in their own names."""
    return tuple(LANGUAGES.values())


@cache
def _catalogue(code: str) -> catalogues.NullTranslations:
    if code == SOURCE.code:
        return catalogues.NullTranslations()
    with file_of(code).open("rb") as file:
        catalogue = read_po(file, locale=code)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return catalogues.GNUTranslations(compiled)


@lru_cache(maxsize=4096)
def _date(value: date, code: str, pattern: str) -> str:
    language = LANGUAGES[code]
    return format_date(value, getattr(language, pattern), locale=Locale.parse(language.locale))


def _preference(part: str) -> tuple[str, float]:
    tag, _, weight = part.partition(";q=")
    try:
        return tag.strip().lower().partition("-")[0], float(weight or 1)
    except ValueError:
        return "", 0.0
