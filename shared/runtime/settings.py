"""What every service is told from outside: environment first, then secret files.

Each service has one frozen settings class, read once in its ``main``; nothing else reads the
environment. A secret is a file in ``MOORING_SECRETS_DIR`` or an environment variable.
"""

import os
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.runtime.retention_file import read_kept

PREFIX = "MOORING_"


class ServiceSettings(BaseSettings):
    """Common to all services. Durations are seconds.

    ``http_host``/``http_port``: where this service listens, with TLS when it is given
    ``http_cert_file`` and ``http_key_file``. ``database_url``: SQLAlchemy URL of
    its own database. ``nats_url``, ``nats_user``, ``nats_password``: the broker and this
    service's own identity there. ``jwks_url``: the portal's public keys. ``demo``: synthetic
    data and a movable clock; refused beside real data. ``otlp_endpoint``: where traces go, such
    as ``https://collector:4318/v1/traces``; none are made without it. ``anchors_folder``: where the
    audit chain's heads are kept, on another disk than the database.
    ``retention_file``: how long each class of records is kept (``retention_file.py``).
    ``user_requests_per_minute``: what one caller may ask; 1200, in a demo ten times as much.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        frozen=True,
        extra="ignore",
        secrets_dir=os.environ.get("MOORING_SECRETS_DIR"),
    )

    http_host: str = "127.0.0.1"
    http_port: int = Field(ge=0, le=65535)
    http_cert_file: Path | None = None
    http_key_file: Path | None = None
    database_url: str = Field(min_length=1)
    nats_url: str = "nats://127.0.0.1:4222"
    nats_user: str | None = None
    nats_password: str | None = None
    nats_ca_file: Path | None = None
    jwks_url: str = "http://127.0.0.1:8080/.well-known/jwks.json"
    demo: bool = False
    log_level: str = "info"
    otlp_endpoint: str | None = None
    anchors_folder: Path | None = None
    retention_file: Path | None = None
    user_requests_per_minute: int | None = Field(default=None, ge=60)
    instance: str = Field(default_factory=lambda: f"{os.uname().nodename}-{os.getpid()}")

    @field_validator("otlp_endpoint")
    @classmethod
    def _encrypted(cls, address: str | None) -> str | None:
        """A span says what somebody does here, and when."""
        if address:
            parts = urlsplit(address)
            if parts.scheme != "https" and parts.hostname not in {"127.0.0.1", "localhost", "::1"}:
                raise ValueError("traces leave this machine by https only")
        return address or None

    @field_validator("retention_file")
    @classmethod
    def _readable(cls, path: Path | None) -> Path | None:
        read_kept(path)
        return path


def requests_per_minute(settings: ServiceSettings) -> int:
    """What one caller may ask; scripts play a demo much faster than people work."""
    given = settings.user_requests_per_minute
    return given or (12_000 if settings.demo else 1_200)


def faults(error: ValidationError) -> str:
    """What is wrong with the settings, by the names they are set by; never a value."""
    named = (f"{PREFIX}{item['loc'][0]}".upper() + f": {item['msg']}" for item in error.errors())
    return "; ".join(named)


def unknown_names(settings: type[BaseSettings]) -> tuple[str, ...]:
    """Environment names with our prefix that no field reads: most likely a spelling mistake."""
    known = {f"{PREFIX}{name}".upper() for name in settings.model_fields} | {"MOORING_SECRETS_DIR"}
    return tuple(sorted(n for n in os.environ if n.startswith(PREFIX) and n.upper() not in known))
