"""Every check there is, none stopping the next; prints what failed and how many."""

import subprocess
import sys
import time
from pathlib import Path

BIN = Path(sys.executable).parent
PYTHON = str(BIN / "python")

CHECKS: dict[str, list[str]] = {
    "tests": [PYTHON, "-m", "pytest"],
    "style": [str(BIN / "ruff"), "check", "."],
    "format": [str(BIN / "ruff"), "format", "--check", "."],
    "types": [str(BIN / "mypy")],
    "secrets": [PYTHON, "-m", "tests.secret_scan"],
    "import contracts": [str(BIN / "lint-imports")],
    "generated pages are current": [PYTHON, "-m", "shared.runtime.catalogue_docs", "check"],
    "the walk, from a cold start": [PYTHON, "-m", "tests.system.walk", "--cold"],
}


def main() -> int:
    """Run them all; the number that failed is the exit code."""
    left_out = set(sys.argv[2:]) if sys.argv[1:2] == ["--without"] else set()
    failed = []
    for name, command in CHECKS.items():
        if name in left_out:
            continue
        print(f"\n── {name}: {' '.join(Path(part).name for part in command)}", flush=True)
        began = time.monotonic()
        if subprocess.run(command, check=False, cwd=Path(__file__).parent.parent).returncode:
            failed.append(name)
        print(f"── {name}: {time.monotonic() - began:.0f} s", flush=True)
    ran = len(CHECKS) - len(left_out)
    print(f"\n{ran - len(failed)} passed, {len(failed)} failed")
    for name in failed:
        print(f"   failed: {name}")
    return len(failed)


if __name__ == "__main__":
    sys.exit(main())
