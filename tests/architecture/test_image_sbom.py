"""What an image says of its Debian packages becomes components that advisories can be found by."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from tests import image_sbom

TOLD = (
    "debian-13\n"
    "installed\tzlib1g\t1:1.3.dfsg+really1.3.1-1\tamd64\tzlib\n"
    "config-files\told-thing\t1.0\tall\told-thing\n"
    "installed\tlibstdc++6\t14.2.0-19\tamd64\tgcc-14\n"
)
KNOWN: dict[str, Any] = {
    "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
    "bomFormat": "CycloneDX",
    "specVersion": "1.6",
    "version": 1,
    "components": [{"bom-ref": "requirements-L3", "name": "aiohttp", "type": "library"}],
    "dependencies": [{"ref": "requirements-L3"}],
}


def test_each_installed_package_is_named_as_advisories_name_it() -> None:
    found = image_sbom.components(TOLD)

    assert [one["purl"] for one in found] == [
        "pkg:deb/debian/libstdc%2B%2B6@14.2.0-19?arch=amd64&distro=debian-13",
        "pkg:deb/debian/zlib1g@1:1.3.dfsg%2Breally1.3.1-1?arch=amd64&distro=debian-13",
    ]
    assert found[0]["properties"] == [{"name": "debian:source", "value": "gcc-14"}]


def test_the_whole_is_a_valid_list_and_a_second_time_adds_nothing() -> None:
    found = image_sbom.components(TOLD)
    once = image_sbom.with_components(KNOWN, found)
    twice = image_sbom.with_components(once, found)

    assert len(once["components"]) == 3
    assert twice == once
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(once)) is None


@pytest.mark.parametrize("told", ["alpine-3.22\n", "debian-13\n"])
def test_an_image_that_names_none_is_refused_rather_than_listed_as_whole(told: str) -> None:
    with pytest.raises(ValueError, match="the image"):
        image_sbom.components(told)


def test_the_image_itself_is_asked_without_a_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command as it is, with stand-ins for the engine and for what the image has."""
    tools, said = tmp_path / "tools", r"installed\ta\t1\tall\ta\n"
    tools.mkdir()
    for name, program in (
        ("docker", f'echo "$*" > {tmp_path}/asked; shift 7; exec /bin/sh "$@"'),
        ("dpkg-query", f"printf '%s' \"$3\" > {tmp_path}/fields; printf '{said}'"),
    ):
        (tools / name).write_text(f"#!/bin/sh\n{program}\n")
        (tools / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:{os.environ['PATH']}")
    asked = image_sbom.ASKED.replace("/etc/os-release", str(tmp_path / "os"))
    monkeypatch.setattr(image_sbom, "ASKED", asked)
    (tmp_path / "os").write_text("ID=debian\nVERSION_ID=13\n")
    path = tmp_path / "portal.cdx.json"
    path.write_text(json.dumps(KNOWN))

    assert image_sbom.main([str(path), "mooring-portal:0.1.0"]) == 0

    asked = (tmp_path / "asked").read_text()
    assert asked.startswith("run --rm --network none --entrypoint /bin/sh mooring-portal:0.1.0 -c")
    assert (tmp_path / "fields").read_text() == image_sbom.FIELDS
    assert "pkg:deb/debian/a@1" in path.read_text()


def test_make_sbom_names_the_images_that_compose_builds() -> None:
    recipe = subprocess.run(
        ["make", "--dry-run", "sbom", "-o", ".venv/dev"], capture_output=True, text=True, check=True
    ).stdout

    assert "python -m tests.image_sbom build/sbom/$part.cdx.json $image" in recipe
    assert "image=mooring-$part:" in recipe
