"""The deployer's file of how long what is kept: both sides of every bound, and what is refused."""

from datetime import timedelta
from pathlib import Path

import pytest

from shared.runtime.retention import ANSWERS, EVENTS, Periods, periods
from shared.runtime.retention_file import Kept, read_kept
from shared.runtime.settings import ServiceSettings

SOURCE = 'source = "a rule of this test"'


def written(folder: Path, text: str) -> Path:
    """A file like that."""
    path = folder / "retention.toml"
    path.write_text(text)
    return path


def test_without_a_file_everything_is_as_the_product_does_by_itself() -> None:
    assert read_kept(None) == Kept()
    assert periods(Kept()) == Periods(EVENTS, ANSWERS)


def test_each_class_has_a_time_of_its_own(tmp_path: Path) -> None:
    tables = "\n".join(
        f"[{name}]\n{key} = {value}\n{SOURCE}"
        for name, key, value in (
            ("contact", "after_care_years", 20),
            ("events", "days", 90),
            ("answers", "days", 3),
            ("notices", "days", 365),
        )
    )

    kept = read_kept(written(tmp_path, tables))

    assert kept.contact is not None
    assert kept.notices is not None
    assert (kept.contact.after_care_years, kept.notices.days) == (20, 365)
    assert periods(kept) == Periods(timedelta(days=90), timedelta(days=3))


@pytest.mark.parametrize(
    ("table", "key", "value", "fits"),
    [
        ("contact", "after_care_years", 1, True),
        ("contact", "after_care_years", 0, False),
        ("contact", "after_care_years", 101, False),
        ("events", "days", 35, True),
        ("events", "days", 34, False),
        ("answers", "days", 1, True),
        ("answers", "days", 0, False),
        ("answers", "days", 36, False),
        ("notices", "days", 30, True),
        ("notices", "days", 29, False),
        ("clinical", "days", 400, False),
        ("audit", "days", 400, False),
    ],
)
def test_a_time_that_does_not_fit_stops_the_start(
    tmp_path: Path, table: str, key: str, value: int, *, fits: bool
) -> None:
    path = written(tmp_path, f"[{table}]\n{key} = {value}\n{SOURCE}\n")
    start = {"http_port": 0, "database_url": "sqlite://", "retention_file": path}

    if fits:
        assert ServiceSettings.model_validate(start).retention_file == path
        return
    with pytest.raises(ValueError, match=rf"retention\.toml: {table}"):
        ServiceSettings.model_validate(start)


@pytest.mark.parametrize("text", ["[contact", "[events]\ndays = 90\n"])
def test_a_file_that_is_broken_or_says_no_source_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ValueError, match=r"retention\.toml"):
        read_kept(written(tmp_path, text))
    with pytest.raises(ValueError, match=r"nowhere\.toml"):
        read_kept(tmp_path / "nowhere.toml")
