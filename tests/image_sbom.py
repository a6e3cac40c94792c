"""Adds the Debian packages of an image to its list of what it is made of (CycloneDX).

    python -m tests.image_sbom build/sbom/portal.cdx.json mooring-portal:0.1.0

The image is asked itself, by its own ``dpkg-query`` in a container without a network, so that the
list is what runs and not what a recipe meant.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from packageurl import PackageURL

FIELDS = "${db:Status-Status}\\t${Package}\\t${Version}\\t${Architecture}\\t${source:Package}\\n"
ASKED = '. /etc/os-release; printf "%s-%s\\n" "$ID" "$VERSION_ID"; dpkg-query -W -f "$1"'
INSTALLED = "installed"


def main(argv: list[str]) -> int:
    """Write the list anew, with what the image says."""
    path, image = Path(argv[0]), argv[1]
    known = json.loads(path.read_text(encoding="utf-8"))
    found = components(_told(image))
    whole = with_components(known, found)
    path.write_text(json.dumps(whole, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    print(f"  {path}: with {len(found)} Debian packages of {image}")
    return 0


def components(told: str) -> list[dict[str, Any]]:
    """The installed packages as components, from the name of the distribution and a line each.

    Raises:
        ValueError: it is no Debian, or it has no packages: a list without them would look whole.
    """
    distribution, *lines = told.splitlines()
    if not distribution.startswith("debian-"):
        raise ValueError(f"the image is made of {distribution}, not of Debian")
    rows = sorted(line.split("\t") for line in lines)
    found = [_component(*row[1:], distribution) for row in rows if row[0] == INSTALLED]
    if not found:
        raise ValueError("the image names no packages")
    return found


def with_components(known: dict[str, Any], found: list[dict[str, Any]]) -> dict[str, Any]:
    """The list with these, in place of those of an earlier time."""
    refs = {one["bom-ref"] for one in found}
    kept = [one for one in known["components"] if not one["bom-ref"].startswith("pkg:deb/")]
    leaves = [one for one in known["dependencies"] if not one["ref"].startswith("pkg:deb/")]
    return known | {
        "components": kept + found,
        "dependencies": leaves + [{"ref": ref} for ref in sorted(refs)],
    }


def _component(
    name: str, version: str, architecture: str, source: str, distribution: str
) -> dict[str, Any]:
    qualifiers = {"arch": architecture, "distro": distribution}
    purl = PackageURL("deb", "debian", name, version, qualifiers).to_string()
    return {
        "bom-ref": purl,
        "name": name,
        "properties": [{"name": "debian:source", "value": source}],  # what advisories speak of
        "purl": purl,
        "type": "library",
        "version": version,
    }


def _told(image: str) -> str:
    command = ["docker", "run", "--rm", "--network", "none", "--entrypoint", "/bin/sh", image]
    command += ["-c", ASKED, "sh", FIELDS]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
