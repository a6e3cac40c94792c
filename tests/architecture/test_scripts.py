"""What the operating scripts decide by themselves, without an engine or a container."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def shell(program: str) -> str:
    """What a program says that has the scripts' shared part."""
    sourced = f"source deploy/scripts/lib.sh; {program}"
    command = ["bash", "-c", sourced]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("lines", "nowhere"),
    [
        ("MOORING_DEMO=false", True),
        ("", True),
        ("MOORING_DEMO=false\nMOORING_SMTP_HOST=", True),
        ("MOORING_DEMO=false\nMOORING_SMTP_HOST=mail", True),
        ("MOORING_DEMO=false\nMOORING_SMTP_HOST=mail.clinic.example", False),
        ("MOORING_DEMO=true", False),
    ],
)
def test_a_live_installation_whose_mail_ends_in_the_catcher_is_named(
    tmp_path: Path, lines: str, *, nowhere: bool
) -> None:
    (tmp_path / "env").write_text(f"{lines}\n")
    said = shell(f"settings={tmp_path / 'env'}; mail_goes_nowhere && echo nowhere || true")
    assert (said == "nowhere") is nowhere


@pytest.mark.parametrize("script", ["up.sh", "doctor.sh"])
def test_both_scripts_that_look_say_so(script: str) -> None:
    text = (ROOT / "deploy/scripts" / script).read_text()
    assert "if mail_goes_nowhere; then" in text
    assert '"$nobody_is_told"' in text
