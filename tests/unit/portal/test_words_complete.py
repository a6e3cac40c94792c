"""Every word of a page that the sources mark stands in every catalogue, whole."""

import re
from collections.abc import Iterator
from functools import cache

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

from services.portal.presenters import language

PORTAL = language.FOLDER.parent
OTHERS = sorted(language.LANGUAGES.keys() - {language.SOURCE.code})
Words = tuple[str, ...]


@cache
def in_sources() -> dict[Words, str]:
    """Every message that pages and presenters say, and where the first of them stands. A message
    with a plural is both of its forms."""
    with (language.FOLDER / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)
    keywords = DEFAULT_KEYWORDS | {"mark": None}
    found: dict[Words, str] = {}
    for path, line, said, _comments, _context in extract_from_dir(
        PORTAL, methods, options, keywords
    ):
        found.setdefault(forms(said), f"{path}:{line}")
    return found


def forms(said: str | list[str] | tuple[str, ...]) -> Words:
    return (said,) if isinstance(said, str) else tuple(said)


def catalogue(code: str) -> Catalog:
    with language.file_of(code).open("rb") as file:
        return read_po(file, locale=code)


def translations(message: Message) -> Words:
    return forms(message.string)


def messages(code: str) -> Iterator[tuple[Words, Message]]:
    for message in catalogue(code):
        if message.id:
            yield forms(message.id), message


def test_the_sources_have_many_words() -> None:
    """The extraction reads pages, presenters and templates, and the tables made at import."""
    found = in_sources()
    folders = {where.split("/")[0] for where in found.values()}

    assert folders == {"pages", "presenters", "templates"}
    assert ("The person is enrolled.",) in found
    assert any(len(said) == 2 for said in found)


@pytest.mark.parametrize("code", OTHERS)
def test_no_message_is_missing(code: str) -> None:
    said = {
        words
        for words, message in messages(code)
        if not message.fuzzy and all(form.strip() for form in translations(message))
    }
    missing = {where: words for words, where in in_sources().items() if words not in said}

    assert missing == {}


@pytest.mark.parametrize("code", OTHERS)
def test_every_value_of_a_message_is_in_its_translation(code: str) -> None:
    """A name that is left out loses a dose or a day; one that is not there ends the page."""
    value = re.compile(r"%\((\w+)\)")
    wrong = [
        words
        for words, message in messages(code)
        if words in in_sources()
        and any(
            set(value.findall(form)) - {"num"} != set(value.findall(words[-1])) - {"num"}
            for form in translations(message)
        )
    ]

    assert wrong == []


@pytest.mark.parametrize("code", OTHERS)
def test_a_plural_has_as_many_forms_as_its_language(code: str) -> None:
    expected = catalogue(code).num_plurals
    wrong = [
        words
        for words, message in messages(code)
        if len(words) == 2 and len(translations(message)) != expected
    ]

    assert wrong == []


def test_no_template_says_anything_outside_the_catalogue() -> None:
    """What stands bare in a template is English in every language."""
    bare = {
        template.name: said
        for template in sorted((PORTAL / "templates").glob("*.html"))
        if (said := [*bare_words(template.read_text())])
    }

    assert bare == {}


_SAID = re.compile(r"\{%-?\s*trans\b.*?endtrans\s*-?%\}", re.DOTALL)
_CODE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_TAG = re.compile(r"<!--.*?-->|<[^>]*>", re.DOTALL)
_WORD = re.compile(r"[A-Za-z]{2}")
_ATTRIBUTE = re.compile(r"\s*[a-z-]+=")
_NAMES = frozenset({"Mooring", "· Mooring", "PDF A4", "PDF Letter", "id"})


def bare_words(template: str) -> Iterator[str]:
    """What is left of a template without its tags and its code."""
    text = _TAG.sub("\n", _CODE.sub("", _SAID.sub("", template)))
    for line in text.splitlines():
        named = line.strip() in _NAMES or _ATTRIBUTE.match(line)
        if _WORD.search(line) and not named:
            yield line.strip()
