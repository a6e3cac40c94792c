"""An earlier release's files, and this one's in their place."""

import subprocess
from pathlib import Path

import pytest

from tests.faults.earlier import NotHere, files_of, heads, put, require_history


@pytest.fixture
def history(tmp_path: Path) -> Path:
    """Two commits, tagged old and new; a file goes and a migration comes."""
    root = tmp_path / "clone"
    (root / "services/assessment/migrations").mkdir(parents=True)
    git(root, "init", "--quiet")
    first = root / "services/assessment/migrations/0001_first.py"
    first.write_text("one")
    (root / "gone.txt").write_text("old")
    commit(root, "old")
    (root / "gone.txt").unlink()
    first.write_text("one, mended")
    (root / "services/assessment/migrations/0001a_put_in.py").write_text("two")
    commit(root, "new")
    return root


def git(root: Path, *arguments: str) -> None:
    who = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *who, *arguments], cwd=root, check=True, capture_output=True)


def commit(root: Path, tag: str) -> None:
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", tag)
    git(root, "tag", tag)


def test_a_clone_without_that_history_says_so(history: Path, tmp_path: Path) -> None:
    require_history("old", root=history)

    for root, commit in ((history, "0123abc"), (history, "no-such-tag"), (tmp_path, "old")):
        with pytest.raises(NotHere, match=f"does not have commit {commit}"):
            require_history(commit, root=root)


def test_this_commit_takes_the_place_of_that_and_settings_stay(
    history: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "installed"
    folder.mkdir()
    put("old", folder, root=history)
    assert (folder / "gone.txt").read_text() == "old"
    (folder / ".env").write_text("MOORING_DEMO=true\n")

    put("new", folder, instead_of="old", root=history)

    there = {str(it.relative_to(folder)) for it in folder.rglob("*") if it.is_file()}
    assert there == {".env", *files_of("new", root=history)}
    assert (folder / "services/assessment/migrations/0001_first.py").read_text() == "one, mended"


def test_the_newest_migrations_are_named(history: Path) -> None:
    assert heads("old", root=history) == {"assessment": "0001"}
    assert heads("new", root=history) == {"assessment": "0001a"}
