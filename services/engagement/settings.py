"""What engagement is told from outside besides what is common to every service."""

from pathlib import Path

from pydantic import Field

from shared.runtime.settings import ServiceSettings


class Settings(ServiceSettings):
    """``http_port`` and ``database_url`` have defaults for a single machine.

    ``portal_url`` is where people open the portal: notices link to it. ``clinic`` is the name a
    person in care knows the clinic by. Mail goes to ``smtp_host``, or into ``mail_folder`` when
    there is no server; with neither a notice by mail ends as failed. ``person_keys`` is the folder
    with each person's key, which assessment keeps and we read.
    """

    http_port: int = Field(default=8083, ge=0, le=65535)
    database_url: str = "sqlite+aiosqlite:///data/engagement.db"
    portal_url: str = "http://127.0.0.1:8080"
    clinic: str = "the clinic"
    smtp_host: str | None = None
    smtp_port: int = 25
    smtp_tls: bool | None = None
    smtp_user: str | None = None
    smtp_password: str | None = Field(default=None, repr=False)
    mail_from: str = "mooring@localhost"
    mail_folder: Path | None = None
    person_keys: Path = Path("data/person-keys")
