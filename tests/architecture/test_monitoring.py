"""What the alerts and the dashboard ask for exists, and each alert tells a person what to do.

Prometheus and Alertmanager check their own files: with the programs on the path, or Debian's, which
``make test`` unpacks. Where there are none, those tests are left out.
"""

import importlib
import json
import re
import shutil
import subprocess
from pathlib import Path

import prometheus_client
import pytest
import yaml
from prometheus_client.metrics_core import Metric

from tests.support.certificates import Authority

ROOT = Path(__file__).parents[2]
MONITORING = ROOT / "deploy/monitoring"
RULES = yaml.safe_load((MONITORING / "alerts.yml").read_text())["groups"][0]["rules"]
PANELS = json.loads((MONITORING / "grafana/mooring.json").read_text())["panels"]
EXPRESSIONS = [rule["expr"] for rule in RULES] + [
    target["expr"] for panel in PANELS for target in panel["targets"]
]
UNPACKED = ROOT / "build/prometheus/usr/bin"
PROMTOOL, AMTOOL = (
    shutil.which(name) or shutil.which(name, path=UNPACKED) for name in ("promtool", "amtool")
)
with_promtool = pytest.mark.skipif(
    PROMTOOL is None, reason="no promtool here: install the package prometheus"
)
with_amtool = pytest.mark.skipif(
    AMTOOL is None, reason="no amtool here: install the package prometheus-alertmanager"
)
OVERLAY = yaml.safe_load((ROOT / "deploy/compose.monitoring.yml").read_text())["services"]
OURS_SEEN_INSIDE = "/run/secrets/ca.crt"


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_every_metric_that_is_asked_for_is_kept(expression: str) -> None:
    for module in ("shared.runtime.metrics", "shared.runtime.bus.metrics"):
        importlib.import_module(module)
    kept = {
        name
        for family in prometheus_client.REGISTRY.collect()
        for name in (family.name, f"{family.name}_total", f"{family.name}_bucket")
    }
    asked = set(re.findall(r"\bmooring_\w+", expression))
    assert asked <= kept
    assert asked or "up{" in expression


@pytest.mark.parametrize("alert", [rule["alert"] for rule in RULES])
def test_every_alert_has_its_entry_in_the_runbook(alert: str) -> None:
    entries = re.findall(r"^### (\w+)$", (ROOT / "deploy/RUNBOOK.md").read_text(), re.MULTILINE)
    assert entries.count(alert) == 1


def test_the_runbook_explains_no_alert_that_does_not_exist() -> None:
    text = (ROOT / "deploy/RUNBOOK.md").read_text()
    section = text.partition("## Alerts")[2].partition("\n## ")[0]
    assert set(re.findall(r"^### (\w+)$", section, re.MULTILINE)) == {r["alert"] for r in RULES}


@pytest.mark.parametrize("name", sorted(OVERLAY.keys() - {"watcher"}))
def test_a_monitor_is_confined_like_the_rest(name: str) -> None:
    it = OVERLAY[name]
    assert it["read_only"] is True
    assert it["cap_drop"] == ["ALL"]
    assert it["security_opt"] == ["no-new-privileges:true"]
    assert not it["user"].startswith("0:")
    assert set(it["deploy"]["resources"]["limits"]) == {"cpus", "memory", "pids"}
    assert it["logging"]["options"]["max-size"]
    assert it["healthcheck"]["test"]
    assert all(port.startswith("127.0.0.1:") for port in it.get("ports", ()))


def test_the_watcher_looks_at_the_certificate_of_each_monitor() -> None:
    monitors = OVERLAY.keys() - {"watcher"}
    assert set(OVERLAY["watcher"]["secrets"]) == {f"{name}.crt" for name in monitors}


def accepted(program: str | None, *arguments: str | Path) -> str:
    """What a checker says of the files, which it must accept.

    Raises:
        AssertionError: it does not; with what it said.
    """
    assert program is not None
    command = [program, *map(str, arguments)]
    done = subprocess.run(command, cwd=MONITORING, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_every_rule_is_whole() -> None:
    assert all({"alert", "expr", "labels", "annotations"} <= set(rule) for rule in RULES)


@with_promtool
def test_prometheus_takes_the_rules() -> None:
    said = accepted(PROMTOOL, "check", "rules", "alerts.yml")
    assert f"{len(RULES)} rules found" in said


@with_promtool
def test_prometheus_takes_its_settings(tmp_path: Path) -> None:
    """As they are; only the places inside its container are those of this test."""
    places = {
        "/etc/prometheus/alerts.yml": MONITORING / "alerts.yml",
        OURS_SEEN_INSIDE: Authority(tmp_path).file,
    }
    said = accepted(PROMTOOL, "check", "config", _placed("prometheus.yml", places, tmp_path))
    assert f"{len(RULES)} rules found" in said


@with_promtool
def test_prometheus_takes_how_both_are_to_answer(tmp_path: Path) -> None:
    certificate, key = Authority(tmp_path).issue("prometheus")
    places = {"/run/secrets/server.crt": certificate, "/run/secrets/server.key": key}
    accepted(PROMTOOL, "check", "web-config", _placed("web.yml", places, tmp_path))


@with_amtool
def test_alertmanager_takes_its_settings(tmp_path: Path) -> None:
    settings = _placed("alertmanager.yml", {OURS_SEEN_INSIDE: Authority(tmp_path).file}, tmp_path)
    assert "SUCCESS" in accepted(AMTOOL, "check-config", settings)


def _placed(name: str, places: dict[str, Path], folder: Path) -> Path:
    """A file of ours with the places inside its container moved to those of a test."""
    text = (MONITORING / name).read_text()
    for inside, here in places.items():
        assert inside in text
        text = text.replace(inside, str(here))
    placed = folder / f"placed-{name}"
    placed.write_text(text)
    return placed


def test_each_alert_is_to_be_tried_on_a_well_and_on_an_ill_system() -> None:
    well, ill = yaml.safe_load((MONITORING / "alerts.test.yml").read_text())["tests"]
    alerts = sorted(rule["alert"] for rule in RULES)
    assert sorted(one["alertname"] for one in well["alert_rule_test"]) == alerts
    assert not any(one.get("exp_alerts") for one in well["alert_rule_test"])
    assert sorted(one["alertname"] for one in ill["alert_rule_test"]) == alerts
    assert all(one["exp_alerts"] for one in ill["alert_rule_test"])


@with_promtool
def test_each_alert_fires_on_the_ill_system_alone() -> None:
    assert "SUCCESS" in accepted(PROMTOOL, "test", "rules", "alerts.test.yml")


def test_the_runbook_names_every_metric() -> None:
    """With its real name, so that somebody can search for what a dashboard shows."""
    text = (ROOT / "deploy/RUNBOOK.md").read_text()
    named = set(re.findall(r"^\| `(mooring_\w+)` \|", text, re.MULTILINE))
    kept = {family.name for family in _families()}
    assert named == kept


def _families() -> list[Metric]:
    for module in ("shared.runtime.metrics", "shared.runtime.bus.metrics"):
        importlib.import_module(module)
    families = prometheus_client.REGISTRY.collect()
    return [family for family in families if family.name.startswith("mooring_")]


def test_the_dashboards_panels_do_not_overlap() -> None:
    places = [(p["gridPos"]["x"], p["gridPos"]["y"]) for p in PANELS]
    assert len(set(places)) == len(PANELS)
    assert len({panel["id"] for panel in PANELS}) == len(PANELS)
    assert all(p["gridPos"]["x"] + p["gridPos"]["w"] <= 24 for p in PANELS)
    assert {panel["datasource"]["uid"] for panel in PANELS} == {"prometheus"}


def test_the_small_overlay_fits_a_gibibyte() -> None:
    class Merging(yaml.SafeLoader):
        """Reads Compose's own tags as what they hold."""

    Merging.add_constructor("!override", lambda loader, node: loader.construct_mapping(node))
    text = (ROOT / "deploy/compose.small.yml").read_text()
    small = yaml.load(text, Loader=Merging)["services"]
    whole = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    total = 0
    for name, it in whole.items():
        if it.get("restart") == "no" or "profiles" in small.get(name, {}):
            continue
        limit = small[name]["deploy"]["resources"]["limits"]["memory"]
        total += int(limit.removesuffix("M"))
    assert total <= 1024
