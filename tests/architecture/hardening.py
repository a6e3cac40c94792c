"""What must hold of each container, whether a Compose file says it or Compose has rendered it."""

import re
from collections.abc import Mapping
from typing import Any

Container = dict[str, Any]
Containers = Mapping[str, Container]

LOOSER = {"cap_add", "privileged", "pid", "ipc", "devices", "userns_mode"}
"""Not one of these is set anywhere."""

BESIDE_THE_DOOR: list[tuple[list[str], dict[str, set[str]], set[str]]] = [
    (["compose.small.yml"], {}, set()),
    (["compose.scale.yml"], {}, set()),
    (["compose.mail.yml"], {"out": {"engagement", "watcher"}}, set()),
    (["compose.provider.yml"], {"provider": {"portal"}}, set()),
    (
        ["compose.provider.yml", "compose.mail.yml"],
        {"provider": {"portal"}, "out": {"engagement", "watcher"}},
        set(),
    ),
    (["compose.monitoring.yml"], {"edge": {"grafana"}}, {"grafana"}),
    (
        ["compose.monitoring.yml", "compose.mail.yml", "compose.mail.monitoring.yml"],
        {"edge": {"grafana"}, "out": {"engagement", "watcher", "alertmanager"}},
        {"grafana"},
    ),
]
"""Overlays as they are used together; who gets a way out by them, and who a port."""


def jobs(containers: Containers) -> set[str]:
    """Those that run once and end."""
    return {name for name, it in containers.items() if it.get("restart") == "no"}


def confined(it: Container) -> None:
    """It may write nowhere, has no right of root, and cannot get one."""
    assert it["read_only"] is True
    assert it["cap_drop"] == ["ALL"]
    assert not LOOSER & set(it)
    assert it.get("network_mode", "none") == "none"
    assert it["security_opt"] == ["no-new-privileges:true"]
    assert it["init"] is True
    assert str(it["user"]).split(":")[0] not in {"0", "root"}
    assert all("noexec" in each and "size=" in each for each in it["tmpfs"])


def limited(it: Container) -> None:
    """It takes no more than its share of the machine, and neither does its log."""
    limits = it["deploy"]["resources"]["limits"]
    assert set(limits) == {"cpus", "memory", "pids"}
    assert all(limits.values())
    assert it["logging"]["driver"] == "json-file"
    assert set(it["logging"]["options"]) == {"max-size", "max-file"}
    assert it["stop_grace_period"]


def kept_running(it: Container) -> None:
    """It is started again whenever it ends, and says how it is; a job does neither."""
    if it["restart"] == "no":
        assert "healthcheck" not in it
    else:
        assert it["restart"] == "always"
        assert it["healthcheck"]["test"][0] in {"CMD", "CMD-SHELL"}


def waits_for_a_state(it: Container, *, ending: set[str]) -> None:
    """It does not start when another merely has; ``ending`` are the jobs."""
    for other, rule in it.get("depends_on", {}).items():
        done = "service_completed_successfully"
        assert rule["condition"] == (done if other in ending else "service_healthy"), other


def told_no_secret(it: Container) -> None:
    """Secrets come as files: an environment is read by whoever may ask the engine."""
    for key, value in it.get("environment", {}).items():
        if re.search("PASSWORD|SECRET|TOKEN|DATABASE_URL", key):
            assert key.endswith("_FILE") or str(value) == "/run/secrets", key


def opened(
    containers: Containers,
    networks: Mapping[str, Any],
    *,
    way_out: dict[str, set[str]],
    ports: set[str],
) -> None:
    """Beside the door only these have a port, and only these a way out by a network."""
    outward = {name for name, it in networks.items() if not (it or {}).get("internal")}
    assert {name for name, it in containers.items() if it.get("ports")} == {"nginx"} | ports
    assert {
        network: names
        for network in outward
        if (names := {n for n, it in containers.items() if network in _of(it)} - {"nginx"})
    } == way_out
    assert _of(containers["nginx"]) == {"edge", "app"}


def _of(it: Container) -> set[str]:
    return set(it.get("networks", ()))
