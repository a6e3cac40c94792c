"""Whatever a page says passes through the catalogue: no English sentence is built beside it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.portal.presenters import language

PORTAL = language.FOLDER.parent
SOURCES = sorted([*PORTAL.glob("presenters/*.py"), *PORTAL.glob("pages/*.py")])
MARKS = frozenset({"_", "gettext", "ngettext", "mark"})
TABS = frozenset({"Overview", "Timeline", "Pathway", "Course", "Support", "Reminders", "Details"})
"""Parts of a record are known by their English title; presenters/record.py marks and says it."""
HEADERS = frozenset({"Accept", "Location", "Origin", "Referer", "Vary", "Lax", "Strict"})
"""Of HTTP: read by browsers."""
NOT_SAID = {
    "pages/feed.py": {
        "There is no such calendar.\n": "read by a calendar program, which no catalogue knows",
        "Please ask again later.\n": "read by a calendar program, which no catalogue knows",
    },
    "pages/handouts.py": {
        "Letter": "a size of paper, in a style sheet",
        "a sheet loads nothing: ": "for a log",
        "\n@page { size: ": "a style sheet",
        "; margin: ": "a style sheet",
    },
    "pages/routes.py": {" is meant for ": "stops the start; for whoever writes pages"},
    "pages/scripts.py": {
        "The user name and the password do not belong together.": "the interface for scripts",
        "Send the one-time code too; each works once.": "the interface for scripts",
        "This account is locked. A lead or operations can unlock it.": "the interface for scripts",
        "This installation knows no passwords.": "the interface for scripts",
        "This is a restored copy: two people (operations or leads) have to release it.": (
            "the interface for scripts"
        ),
        "Too many tries; wait ": "the interface for scripts",
        " seconds.": "the interface for scripts",
    },
    "pages/theme.py": {
        "htmx is missing: install the package django-js-lib-htmx": "stops the start",
    },
    "presenters/check_ins.py": {"Words": "the name of a class"},
    "presenters/crisis.py": {": nothing is said about it": "stops the start"},
    "presenters/drafts.py": {
        "Draft": "the name of a class",
        "Value error, ": "taken away from what a library says",
    },
    "presenters/language.py": {
        "English": "a language is named in its own words",
        "Deutsch": "a language is named in its own words",
    },
    "presenters/people.py": {"Etc": "the beginning of some time zones' names"},
    "presenters/record.py": {"Cautions": "the name of a class"},
}
"""What looks like words and is not said on a page, file by file, each with its reason."""


def name_of(source: Path) -> str:
    return source.relative_to(PORTAL).as_posix()


@pytest.mark.parametrize("source", SOURCES, ids=name_of)
def test_whatever_is_said_is_marked(source: Path) -> None:
    excused = NOT_SAID.get(name_of(source), {}).keys() | TABS | HEADERS

    unmarked = [one for one in unmarked_words(source.read_text()) if one[1] not in excused]

    assert unmarked == []


def test_every_exception_is_still_needed() -> None:
    needed = {
        name_of(source): {said for _line, said in unmarked_words(source.read_text())}
        for source in SOURCES
    }

    left = {name: texts.keys() - needed[name] for name, texts in NOT_SAID.items()}

    assert {name: texts for name, texts in left.items() if texts} == {}


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('title = "Not known"', ["Not known"]),
        ('title = _("Not known")', []),
        ('title = ngettext("%(num)s day", "%(num)s days", number)', []),
        ('said = mark("Not known")', []),
        ('line = f"Took it until {day}"', ["Took it until "]),
        ('line = f"{total}, on {day}"', [", on "]),
        ('line = f"{name}: {value}"', []),
        ('code = "not-known"', []),
        ('path = "/patients/new"', []),
        ('def f():\n    """Says it in words."""', []),
        ('class A:\n    field: str\n    """What it is for."""', []),
    ],
)
def test_words_are_told_from_codes(source: str, found: list[str]) -> None:
    assert [said for _line, said in unmarked_words(source)] == found


def unmarked_words(source: str) -> Iterator[tuple[int, str]]:
    """Line and text of each literal that reads like words and is neither marked nor a comment."""
    tree = ast.parse(source)
    passed = set(_explanations(tree)) | set(_marked(tree))
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in passed
            and _reads_like_words(node.value)
        ):
            yield node.lineno, node.value


def _explanations(tree: ast.AST) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr):
            yield id(node.value)


def _marked(tree: ast.AST) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MARKS:
            for argument in node.args:
                yield from map(id, ast.walk(argument))


_TWO_WORDS = re.compile(r"[A-Za-z]{2,} [A-Za-z]{2,}")
_ONE_WORD = re.compile(r"[A-Z][a-z]+[.:!?]?")
_WORD_BESIDE_A_VALUE = re.compile(r"(?:^|[ ,;(])[A-Za-z]{2,}[.,:)]? $|^[,;.(]* [A-Za-z]{2,}\b")


def _reads_like_words(text: str) -> bool:
    return bool(
        _TWO_WORDS.search(text)
        or _ONE_WORD.fullmatch(text.strip())
        or _WORD_BESIDE_A_VALUE.search(text)
    )
