"""From a real earlier release to this one and back: ``make upgrade-from FROM_COMMIT=...``.

In a folder of its own, as an operator would: the files of that commit and `make up`; then this
commit's files in their place, as a pull brings them; then the upgrade, back to the images of the
earlier release, forth again, and the end of it, while people are enrolled (``test_upgrade``). That
release's own code reads every sample of this one's facts first: both speak while both are there.
It begins with nothing, so no other installation may be on this machine.
"""

import io
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

ROOT = Path(__file__).parents[2]
PROJECT = "mooring"
TO = "0.0.0-newer"
_MIGRATION = re.compile(r"services/(\w+)/migrations/(\d\w+?)_")

out = Console(soft_wrap=True, highlight=False)


class NotHere(Exception):
    """It cannot be tried here. The sentence says why, and what to do."""


def require_history(commit: str, *, root: Path = ROOT) -> None:
    """Say it plainly when this clone does not have that commit.

    Raises:
        NotHere: it has not.
    """
    known = _git(root, "cat-file", "-e", f"{commit}^{{commit}}", check=False)
    if known.returncode:
        raise NotHere(
            f"This clone does not have commit {commit}, so an upgrade from it was not tried:"
            " git fetch --unshallow, or a FROM_COMMIT= of git log."
        )


def heads(commit: str, *, root: Path = ROOT) -> Mapping[str, str]:
    """Each service's newest migration at a commit."""
    newest: dict[str, str] = {}
    for file in files_of(commit, root=root):
        if found := _MIGRATION.match(file):
            service, revision = found.groups()
            newest[service] = max(revision, newest.get(service, ""))
    return newest


def files_of(commit: str, *, root: Path = ROOT) -> Sequence[str]:
    """The files of a commit."""
    listed = _git(root, "ls-tree", "-r", "-z", "--name-only", commit).stdout
    return [name.decode() for name in listed.split(b"\0") if name]


def put(commit: str, folder: Path, *, instead_of: str | None = None, root: Path = ROOT) -> None:
    """A commit's files in a folder; those of another that it lacks are taken away. What no commit
    holds, such as settings and secrets, stays."""
    for name in files_of(instead_of, root=root) if instead_of else ():
        (folder / name).unlink(missing_ok=True)
    archive = _git(root, "archive", commit).stdout
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        files.extractall(folder, filter="data")


def require_nothing_here() -> None:
    """Another installation's containers and data have the same names.

    Raises:
        NotHere: there is one, or there is no engine to ask.
    """
    ours = ("--filter", f"label=com.docker.compose.project={PROJECT}", "--quiet")
    for what in (("ps", "--all"), ("volume", "ls")):
        try:
            done = subprocess.run(["docker", *what, *ours], capture_output=True, check=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise NotHere("No Docker engine answers here.") from error
        if done.stdout.strip():
            raise NotHere(
                "An installation is on this machine, and this would take its place:"
                " end it with all its data (docker compose down --volumes), or use another one."
            )


def _git(root: Path, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["git", *arguments], cwd=root, capture_output=True, check=check)


def _do(folder: Path, *command: str, **more: str) -> None:
    out.print(f"→ {' '.join(command)}")
    subprocess.run(command, cwd=folder, env=os.environ | more, check=True)


def rehearse(commit: str, folder: Path) -> None:
    """All of it.

    Raises:
        subprocess.CalledProcessError: one step failed; everything is left as it is.
    """
    put(commit, folder)
    read = (str(ROOT / "tests/faults/read_samples.py"), str(ROOT / "tests/contract/samples"))
    _do(folder, sys.executable, *read, PYTHONPATH=str(folder))
    if (settings := ROOT / ".env").exists():
        kept = [it for it in settings.read_text().splitlines() if "MOORING_RELEASE=" not in it]
        (folder / ".env").write_text("".join(f"{line}\n" for line in kept))
        (folder / ".env").chmod(0o600)
    _do(folder, "make", "up")
    put("HEAD", folder, instead_of=commit)
    tests = ("-m", "pytest", "-s", "-p", "no:cacheprovider", "tests/faults/test_upgrade.py")
    _do(folder, sys.executable, *tests, MOORING_FAULTS="1")
    _do(folder, "make", "upgrade", f"TO={TO}")
    _do(folder, "make", "upgrade", "FINISH=1")


def main(
    commit: Annotated[str, typer.Argument(help="The earlier release, as git names it.")],
    keep: Annotated[bool, typer.Option(help="Leave it running at the end.")] = False,
) -> None:
    """Upgrade from a commit to HEAD, on a machine without another installation.

    Exit 1 when a step failed, and then everything is left for looking at; 2 when it could not be
    tried.
    """
    try:
        require_history(commit)
        require_nothing_here()
    except NotHere as why:
        out.print(str(why))
        raise typer.Exit(2) from None
    folder = Path(tempfile.mkdtemp(prefix="mooring-earlier-"))
    out.print(f"from {commit} {dict(heads(commit))}")
    out.print(f"to HEAD {dict(heads('HEAD'))}, in {folder}")
    try:
        rehearse(commit, folder)
    except subprocess.CalledProcessError as failed:
        out.print(f"failed: {failed}; look at it in {folder}")
        raise typer.Exit(1) from None
    if not keep:
        _do(folder, "docker", "compose", "down", "--volumes")
        shutil.rmtree(folder)
    out.print("upgraded, back, upgraded again and finished; nobody was lost on the way")


if __name__ == "__main__":
    typer.run(main)
