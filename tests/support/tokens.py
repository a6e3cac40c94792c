"""People with tokens, for tests that speak HTTP."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from joserfc.jwk import ECKey, KeySet

from shared.api.identity import Role
from shared.runtime.auth import StaticKeys, issue_access_token

STAFF = {role: UUID(int=number) for number, role in enumerate(Role, start=1)}
"""One member of staff for each role."""


def new_key() -> ECKey:
    """A signing key as the portal makes it."""
    return ECKey.generate_key("P-256", auto_kid=True)


@dataclass(frozen=True, slots=True)
class Portal:
    """Stands where the portal stands: issues tokens that the service under test accepts."""

    key: ECKey = field(default_factory=new_key)

    @property
    def keys(self) -> StaticKeys:
        """What the service verifies with."""
        return StaticKeys(KeySet([self.key]))

    def token(
        self,
        role: Role,
        *,
        audience: str,
        staff_id: UUID | None = None,
        teams: Sequence[str] = ("harbour",),
        lifetime: timedelta = timedelta(minutes=5),
    ) -> str:
        """A bearer token of someone in this role."""
        return issue_access_token(
            self.key,
            staff_id=staff_id or STAFF[role],
            role=role,
            teams=teams,
            audience=[audience],
            lifetime=lifetime,
        )
