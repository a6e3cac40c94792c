"""Is anything secret in the repository? ``python -m tests.secret_scan``; part of ``make check``.

Every file under version control is read by detect-secrets. A line that only looks like a secret
says so itself: ``pragma: allowlist secret``.
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from detect_secrets.core.potential_secret import PotentialSecret
from detect_secrets.core.scan import scan_file
from detect_secrets.settings import transient_settings

ROOT = Path(__file__).parent.parent
EVERYWHERE = (
    "ArtifactoryDetector",
    "AWSKeyDetector",
    "AzureStorageKeyDetector",
    "BasicAuthDetector",
    "DiscordBotTokenDetector",
    "GitHubTokenDetector",
    "GitLabTokenDetector",
    "JwtTokenDetector",
    "MailchimpDetector",
    "NpmDetector",
    "OpenAIDetector",
    "PrivateKeyDetector",
    "PypiTokenDetector",
    "SendGridDetector",
    "SlackDetector",
    "StripeDetector",
    "TwilioKeyDetector",
)
OUTSIDE_TESTS = ({"name": "KeywordDetector"}, {"name": "Base64HighEntropyString", "limit": 4.5})
"""What guesses by a name or by disorder: passwords of tests are meant to be read."""
NOT_READ = (".lock", ".txt", ".po", ".pdf", ".png", ".json", "SHA256SUMS")
"""Hashes of packages and samples, translations, pictures."""


def files() -> tuple[Path, ...]:
    """Everything under version control that a person wrote."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    found = (ROOT / name for name in listed.split("\0") if name)
    return tuple(path for path in found if path.is_file() and not path.name.endswith(NOT_READ))


def suspicions(paths: tuple[Path, ...]) -> Iterator[PotentialSecret]:
    """What looks like a secret."""
    tests = ROOT / "tests"
    everywhere = [{"name": name} for name in EVERYWHERE]
    for plugins, read in (
        (everywhere, paths),
        (list(OUTSIDE_TESTS), [path for path in paths if tests not in path.parents]),
    ):
        settings = {
            "plugins_used": plugins,
            "filters_used": [
                {"path": "detect_secrets.filters.allowlist.is_line_allowlisted"},
                {"path": "detect_secrets.filters.heuristic.is_potential_uuid"},
                {"path": "detect_secrets.filters.heuristic.is_templated_secret"},
                {"path": "detect_secrets.filters.heuristic.is_indirect_reference"},
                {"path": "detect_secrets.filters.heuristic.is_sequential_string"},
            ],
        }
        with transient_settings(settings):
            for path in read:
                yield from scan_file(str(path))


def main() -> int:
    """Name each suspicion without showing it; how many there are is the exit code."""
    paths = files()
    found = sorted({(s.filename, s.line_number, s.type) for s in suspicions(paths)})
    for name, line, kind in found:
        print(f"{Path(name).relative_to(ROOT)}:{line}: {kind}")
    print(f"{len(paths)} files read, {len(found)} suspicions")
    return min(len(found), 99)


if __name__ == "__main__":
    sys.exit(main())
