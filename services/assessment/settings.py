"""What assessment is told from outside; all of it is common to every service."""

from pydantic import Field

from shared.runtime.settings import ServiceSettings


class Settings(ServiceSettings):
    """``http_port`` and ``database_url`` have defaults for a single machine."""

    http_port: int = Field(default=8081, ge=0, le=65535)
    database_url: str = "sqlite+aiosqlite:///data/assessment.db"
