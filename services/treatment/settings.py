"""What treatment is told from outside, beside what every service is told."""

from datetime import time
from pathlib import Path
from typing import Literal

from pydantic import Field

from shared.runtime.settings import ServiceSettings


class Settings(ServiceSettings):
    """``jurisdiction`` chooses doses, caps, products; ``clinic_time``: when work is due;
    ``person_keys``: the folder with each person's key, which assessment keeps and we read."""

    http_port: int = Field(default=8082, ge=0, le=65535)
    database_url: str = "sqlite+aiosqlite:///data/treatment.db"
    jurisdiction: Literal["uk", "us"] = "uk"
    clinic_time: time = time(9)
    person_keys: Path = Path("data/person-keys")
