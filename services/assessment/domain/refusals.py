"""How a request that no rule allows is refused: a stable code and a sentence for staff."""

from collections.abc import Mapping
from typing import Any


class RuleViolation(Exception):
    """What was asked is not acceptable as it stands. ``field`` names the part to change."""

    def __init__(
        self,
        code: str,
        sentence: str,
        *,
        field: str | None = None,
        context: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(sentence)
        self.code = code
        self.field = field
        self.context = context


class Conflict(RuleViolation):
    """It would be acceptable in another state; the record says no now."""


class Unknown(RuleViolation):
    """There is no such record."""


class FourEyes(RuleViolation):
    """A second person has to do this."""


class Gone(RuleViolation):
    """There was something here, and it is over."""


class StaleVersion(RuleViolation):
    """Somebody changed the record after it was read."""

    def __init__(self) -> None:
        super().__init__("stale-version", "Someone changed this meanwhile; read it again.")
