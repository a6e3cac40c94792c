"""No container is told to speak with another without TLS.

``tests/faults/test_confinement.py`` tries it on the running ones.
"""

import re
from pathlib import Path

import pytest
import yaml

from services.containers import broker_config
from shared.runtime.bus.topology import USERS

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
TOLD = sorted(
    [
        ROOT / "docker-compose.yml",
        *DEPLOY.glob("compose.*.yml"),
        *(DEPLOY / "monitoring").rglob("*.yml"),
        *(DEPLOY / "nginx").glob("*.conf"),
        *(DEPLOY / "postgres").iterdir(),
        *(DEPLOY / "scripts").glob("*.sh"),
    ]
)
IN_THE_CLEAR = re.compile(
    r"http://(?!127\.0\.0\.1)|nats://(?!127)|smtp://|SMTP_TLS\S*false|require_tls: false"
    r"|sslmode=(?!verify-full)|[?&]ssl=(?!verify-full)|^\s*host\s|hostnossl",
    re.MULTILINE,
)


@pytest.mark.parametrize("path", TOLD, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_is_told_to_speak_is_told_to_encrypt(path: Path) -> None:
    assert not IN_THE_CLEAR.findall(path.read_text())


@pytest.mark.parametrize(
    "line",
    [
        "http://nats-1:8222",
        "MOORING_SMTP_TLS: ${MOORING_SMTP_TLS:-false}",
        "{smarthost: mail:1025, require_tls: false}",
        "postgresql://postgres/portal?sslmode=prefer",
        "host all all 0.0.0.0/0 scram-sha-256",
    ],
)
def test_a_line_that_is_not_is_found(line: str) -> None:
    assert IN_THE_CLEAR.search(line)


@pytest.mark.parametrize("peers", [["nats-1"], ["nats-1", "nats-2", "nats-3"]])
def test_a_broker_answers_in_the_clear_in_its_own_container_alone(
    tmp_path: Path, peers: list[str]
) -> None:
    for user in (*USERS, "cluster"):
        (tmp_path / f"nats_{user}").write_text(f"of-{user}")
    broker_config("nats-1", peers, tmp_path, tmp_path)
    text = (tmp_path / "nats-server.conf").read_text()
    assert re.findall(r'^https?\S* "(.*)"', text, re.MULTILINE) == ["127.0.0.1:8222"]
    outside = [line for line in text.splitlines() if "0.0.0.0:" in line]
    assert len(outside) == text.count("tls {") == (1 if len(peers) == 1 else 2)


def test_grafana_asks_prometheus_whose_certificate_it_checks() -> None:
    (source,) = yaml.safe_load((DEPLOY / "monitoring/grafana/datasources.yml").read_text())[
        "datasources"
    ]
    assert source["url"] == "https://prometheus:9090"
    assert source["jsonData"]["tlsAuthWithCACert"] is True
    assert source["secureJsonData"] == {"tlsCACert": "$__file{/run/secrets/ca.crt}"}
