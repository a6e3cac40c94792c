"""What Compose makes of its files and the overlays keeps every line that confines a container."""

from pathlib import Path
from typing import Any

import pytest

from tests.architecture import hardening
from tests.architecture.rendering import ROOT, can_render, rendered

TOGETHER = [
    ([], {}, set()),
    *hardening.BESIDE_THE_DOOR,
    (
        sorted(path.name for path in (ROOT / "deploy").glob("compose.*.yml")),
        {
            "edge": {"grafana"},
            "out": {"engagement", "watcher", "alertmanager"},
            "provider": {"portal"},
        },
        {"grafana"},
    ),
]
"""The base alone, overlays as they are used together, and everything at once."""
SECRETS = ROOT / "deploy/secrets"
GIBIBYTE = 1024**3

pytestmark = pytest.mark.skipif(
    not can_render(), reason="no docker compose here: install the package docker-compose-plugin"
)
each_whole = pytest.mark.parametrize(
    "overlays", [overlays for overlays, *_ in TOGETHER], ids=lambda them: "+".join(them) or "base"
)


def containers_of(overlays: list[str]) -> dict[str, dict[str, Any]]:
    """The rendered containers, by name."""
    found: dict[str, dict[str, Any]] = rendered(*overlays)["services"]
    return found


@each_whole
def test_each_container_is_confined_and_limited(overlays: list[str]) -> None:
    for it in containers_of(overlays).values():
        hardening.confined(it)
        hardening.limited(it)


@each_whole
def test_each_is_kept_running_and_waits_for_a_state(overlays: list[str]) -> None:
    containers = containers_of(overlays)
    for it in containers.values():
        hardening.kept_running(it)
        hardening.waits_for_a_state(it, ending=hardening.jobs(containers))


@each_whole
def test_no_job_is_lost_and_nothing_ends_that_should_run(overlays: list[str]) -> None:
    """Except with one broker, which has one broker's job."""
    left_out = {"nats-2-config", "nats-3-config"} if "compose.small.yml" in overlays else set()
    base = hardening.jobs(containers_of([]))
    assert hardening.jobs(containers_of(overlays)) == base - left_out


@pytest.mark.parametrize(("overlays", "way_out", "ports"), TOGETHER)
def test_only_what_an_overlay_is_for_is_opened(
    overlays: list[str], way_out: dict[str, set[str]], ports: set[str]
) -> None:
    whole = rendered(*overlays)
    hardening.opened(whole["services"], whole["networks"], way_out=way_out, ports=ports)


@each_whole
def test_each_port_is_open_on_this_machine_alone(overlays: list[str]) -> None:
    """Until the settings say otherwise of the door."""
    for it in containers_of(overlays).values():
        assert {port["host_ip"] for port in it.get("ports", ())} <= {"127.0.0.1"}


@each_whole
def test_each_network_is_a_named_one(overlays: list[str]) -> None:
    """Compose puts who names none into a network of its own, which leads out."""
    whole = rendered(*overlays)
    assert "default" not in whole["networks"]
    for name, it in whole["services"].items():
        assert bool(it.get("networks")) is (it.get("network_mode") != "none"), name
    for name in ("app", "data"):
        assert whole["networks"][name]["internal"] is True


@each_whole
def test_secrets_are_files_and_in_no_environment(overlays: list[str]) -> None:
    whole = rendered(*overlays)
    for name, secret in whole["secrets"].items():
        assert set(secret) == {"name", "file"}, name
        assert Path(secret["file"]).parent == SECRETS, name
    for it in whole["services"].values():
        hardening.told_no_secret(it)
        assert {one["source"] for one in it.get("secrets", ())} <= set(whole["secrets"])


@each_whole
def test_nothing_of_this_machine_can_be_written(overlays: list[str]) -> None:
    """What is mounted from it is a file of this repository, or of the installation's in it."""
    for name, it in containers_of(overlays).items():
        for mount in it.get("volumes", ()):
            if mount["type"] == "bind":
                assert mount["read_only"] is True, name
                assert Path(mount["source"]).is_relative_to(ROOT), name
            else:
                assert mount["type"] == "volume", name


def test_two_of_a_service_are_two_of_the_same() -> None:
    base, scaled = containers_of([]), containers_of(["compose.scale.yml"])
    for name, it in scaled.items():
        replicas = it["deploy"].pop("replicas", 1)
        assert replicas == (2 if name in {"portal", "assessment", "treatment", "engagement"} else 1)
        assert it == base[name]


def test_the_small_whole_fits_a_gibibyte() -> None:
    small = containers_of(["compose.small.yml"])
    running = set(small) - hardening.jobs(small)
    limits = [int(small[name]["deploy"]["resources"]["limits"]["memory"]) for name in running]
    assert sum(limits) <= GIBIBYTE
