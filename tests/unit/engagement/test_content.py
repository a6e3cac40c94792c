"""A content file that cannot be used stops the start, by file, key and reason."""

import shutil
from pathlib import Path

import pytest

from services.engagement.adapters.content import FOLDER, BadContent, load

BROKEN = [
    ("cadence.toml", 'reminders_at = "09:00"', 'reminders_at = "21:30"', "20:30"),
    ("cadence.toml", 'zone = "Europe/London"', 'zone = "Mars/Olympus"', "clinic"),
    ("cadence.toml", 'closes = "17:00"', 'closes = "08:00"', "closes"),
    ("cadence.toml", "longest_hours = 72", "longest_hours = 100", "longest_hours"),
    ("cadence.toml", "working_days = 3", "working_days = 0", "working_days"),
    ("ladders/routine.toml", "after_working_hours = 16", "after_working_hours = 2", "rung"),
    ("ladders/routine.toml", "after_working_hours = 16", "after_minutes = 9999", "ladder"),
    ("ladders/routine.toml", 'role = "prescriber"', 'role = "wizard"', "role"),
    ("ladders/routine.toml", 'grade = "PD"', "", "grade"),
    ("kinds/change-day.toml", 'ladders = ["routine"]', 'ladders = ["rope"]', "rope"),
    ("kinds/change-day.toml", "{dose_text}", "{password}", "password"),
    ("kinds/change-day.toml", "{dose_text}", "{dose_text.__class__}", "dose_text"),
    ("kinds/change-day.toml", "{step_count}", "{dose_text}", "title_medicine"),
    ("kinds/sign-taper.toml", "before it is signed.", "before it is signed: {drug}.", "drug"),
    ("kinds/change-day.toml", 'action = "take-step"', 'action = "guess"', "action"),
    ("kinds/change-day.toml", "risk = 4", "risk = 4\nsurprise = 1", "surprise"),
    ("kinds/change-day.toml", "risk = 4", "risk = = 4", "change-day.toml"),
]


@pytest.mark.parametrize(
    ("name", "good", "bad", "named"), BROKEN, ids=[f"{row[0]}: {row[2]}" for row in BROKEN]
)
def test_a_bad_file_is_refused_by_name_and_reason(
    tmp_path: Path, name: str, good: str, bad: str, named: str
) -> None:
    folder = tmp_path / "content"
    shutil.copytree(FOLDER, folder)
    text = (folder / name).read_text()
    assert good in text
    (folder / name).write_text(text.replace(good, bad, 1))

    with pytest.raises(BadContent) as refused:
        load(folder)

    assert name in str(refused.value)
    assert named in str(refused.value)


def test_a_kind_nobody_described_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "content"
    shutil.copytree(FOLDER, folder)
    (folder / "kinds" / "change-day.toml").unlink()

    with pytest.raises(BadContent, match="change-day"):
        load(folder)


def test_every_figure_names_its_source_and_grade() -> None:
    for path in FOLDER.rglob("*.toml"):
        text = path.read_text()

        assert "source = " in text, path
        assert "grade = " in text, path
        assert 'status = "pending human review"' in text, path
