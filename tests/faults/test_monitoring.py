"""What the alerts and the dashboard ask for is told by the running services."""

import re

import pytest

from tests.architecture.test_monitoring import EXPRESSIONS
from tests.faults.containers import compose

SERVICES = ("portal", "assessment", "treatment", "engagement")
LOOK = "from urllib.request import urlopen; print(urlopen('https://localhost:8443/metrics').read().decode())"
ENDINGS = ("_total", "_bucket", "_sum", "_count")


@pytest.fixture(scope="module")
def told() -> set[str]:
    """The names of all samples and families, of all services."""
    pages = [compose("exec", "-T", each, "python", "-c", LOOK) for each in SERVICES]
    return set(re.findall(r"^(?:# HELP )?(mooring_\w+)", "\n".join(pages), re.MULTILINE))


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_a_running_service_tells_it(told: set[str], expression: str) -> None:
    for name in re.findall(r"\bmooring_\w+", expression):
        family = next((name.removesuffix(end) for end in ENDINGS if name.endswith(end)), name)
        assert {name, family} & told, name
