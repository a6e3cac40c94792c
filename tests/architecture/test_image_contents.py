"""What goes into an image: programs and content under version control, nobody and nothing secret.

The recipe's own ``COPY`` lines are followed and ``.dockerignore`` with them, so that this needs no
engine. The demo's cohort is invented and shipped on purpose: its folder alone holds its names.
"""

import re
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT
from tests.support.sentinel import refuse_person

SERVICES = ("assessment", "treatment", "engagement", "portal", "watcher")
SUFFIXES = frozenset(
    {".css", ".html", ".js", ".json", ".mako", ".md", ".po", ".mo", ".png", ".py", ".svg"}
    | {".toml", ".txt", ".cfg"}
)
DEMO = "shared/demo/"
IGNORED = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line]


def is_sent(path: str) -> bool:
    """Whether this file reaches the builder; as in Docker the last line that fits decides."""
    sent = True
    for line in IGNORED:
        pattern = line.removeprefix("!")
        parts = path.split("/")
        heads = ["/".join(parts[:length]) for length in range(1, len(parts) + 1)]
        anywhere = pattern.removeprefix("**/")
        fits = any(fnmatch(head, pattern) for head in heads) or (
            anywhere != pattern and any(fnmatch(part, anywhere) for part in parts)
        )
        sent = line.startswith("!") if fits else sent
    return sent


def copied(service: str, root: Path = ROOT) -> list[Path]:
    """The files of the checkout, tracked or not, that an image of this service is made of."""
    recipe = (ROOT / "deploy/Dockerfile").read_text().replace("${SERVICE}", service)
    found: set[Path] = set()
    for line in re.findall(r"^COPY (?!--from)(.+)$", recipe, flags=re.MULTILINE):
        for source in line.split()[:-1]:
            for path in root.glob(source):
                found |= set(path.rglob("*")) if path.is_dir() else {path}
    return sorted(path for path in found if path.is_file() and is_sent(str(path.relative_to(root))))


@pytest.mark.parametrize("service", SERVICES)
def test_an_image_holds_programs_and_content_and_nothing_else(service: str) -> None:
    strange = [path for path in copied(service) if path.suffix not in SUFFIXES]

    assert len(copied(service)) > 100
    assert strange == []


@pytest.mark.parametrize("service", SERVICES)
def test_an_image_names_nobody(service: str) -> None:
    for path in copied(service):
        name = str(path.relative_to(ROOT))
        if path.suffix != ".png" and not name.startswith(DEMO):
            refuse_person(path.read_text(), where=name)


@pytest.mark.parametrize(
    ("planted", "sent"),
    [
        (".env", False),
        ("data/assessment.db", False),
        ("deploy/secrets/server.key", False),
        ("data/secrets/demo-password", False),
        (".git/config", False),
        ("services/treatment/__pycache__/main.pyc", False),
        ("services/treatment/main.py", True),
        ("deploy/requirements/core.txt", True),
    ],
)
def test_what_lies_about_in_a_checkout_is_not_even_sent(planted: str, *, sent: bool) -> None:
    assert is_sent(planted) is sent


def test_a_planted_file_is_seen(tmp_path: Path) -> None:
    """The walk is of the folder, not of what is under version control."""
    folder = tmp_path / "services/treatment"
    folder.mkdir(parents=True)
    (folder / "left-over.db").write_text("x")

    assert [path.name for path in copied("treatment", tmp_path)] == ["left-over.db"]


def test_no_secret_is_set_in_the_recipe() -> None:
    recipe = (ROOT / "deploy/Dockerfile").read_text()
    named = re.findall(r"^(?:ARG|ENV) (.+)$", recipe, flags=re.MULTILINE)

    assert named
    assert not [line for line in named if re.search(r"(?i)password|secret|token|key", line)]
