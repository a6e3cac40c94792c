"""The tree says what it means: names, sharing, content, secrets, and what a contributor types."""

import ast
import re
import subprocess

import pytest

from tests.architecture.tree import ROOT, SERVICES, imports, modules, toml, tracked

VAGUE = {"utils", "util", "helpers", "helper", "common", "core", "base", "manager", "misc"}
PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")
SECRET = re.compile(
    r"""(?ix) \b(password|passwd|secret|api_?key|token)\b"""
    r"""\s* (?: = \s* | : \s+ ) ["'][^"'\s${}<>]{12,}["']"""
)
INDEX = re.compile(r"(?i)\b(index-url|find-links|registry)\b\s*[=:]?\s*\S*://")
TARGETS = (
    "run test check up down logs walk fmt lint types arch docs samples migration migrate dead"
    " bench lock"
)


def test_nothing_has_a_name_that_says_nothing() -> None:
    code = [path.relative_to(ROOT) for path in tracked() if path.suffix == ".py"]

    assert [str(path) for path in code if {*path.parts[:-1], path.stem} & VAGUE] == []


def test_a_decision_has_a_number_of_its_own() -> None:
    pages = [path for path in tracked() if path.is_relative_to(ROOT / "shared/decisions")]
    numbers = [page.name[:4] for page in pages if page.name[:4].isdigit()]

    assert sorted(set(numbers)) == sorted(numbers)


@pytest.mark.parametrize("package", ["shared/events", "shared/api"])
def test_what_is_shared_is_shared(package: str) -> None:
    """Every module here is something at least two processes must agree on."""
    users: dict[str, set[str]] = {}
    for name, module in modules("services/", "shared/runtime/", "shared/events/__init__"):
        who = "/".join(name.split("/")[:2]) if name.startswith("services/") else "shared/runtime"
        for imported in imports(module):
            users.setdefault(imported, set()).add(who)
    shared = [
        path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".")
        for path in tracked()
        if path.is_relative_to(ROOT / package) and path.suffix == ".py" and path.stem != "__init__"
    ]

    assert {m: users.get(m, set()) for m in shared if len(users.get(m, set())) < 2} == {}


def test_every_module_of_the_runtime_is_used() -> None:
    used: set[str] = set()
    for name, module in modules("services/", "shared/", "tests/"):
        used |= {one for one in imports(module) if not name.endswith(one.replace(".", "/") + ".py")}
    by_path = {"shared.runtime.schema.env"}  # Alembic finds it
    run = set(re.findall(r"-m (shared\.runtime\.[\w.]+)", (ROOT / "Makefile").read_text()))
    unused = [
        dotted
        for name, _ in modules("shared/runtime/")
        if not name.endswith("__init__.py")
        and (dotted := name.removesuffix(".py").replace("/", ".")) not in used | by_path | run
    ]

    assert unused == []


def content_names() -> set[str]:
    """What drugs and instruments are called, from the files that bring them."""
    names = {path.stem for path in ROOT.glob("services/treatment/formulary/*.toml")}
    names |= {path.stem for path in ROOT.glob("services/assessment/instruments/*.toml")}
    for file in (*toml("services/*/formulary/*.toml"), *toml("services/*/instruments/*.toml")):
        names |= {str(file[key]) for key in ("name", "title", "code") if key in file}
    return {name.lower() for name in names if len(name) > 3}


def texts(module: ast.Module) -> list[str]:
    """Every text that code works with; not what it says about itself."""
    about = {
        id(node.value)
        for node in ast.walk(module)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    return [
        node.value
        for node in ast.walk(module)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in about
    ]


def test_no_drug_and_no_instrument_is_named_in_code() -> None:
    names = content_names()
    layers = tuple(
        f"services/{s}/{layer}/"
        for s in SERVICES
        for layer in ("domain", "application", "adapters", "pages", "presenters")
    )
    word = re.compile(rf"\b({'|'.join(map(re.escape, sorted(names)))})\b", re.IGNORECASE)
    named = [
        (path, text)
        for path, module in modules(*layers)
        for text in texts(module)
        if word.search(text)
    ]

    assert {"sertraline", "phq-9", "gad-7"} <= names
    assert named == []


def test_only_the_bus_publishes() -> None:
    """A fact leaves through the outbox; nothing else holds a connection it could leave by."""
    facts = {"fact", "tx", "work", "self"}  # what a use case publishes with is its transaction
    callers = {
        name
        for name, module in modules("services/", "shared/")
        for call in ast.walk(module)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr in {"publish", "publish_async"}
        and not facts & {node.id for node in ast.walk(call) if isinstance(node, ast.Name)}
    }

    assert {name for name in callers if not name.startswith("shared/runtime/bus/")} == set()


def test_no_secret_and_no_package_registry_is_written_down() -> None:
    found = []
    for path in tracked():
        name = path.relative_to(ROOT).as_posix()
        if path.suffix in {".png", ".ico", ".woff2", ".svg"} or name.startswith("tests/"):
            continue
        text = path.read_text(errors="replace")
        for pattern in (PRIVATE_KEY, SECRET, INDEX):
            found += [(name, hit[0][:40]) for hit in pattern.finditer(text)]

    assert found == []


def test_the_makefile_has_what_a_contributor_types() -> None:
    text = (ROOT / "Makefile").read_text()

    assert {t for t in TARGETS.split() if not re.search(rf"(?m)^{t}:", text)} == set()


def test_make_alone_lists_every_target() -> None:
    listed = subprocess.run(
        ["make", "--no-print-directory"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout

    assert {t for t in TARGETS.split() if not re.search(rf"(?m)^ +{t} ", listed)} == set()
