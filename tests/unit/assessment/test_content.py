"""A content file that contradicts itself stops the start, naming file, key and reason."""

import shutil
from pathlib import Path

import pytest

from services.assessment.adapters.content import HERE, BadContent, load
from services.assessment.domain.refusals import RuleViolation

PHQ9 = "instruments/phq-9.toml"
SCREEN = "instruments/c-ssrs-screener.toml"
SAFETY = "content/safety.toml"
OUTCOMES = "content/outcomes.toml"
RULES = "content/pathway/rules.toml"
QUESTIONS = "content/pathway/questions.toml"
DISTRESS = 'fact = "distress-blocks", one_of = ["yes", "unsure"]'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the service's content."""
    for name in ("instruments", "content"):
        shutil.copytree(HERE / name, tmp_path / name)
    return tmp_path


def test_the_content_as_it_is_loads(folder: Path) -> None:
    assert load(folder) == load()


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        (PHQ9, 'code = "mood"', 'code = "interest"', "same code"),
        (PHQ9, "highest = 27", "highest = 26", "must reach from 0 to 27"),
        (PHQ9, "lowest = 5,", "lowest = 6,", "gap or overlap at 6"),
        (PHQ9, "granted = true", "granted = false", "right to use"),
        (PHQ9, 'item = "self-harm"', 'item = "self"', "unknown item: self"),
        (PHQ9, 'trigger = "self-harm-item-1"', 'trigger = "nobody"', "unknown trigger nobody"),
        (PHQ9, 'answers = "difficulty"', 'answers = "x"', "two answers"),
        (PHQ9, 'scale = "total"', 'scale = "sum"', "unknown scale: sum"),
        (PHQ9, 'grade = "V1"', "", "phq-9.toml: grade"),
        (PHQ9, 'code = "phq-9"', 'code = "phq"', "must be named phq.toml"),
        (PHQ9, 'method = "sum"', 'method = "product"', "scales.0.method"),
        (PHQ9, 'method = "sum"', 'method = "mean"', "whole number"),
        (PHQ9, 'method = "sum"', "method = ", "phq-9.toml"),
        (PHQ9, 'version = "1"', 'version = "1"\ncolour = "x"', "colour"),
        (SCREEN, 'asked_if = { item = "thoughts"', 'asked_if = { item = "plan"', "come before"),
        (SAFETY, "level = 3", "level = 9", "unknown level: 3"),
        (SAFETY, 'code = "overdose"', 'code = "asked-intent"', "same code"),
        (OUTCOMES, 'otherwise = "phq-9"', "", "primary.otherwise"),
        (OUTCOMES, 'panic = "gad-7"', 'panic = "x"', "primary.panic"),
        (RULES, 'id = "R-02"', 'id = "R-01"', "same id"),
        (RULES, 'arm = "specialist"', 'arm = "x"', "unknown arm: x"),
        (RULES, DISTRESS, 'fact = "distress-blocks", one_of = ["perhaps"]', "with perhaps"),
        (RULES, DISTRESS, 'fact = "symptoms", one_of = ["present"]', "nothing before it gives"),
        (RULES, 'total", at_least = 10', 'total", at_least = 10, below = 3', "exactly one of"),
        (QUESTIONS, "[[intake]]", 'version = "2"\n[[intake]]', "version: given in another file"),
        (QUESTIONS, 'trigger = "asked-thoughts"', 'trigger = "x"', "unknown trigger x"),
    ],
)
def test_a_file_that_contradicts_itself_is_named(
    folder: Path, file: str, old: str, new: str, said: str
) -> None:
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")

    with pytest.raises(BadContent, match=said):
        load(folder)


def test_a_missing_file_is_named(folder: Path) -> None:
    (folder / SAFETY).unlink()

    with pytest.raises(BadContent, match=r"safety\.toml"):
        load(folder)


def test_items_are_short_labels_of_our_own() -> None:
    for instrument in load().instruments.values():
        for item in instrument.items:
            assert len(item.label.split()) <= 9, item.label


def _retire(folder: Path, *, version: str = "0", name: str = "phq-9@0.toml") -> None:
    """Keep an older version of a questionnaire beside the one in use."""
    (folder / "instruments" / "retired").mkdir()
    text = (folder / PHQ9).read_text(encoding="utf-8")
    older = text.replace('version = "1"', f'version = "{version}"', 1)
    (folder / "instruments" / "retired" / name).write_text(older, encoding="utf-8")


def test_a_retired_version_is_kept_and_not_used(folder: Path) -> None:
    _retire(folder)
    content = load(folder)

    assert content.usable("phq-9").version == "1"
    older = content.taken_with("phq-9", "0")
    assert older is not None
    assert older.version == "0"
    assert content.taken_with("phq-9", "7") is None
    with pytest.raises(RuleViolation, match="version 0 is retired") as refusal:
        content.usable("phq-9", "0")
    assert (refusal.value.code, refusal.value.field) == ("retired-version", "instrument_version")
    with pytest.raises(RuleViolation, match="no version 7") as unknown:
        content.usable("phq-9", "7")
    assert unknown.value.code == "unknown-version"


@pytest.mark.parametrize(
    ("version", "name", "said"),
    [
        ("1", "phq-9@1.toml", "1 is the one in use"),
        ("0", "phq-9.toml", "must be named phq-9@0.toml"),
    ],
)
def test_a_retired_version_that_cannot_be_is_named(
    folder: Path, version: str, name: str, said: str
) -> None:
    _retire(folder, version=version, name=name)

    with pytest.raises(BadContent, match=said):
        load(folder)


def test_a_retired_version_of_nothing_is_named(folder: Path) -> None:
    _retire(folder)
    (folder / "instruments" / "retired" / "phq-9@0.toml").rename(folder / "gone.toml")
    text = (folder / "gone.toml").read_text(encoding="utf-8")
    older = text.replace('code = "phq-9"', 'code = "phq-8"', 1)
    (folder / "instruments" / "retired" / "phq-8@0.toml").write_text(older, encoding="utf-8")

    with pytest.raises(BadContent, match="no version of it is in use"):
        load(folder)
