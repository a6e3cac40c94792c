"""The Compose files as Compose itself adds them up; that needs its plugin, but no engine."""

import json
import os
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
ASKED_FOR = {
    "MOORING_SMTP_HOST": "mail.clinic.example",
    "MOORING_MAIL_FROM": "mooring@clinic.example",
    "MOORING_MAIL_TO": "operations@clinic.example",
    "MOORING_OIDC_ISSUER": "https://login.clinic.example",
    "MOORING_OIDC_CLIENT_ID": "mooring",
}
"""What overlays do not render without."""


@cache
def can_render() -> bool:
    """Whether the plugin is here."""
    if not shutil.which("docker"):
        return False
    command = ["docker", "compose", "version"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@cache
def rendered(*overlays: str) -> dict[str, Any]:
    """The whole, with the settings of nobody: neither an ``.env`` that is here nor this shell's.

    Raises:
        AssertionError: Compose refuses the files; with what it said.
    """
    files = ["docker-compose.yml", *(f"deploy/{overlay}" for overlay in overlays)]
    command = ["docker", "compose", "--env-file", os.devnull]
    command += [part for file in files for part in ("--file", file)]
    ours = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    done = subprocess.run(
        [*command, "config", "--format", "json"],
        cwd=ROOT,
        env=ours | ASKED_FOR,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found
