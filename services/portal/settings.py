"""What the portal is told from outside."""

from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, field_validator

from shared.runtime.settings import ServiceSettings


class Settings(ServiceSettings):
    """``assessment_url``, ``treatment_url``, ``engagement_url``: the other services.
    ``public_url``: how browsers reach the portal, such as ``https://care.example``; with https
    the session cookie is locked to it. ``clinic_zone``: whose clock the pages show.
    ``jurisdiction``: whose crisis numbers are shown to people without an account.
    ``demo_password``: the one password of all demo accounts, in demo mode only.
    """

    http_port: int = Field(default=8080, ge=0, le=65535)
    database_url: str = "sqlite+aiosqlite:///data/portal.db"
    assessment_url: str = "http://127.0.0.1:8081"
    treatment_url: str = "http://127.0.0.1:8082"
    engagement_url: str = "http://127.0.0.1:8083"
    public_url: str = Field(default="", pattern=r"^(https?://[^/]+)?$")
    clinic_zone: str = "Europe/London"
    jurisdiction: Literal["uk", "us"] = "uk"
    demo_password: SecretStr | None = None

    @field_validator("clinic_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        ZoneInfo(value)
        return value
