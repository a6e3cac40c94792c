"""The drill counts the faults that happened, and names one that could not."""

from pathlib import Path

import pytest

from tests.faults import drill

WHY = "it needs root"


async def happens() -> str:
    """A fault."""
    return "engagement: kill"


async def cannot() -> str:
    """A fault that this account may not cause."""
    raise PermissionError(WHY)


async def test_a_fault_that_cannot_happen_is_not_counted_among_those_that_did(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(drill.FAULTS, "disk full", cannot)
    monkeypatch.setattr(drill, "REPORT", tmp_path / "drill.json")
    counted = drill.Counted(seed=1, faults=[])

    await drill.Plan([cannot, happens], every_s=0.0).carry_out(counted)
    drill.show(counted)

    assert counted.faults == ["engagement: kill"]
    assert counted.left_out == [f"disk full: {WHY}"]
    said = capsys.readouterr().out
    assert "; 1 faults;" in said
    assert f"LEFT OUT, and not counted among the faults: disk full: {WHY}" in said
    assert f'"disk full: {WHY}"' in drill.REPORT.read_text()
