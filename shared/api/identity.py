"""Who may act: roles, and the bodies of the portal's token and signature endpoints."""

from enum import StrEnum
from typing import Literal
from uuid import UUID

from pydantic import Field, SecretStr

from shared.api.body import Body, Code


class Role(StrEnum):
    """What a member of staff (or a process) is here to do. Unlisted means denied."""

    PRESCRIBER = "prescriber"
    NURSE = "nurse"
    LEAD = "lead"
    FACILITATOR = "facilitator"
    OPERATIONS = "operations"
    AUDITOR = "auditor"
    SERVICE = "service"


CLINICIANS = frozenset({Role.PRESCRIBER, Role.NURSE, Role.LEAD, Role.FACILITATOR})
"""Whoever may have anybody in their care."""


class TokenRequest(Body):
    """Sign in from a script. ``code`` where the account has one-time codes."""

    username: str = Field(min_length=1, max_length=64)
    password: SecretStr = Field(min_length=1, max_length=256)
    code: str | None = Field(default=None, min_length=6, max_length=64)


class ProgramTokenRequest(Body):
    """A token for a program with credentials of its own (RFC 6749, 4.4)."""

    grant_type: Literal["client_credentials"]
    client_id: str = Field(min_length=1, max_length=64)
    client_secret: SecretStr = Field(min_length=1, max_length=256)


class Token(Body):
    """A bearer token and how long it lives, in seconds."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - the scheme, not a secret
    expires_in: int
    staff_id: UUID
    role: Role


class SignatureRequest(Body):
    """Ask for a signature over one exact version; the password is given again.

    ``audience`` is the service whose document it is; no other accepts the signature.
    """

    username: str = Field(min_length=1, max_length=64)
    password: SecretStr = Field(min_length=1, max_length=256)
    hash: str = Field(pattern=r"^[0-9a-f]{64}$")
    meaning: Code
    audience: Literal["treatment", "engagement", "assessment"] = "treatment"


class Signature(Body):
    """A signature token bound to a hash and a meaning; valid for ``expires_in`` seconds."""

    signature: str
    expires_in: int
