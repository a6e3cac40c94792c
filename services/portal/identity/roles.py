"""Which claims of an identity provider mean which role here: one TOML file of the deployer's.

    claim = "groups"                # a text or a list of texts in the ID token
    teams_claim = "teams"           # optional: team codes as the provider has them
    [[role]]
    when = "mooring-nurses"
    role = "nurse"
    teams = ["harbour"]

The first rule that fits decides; nobody fits by default.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.api.identity import Role


class BadMapping(Exception):
    """The file of roles cannot be used; the sentence says where."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Rule(_Strict):
    """Whoever has ``when`` in the claim works here in this role, in these teams."""

    when: str = Field(min_length=1)
    role: Role
    teams: tuple[str, ...] = ()


class _File(_Strict):
    claim: str = Field(min_length=1)
    teams_claim: str | None = None
    role: Annotated[tuple[Rule, ...], Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class Place:
    """What somebody is here, as the provider's claims say."""

    role: Role
    teams: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RoleMap:
    """The file, read."""

    claim: str
    teams_claim: str | None
    rules: tuple[Rule, ...]

    def place(self, claims: Mapping[str, Any]) -> Place | None:
        """The role and teams of whoever has these claims; None: nothing here is theirs."""
        held = _texts(claims.get(self.claim))
        rule = next((one for one in self.rules if one.when in held), None)
        if rule is None or rule.role is Role.SERVICE:
            return None
        teams = _texts(claims.get(self.teams_claim)) if self.teams_claim else ()
        return Place(rule.role, teams or rule.teams)


def read(path: Path) -> RoleMap:
    """The mapping from its file.

    Raises:
        BadMapping: it is missing, no TOML, or says something else than rules.
    """
    try:
        found = _File.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise BadMapping(f"{path}: cannot be read ({type(error).__name__})") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BadMapping(f"{path}: {where}: {first['msg']}") from error
    return RoleMap(found.claim, found.teams_claim, found.role)


def _texts(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    if isinstance(value, list):
        return tuple(one for one in value if isinstance(one, str))
    return ()
