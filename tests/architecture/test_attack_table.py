"""The table of attacks is complete: every case is tried by tests that exist, or says why not."""

import ast
import re
import tomllib
from functools import cache

from tests.architecture.tree import ROOT

TESTS = ROOT / "tests"
TABLE = tomllib.loads((TESTS / "attacks.toml").read_text(encoding="utf-8"))
CASES = 100
LINK = re.compile(r'(?:href|src|action)="(https?:)?//', re.IGNORECASE)
BESIDE_A_FORM = re.compile(
    r'<a [^>]*href="(?:/sign-in/elsewhere\?|{{ again\.href }}")[^>]*target="_blank" rel="noopener">'
)
"""The two ways of ours to the clinic's own sign-in that leave a form open in its tab. What opens
there cannot reach back: not without ``rel``, in an old browser."""
DANGEROUS = {"pickle", "marshal", "shelve", "dill", "jsonpickle"}


@cache
def found_in(path: str) -> frozenset[str]:
    tree = ast.parse((TESTS / path).read_text(encoding="utf-8"))
    return frozenset(
        node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )


def test_every_case_is_in_the_table_and_nothing_else_is() -> None:
    assert sorted(map(int, TABLE)) == list(range(1, CASES + 1))


def test_every_case_is_tried_or_says_why_not() -> None:
    for number, case in TABLE.items():
        assert set(case) <= {"what", "tests", "skipped", "gap"}, number
        assert bool(case.get("tests")) is not bool(case.get("skipped")), number
        assert len(case.get("skipped", "a sentence of some length")) > 20, number


def test_every_test_in_the_table_exists() -> None:
    for number, case in TABLE.items():
        for name in case.get("tests", ()):
            path, _, test = name.partition("::")
            assert test in found_in(path), f"case {number}: {name} is not there"


def test_most_cases_are_tried() -> None:
    assert sum("tests" in case for case in TABLE.values()) >= 85


def test_nothing_is_unpickled_or_evaluated() -> None:
    for folder in ("services", "shared"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Import):
                    assert not DANGEROUS & {name.name for name in node.names}, path
                if isinstance(node, ast.ImportFrom):
                    assert node.module not in DANGEROUS, path
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                    assert node.func.id not in {"eval", "exec"}, f"{path}:{node.lineno}"


def test_no_page_leads_to_another_site() -> None:
    for path in (ROOT / "services/portal/templates").glob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert not LINK.search(text), path
        assert text.count("target=") == len(BESIDE_A_FORM.findall(text)), path
