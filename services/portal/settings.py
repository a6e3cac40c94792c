"""What the portal is told from outside."""

from ipaddress import ip_network
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, field_validator, model_validator

from shared.runtime.http.address import Network
from shared.runtime.settings import ServiceSettings


class Settings(ServiceSettings):
    """``assessment_url``, ``treatment_url``, ``engagement_url``: the other services.
    ``public_url``: how browsers reach the portal, such as ``https://care.example``; with https
    the session cookie is locked to it. ``clinic_zone``: whose clock the pages show.
    ``jurisdiction``: whose crisis numbers are shown to people without an account.
    ``trusted_proxies``: networks whose X-Forwarded-For is believed, separated by commas.
    ``address_requests_per_minute``: how much one address may ask; a clinic may have just one.
    ``second_factor``: whether everybody must set up one-time codes; by default outside a demo.
    ``local_sign_in``: whether passwords open the door at all.
    ``oidc_issuer``, ``oidc_client_id``, ``oidc_client_secret``, ``oidc_roles_file``: an identity
    provider to sign in with, and which of its claims mean which role (docs in README.md).
    ``demo_password``: the one password of all demo accounts, in demo mode only.
    ``nats_observer_password``: of who hears from the broker whom it did not let in; without one
    nobody does.
    """

    http_port: int = Field(default=8080, ge=0, le=65535)
    database_url: str = "sqlite+aiosqlite:///data/portal.db"
    assessment_url: str = "http://127.0.0.1:8081"
    treatment_url: str = "http://127.0.0.1:8082"
    engagement_url: str = "http://127.0.0.1:8083"
    public_url: str = Field(default="", pattern=r"^(https?://[^/]+)?$")
    clinic_zone: str = "Europe/London"
    jurisdiction: Literal["uk", "us"] = "uk"
    trusted_proxies: str = ""
    address_requests_per_minute: int = Field(default=6000, ge=60)
    second_factor: bool | None = None
    local_sign_in: bool = True
    oidc_issuer: str = Field(default="", pattern=r"^(https?://\S+)?$")
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr | None = None
    oidc_roles_file: Path | None = None
    demo_password: SecretStr | None = None
    nats_observer_password: SecretStr | None = None

    @field_validator("oidc_client_secret")
    @classmethod
    def _none_when_empty(cls, value: SecretStr | None) -> SecretStr | None:
        """An empty file is how a deployment says that the client has no secret."""
        return value if value and value.get_secret_value() else None

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: str) -> str:
        networks(value)
        return value

    @model_validator(mode="after")
    def _one_door(self) -> "Settings":
        if not self.oidc_issuer:
            if not self.local_sign_in:
                raise ValueError("without local_sign_in an oidc_issuer is needed")
            return self
        missing = [
            name
            for name in ("oidc_client_id", "oidc_roles_file", "public_url")
            if not getattr(self, name)
        ]
        if missing:
            raise ValueError(f"oidc_issuer also needs {', '.join(missing)}")
        if not (self.demo or self.oidc_issuer.startswith("https://")):
            raise ValueError("oidc_issuer is https outside a demo")
        return self

    @field_validator("clinic_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        ZoneInfo(value)
        return value


def networks(text: str) -> tuple[Network, ...]:
    """Networks from a setting, such as ``172.16.0.0/12, 10.0.0.4``.

    Raises:
        ValueError: one of them is none.
    """
    return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())
