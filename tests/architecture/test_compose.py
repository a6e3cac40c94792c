"""Every container is confined, and only the door can be reached from outside.

So each Compose file says by itself; ``test_compose_rendered`` looks at what Compose makes of them.
"""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.assessment.settings import Settings as AssessmentSettings
from services.engagement.settings import Settings as EngagementSettings
from services.portal.identity import roles
from services.portal.settings import Settings as PortalSettings
from services.watcher.settings import Settings as WatcherSettings
from tests.architecture import hardening

ROOT = Path(__file__).parents[2]
TREE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
CONTAINERS: dict[str, dict[str, Any]] = TREE["services"]
JOBS = hardening.jobs(CONTAINERS)
SERVICES = ("assessment", "treatment", "engagement", "portal")

each_container = pytest.mark.parametrize("name", sorted(CONTAINERS))


@each_container
def test_it_is_confined(name: str) -> None:
    hardening.confined(CONTAINERS[name])


@each_container
def test_it_has_limits_and_a_bounded_log(name: str) -> None:
    hardening.limited(CONTAINERS[name])


@each_container
def test_what_should_always_run_does_and_says_how_it_is(name: str) -> None:
    hardening.kept_running(CONTAINERS[name])


@each_container
def test_it_waits_for_a_state_and_not_just_for_a_start(name: str) -> None:
    hardening.waits_for_a_state(CONTAINERS[name], ending=JOBS)


def test_the_portal_believes_the_door_and_nobody_else_about_an_address() -> None:
    (network,) = TREE["networks"]["app"]["ipam"]["config"]
    assert CONTAINERS["portal"]["environment"]["MOORING_TRUSTED_PROXIES"] == network["subnet"]
    assert TREE["networks"]["app"]["internal"] is True


def test_only_the_door_has_a_port_and_a_way_out() -> None:
    assert [name for name, it in CONTAINERS.items() if "ports" in it] == ["nginx"]
    open_networks = {name for name, it in TREE["networks"].items() if not it.get("internal")}
    assert open_networks == {"edge"}
    assert [n for n, it in CONTAINERS.items() if "edge" in it.get("networks", ())] == ["nginx"]


def _merged(*overlays: str) -> dict[str, Any]:
    """Containers and networks as Compose adds them up: of a container's networks and ports, all."""
    containers = {
        name: {"networks": set(it.get("networks", ())), "ports": list(it.get("ports", ()))}
        for name, it in CONTAINERS.items()
    }
    networks = dict(TREE["networks"])
    for overlay in overlays:
        tree = yaml.load((ROOT / "deploy" / overlay).read_text(), Loader=_Merging)
        networks |= tree.get("networks", {})
        for name, it in tree["services"].items():
            into = containers.setdefault(name, {"networks": set(), "ports": []})
            into["networks"] |= set(it.get("networks", ()))
            into["ports"] += it.get("ports", ())
    return {"containers": containers, "networks": networks}


class _Merging(yaml.SafeLoader):
    """Reads Compose's own tags as what they hold."""


_Merging.add_constructor("!override", lambda loader, node: loader.construct_mapping(node))


@pytest.mark.parametrize(("overlays", "way_out", "ports"), hardening.BESIDE_THE_DOOR, ids="+".join)
def test_an_overlay_opens_what_it_is_for_and_nothing_else(
    overlays: list[str], way_out: dict[str, set[str]], ports: set[str]
) -> None:
    whole = _merged(*overlays)
    hardening.opened(whole["containers"], whole["networks"], way_out=way_out, ports=ports)


def test_every_overlay_is_looked_at() -> None:
    assert {path.name for path in (ROOT / "deploy").glob("compose.*.yml")} == {
        "compose.small.yml",
        "compose.scale.yml",
        "compose.mail.yml",
        "compose.mail.monitoring.yml",
        "compose.monitoring.yml",
        "compose.provider.yml",
    }


CONFINEMENT = {"read_only", "cap_drop", "security_opt", "user", "tmpfs"}
CONFINEMENT |= {"init", "logging", "entrypoint", "network_mode"} | hardening.LOOSER


@pytest.mark.parametrize(
    "path", sorted((ROOT / "deploy").glob("compose.*.yml")), ids=lambda path: path.name
)
def test_no_overlay_loosens_what_confines_a_container(path: Path) -> None:
    """Of a container that is there, none of it is set anew; one of its own has all of it."""
    for name, it in yaml.load(path.read_text(), Loader=_Merging)["services"].items():
        if "image" in it:
            assert name not in CONTAINERS
            hardening.confined(it)
            hardening.limited(it)
        else:
            assert not set(it) & CONFINEMENT, name


def test_what_writes_to_people_reads_each_setting_of_the_mail_overlay() -> None:
    """A name that no settings class reads would be a mail server nobody asks."""
    overlay = yaml.safe_load((ROOT / "deploy/compose.mail.yml").read_text())
    for name, settings in (("engagement", EngagementSettings), ("watcher", WatcherSettings)):
        added = overlay["services"][name]
        (secret,) = added["secrets"]
        given = {*added["environment"], secret["target"].upper()}
        known = {f"MOORING_{field}".upper() for field in settings.model_fields}
        assert given <= known, name
        assert {"MOORING_SMTP_HOST", "MOORING_SMTP_PASSWORD", "MOORING_MAIL_FROM"} <= given
        assert ":?" in added["environment"]["MOORING_SMTP_HOST"]
        assert added["environment"].get("MOORING_SMTP_TLS") == "${MOORING_SMTP_TLS:-true}"
    assert overlay["secrets"]["smtp_password"] == {"file": "./deploy/secrets/smtp_password"}


def test_the_portal_reads_each_setting_of_the_provider_overlay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The overlay with the runbook's own lines, as the portal reads it; without a client's secret
    too, which is an empty file then."""
    overlay = yaml.safe_load((ROOT / "deploy/compose.provider.yml").read_text())
    runbook = (ROOT / "deploy/RUNBOOK.md").read_text()
    (lines,) = re.findall(r"```\n(COMPOSE_FILE=\S+compose\.provider\.yml\n[^`]*)```", runbook)
    (mapping,) = re.findall(r"```\n(claim = [^`]*)```", runbook)
    (tmp_path / "roles.toml").write_text(mapping)
    typed = dict(line.split("=", 1) for line in lines.splitlines())
    ((container, added),) = overlay["services"].items()
    (secret,), (mount,) = added["secrets"], added["volumes"]
    given = {
        name: typed[name] if ":?" in value else value
        for name, value in added["environment"].items()
        if value is not None
    }
    for name in (*added["environment"], secret["target"]):
        assert name.lower().removeprefix("mooring_") in PortalSettings.model_fields, name
    for name, value in (CONTAINERS["portal"]["environment"] | given).items():
        if name.startswith("MOORING_OIDC"):
            monkeypatch.setenv(name, value)
    monkeypatch.setenv("MOORING_PUBLIC_URL", "https://care.example:8443")

    for text, known in (("of the client", True), ("", False)):
        (tmp_path / secret["target"]).write_text(text)
        settings = PortalSettings(_secrets_dir=tmp_path)
        assert settings.oidc_issuer == "https://login.clinic.example"
        assert (settings.oidc_client_secret is not None) is known
    assert container == "portal"
    assert roles.read(tmp_path / "roles.toml").rules
    assert str(settings.oidc_roles_file) == mount["target"]
    assert mount["read_only"] is True
    assert mount["bind"] == {"create_host_path": False}
    assert "/roles.toml" in (ROOT / ".gitignore").read_text().splitlines()
    assert overlay["secrets"]["oidc_client_secret"] == {
        "file": "./deploy/secrets/oidc_client_secret"
    }


def test_the_door_cannot_reach_what_the_services_stand_on() -> None:
    assert "data" not in CONTAINERS["nginx"]["networks"]


@each_container
def test_no_secret_is_in_its_environment(name: str) -> None:
    hardening.told_no_secret(CONTAINERS[name])


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_given_no_secret_of_another(name: str) -> None:
    others = set(SERVICES) - {name}
    for container in (name, f"migrate-{name}"):
        sources = {
            s if isinstance(s, str) else s["source"] for s in CONTAINERS[container]["secrets"]
        }
        assert not {s for s in sources if any(other in s for other in others)}
        assert "db_postgres" not in sources


def test_a_running_service_is_never_given_its_owners_role() -> None:
    for name in SERVICES:
        assert f"url_{name}_owner" not in str(CONTAINERS[name]["secrets"])


def test_secrets_are_files_that_git_ignores() -> None:
    assert {Path(it["file"]).parent.as_posix() for it in TREE["secrets"].values()} == {
        "deploy/secrets"
    }
    assert "deploy/secrets/" in (ROOT / ".gitignore").read_text().splitlines()


def test_every_secret_is_drawn_and_every_listed_secret_is_used() -> None:
    used = {
        s if isinstance(s, str) else s["source"]
        for it in CONTAINERS.values()
        for s in it.get("secrets", ())
    }
    assert used == set(TREE["secrets"])


def test_every_image_can_be_named_by_digest_or_release() -> None:
    for name, it in CONTAINERS.items():
        assert re.fullmatch(
            r"\$\{\w+_IMAGE:-[\w./-]+:[\w.-]+\}|mooring-\w+:\$\{MOORING_RELEASE:-[\d.]+\}",
            it["image"],
        ), name
        assert ":latest" not in it["image"]


def test_the_database_keeps_what_it_committed() -> None:
    text = (ROOT / "deploy/postgres/postgresql.conf").read_text()
    settings = dict(re.findall(r"^(\w+) = '?([^'\s#]*)", text, re.MULTILINE))
    for name in ("fsync", "synchronous_commit", "full_page_writes", "ssl"):
        assert settings[name] == "on", name
    assert settings["data_sync_retry"] == "off"
    assert settings["password_encryption"] == "scram-sha-256"
    assert settings["log_statement"] == "none"
    assert settings["log_parameter_max_length"] == "0"
    assert settings["log_parameter_max_length_on_error"] == "0"
    assert "--data-checksums" in CONTAINERS["postgres"]["environment"]["POSTGRES_INITDB_ARGS"]


def test_the_database_is_reached_with_tls_only() -> None:
    rules = [
        line.split()
        for line in (ROOT / "deploy/postgres/pg_hba.conf").read_text().splitlines()
        if line and not line.startswith("#")
    ]
    assert {rule[0] for rule in rules} == {"local", "hostssl"}
    assert {rule[-1] for rule in rules if rule[0] == "hostssl"} == {"scram-sha-256"}


def test_an_image_installs_what_the_whole_was_tested_with() -> None:
    whole = _locked(ROOT / "requirements.txt")
    for path in (ROOT / "deploy/requirements").glob("*.txt"):
        part = _locked(path)
        assert part, path.name
        assert {name: whole.get(name) for name in part} == part, path.name


def test_nothing_is_installed_without_its_hash() -> None:
    recipes = [ROOT / "Makefile", ROOT / "deploy/Dockerfile", *(ROOT / "deploy/scripts").iterdir()]
    recipes += [path for path in (ROOT / ".ci").rglob("*") if path.is_file()]
    commands = [
        command
        for recipe in recipes
        for command in re.split(r"\n|&&", re.sub(r"\\\n", " ", recipe.read_text()))
        if re.search(r"\bpip\b.*\b(install|download)\b", command)
    ]

    assert len(commands) >= 5
    assert all("--require-hashes" in command for command in commands)


def _locked(path: Path) -> dict[str, tuple[str, frozenset[str]]]:
    """The version and hashes of each package in a lock file."""
    found = {}
    for entry in re.split(r"\n(?=\S)", path.read_text()):
        if match := re.match(r"([\w.\[\]-]+)==([\w.]+)", entry):
            found[match[1]] = (match[2], frozenset(re.findall(r"sha256:\w+", entry)))
    return found


def test_an_image_holds_its_service_s_code_and_what_that_needs() -> None:
    """Neither data, nor secrets, nor another service: nothing else is copied into an image."""
    recipe = (ROOT / "deploy/Dockerfile").read_text()
    copied = [
        line.split()[1:-1] for line in recipe.splitlines() if re.match(r"(COPY|ADD)\s+[^-]", line)
    ]
    allowed = (ROOT / ".dockerignore").read_text().splitlines()

    assert sorted(source for sources in copied for source in sources) == [
        "deploy/requirements/${SERVICE}.txt",
        "deploy/requirements/core.txt",
        "requirements.txt",
        "services/${SERVICE}",
        "services/*.py",
        "services/commands",
        "shared",
    ]
    assert allowed[0] == "*"
    assert [line for line in allowed if line.startswith("!")] == [
        "!deploy/requirements",
        "!requirements.txt",
        "!services",
        "!shared",
    ]


def test_the_keys_of_people_lie_apart_from_the_database() -> None:
    """Only their owner writes them, who keeps a copy reads them, and nothing that makes backups
    has them."""
    with_keys = {
        name: next(one for one in it["volumes"] if "person-keys" in one)
        for name, it in CONTAINERS.items()
        if "person-keys" in str(it.get("volumes", ()))
    }

    assert with_keys == {
        "assessment": "person-keys:/var/lib/mooring-keys",
        "treatment": "person-keys:/var/lib/mooring-keys:ro",
        "engagement": "person-keys:/var/lib/mooring-keys:ro",
    }
    for name in with_keys:
        assert CONTAINERS[name]["environment"]["MOORING_PERSON_KEYS"] == "/var/lib/mooring-keys"


def test_the_overlay_of_the_runbook_gives_the_rights_file_to_the_service_that_reads_it() -> None:
    text = (ROOT / "deploy" / "RUNBOOK.md").read_text()
    (block,) = re.findall(r"```\n(services:\n[^`]*MOORING_RIGHTS_FILE[^`]*)```", text)
    ((name, added),) = yaml.safe_load(block)["services"].items()
    (mount,) = added["volumes"]
    _ours, inside, mode = mount.split(":")

    assert name in CONTAINERS
    assert added["environment"] == {"MOORING_RIGHTS_FILE": inside}
    assert mode == "ro"
    assert "rights_file" in AssessmentSettings.model_fields
