"""What the watcher is told from outside."""

import os
from pathlib import Path

from pydantic import Field, HttpUrl
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.watcher.alarms import Limits


class Settings(BaseSettings):
    """Addresses of databases to read, limits, and where to send.

    ``certificates`` names a folder of certificates whose end is watched; ``ping_url`` is asked
    after each look, so that an outside receiver notices when the watcher itself is gone. An
    unset channel is not used; with none, ``run`` refuses to start.
    """

    model_config = SettingsConfigDict(
        env_prefix="MOORING_",
        env_nested_delimiter="__",
        frozen=True,
        extra="ignore",
        secrets_dir=os.environ.get("MOORING_SECRETS_DIR"),
    )

    portal_database_url: str = Field(repr=False)
    assessment_database_url: str = Field(repr=False)
    treatment_database_url: str = Field(repr=False)
    engagement_database_url: str = Field(repr=False)
    server_database_url: str = Field(repr=False)
    certificates: Path | None = None
    limits: Limits = Limits()
    every_s: float = Field(default=30.0, gt=0)
    installation: str = "mooring"
    smtp_host: str | None = None
    smtp_port: int = 25
    smtp_tls: bool = True
    smtp_user: str | None = None
    smtp_password: str | None = Field(default=None, repr=False)
    mail_from: str = "watcher@localhost"
    mail_to: str | None = None
    webhook_url: HttpUrl | None = None
    ping_url: HttpUrl | None = None

    @property
    def databases(self) -> dict[str, str]:
        """The services' databases."""
        return {
            name: getattr(self, f"{name}_database_url")
            for name in ("portal", "assessment", "treatment", "engagement")
        }
