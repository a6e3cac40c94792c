"""What an auditor asks for, in one folder: what it is made of, by which rules, and what was shown.

Nothing is made up here: a report that was not run is named as missing.
"""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "build/evidence"
PAGES = (
    "services/assessment/RULES.md",
    "services/treatment/TAPER_RULES.md",
    "shared/EVENTS.md",
    "shared/access.toml",
    "deploy/RUNBOOK.md",
)
REPORTS = {
    "build/drill.json": "make drill",
    "build/tests.xml": "make test",
    "build/tests-alone.xml": "make test",
}
CONTENT = ("services/*/content/**/*.toml", "services/*/instruments/*.toml")
CONTENT += ("services/*/formulary/*.toml", "services/*/policies/*.toml")


def main() -> int:
    """Gather it; print what is there and what is missing."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    for page in PAGES:
        shutil.copy(ROOT / page, FOLDER)
    shutil.copytree(ROOT / "build/sbom", FOLDER / "sbom")
    for pattern in CONTENT:
        for source in ROOT.glob(pattern):
            target = FOLDER / "content" / source.relative_to(ROOT / "services")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
    _say("formulary.txt", "services.treatment", "formulary", "check")
    missing = [f"{name} ({how})" for name, how in REPORTS.items() if not _took(name)]
    commit = _told("git", "rev-parse", "HEAD")
    (FOLDER / "RELEASE").write_text(f"{commit}\n")
    files = sum(path.is_file() for path in FOLDER.rglob("*"))
    print(f"  {files} files in {FOLDER.relative_to(ROOT)}, of commit {commit[:12]}")
    for name in missing:
        print(f"  missing, because it was not run here: {name}")
    return 0


def _took(name: str) -> bool:
    if (ROOT / name).exists():
        shutil.copy(ROOT / name, FOLDER)
        return True
    return False


def _say(name: str, *module: str) -> None:
    (FOLDER / name).write_text(_told(sys.executable, "-m", *module))


def _told(*command: str) -> str:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
