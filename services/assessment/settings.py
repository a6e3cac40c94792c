"""What assessment is told from outside."""

from pathlib import Path

from pydantic import Field

from shared.runtime.settings import ServiceSettings


class Settings(ServiceSettings):
    """``http_port`` and ``database_url`` have defaults for a single machine.

    ``wording_dir``: the official wording of instruments, where a licence allows it.
    ``rights_file``: rights to use instruments that this installation has (``adapters/rights.py``).
    ``person_keys``: the folder with a key for each person's contact data, which no backup of the
    database holds.
    ``shadow_rules_dir``: a candidate version of the pathway's rules, run beside them and compared.
    """

    http_port: int = Field(default=8081, ge=0, le=65535)
    database_url: str = "sqlite+aiosqlite:///data/assessment.db"
    wording_dir: Path | None = None
    shadow_rules_dir: Path | None = None
    rights_file: Path | None = None
    person_keys: Path = Path("data/person-keys")
