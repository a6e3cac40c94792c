"""Who may do what: the access table (``shared/access.toml``), read once and asked at every call.

The table is the enforcement and the fixture of the matrix test. A route without a line does not
start; a role or a relation that its line does not name is refused.
"""

import tomllib
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from shared.api.identity import Role
from shared.runtime.auth import Principal

EVERY_SERVICE = "every-service"
PUBLIC = "public"
_FILE = Path(__file__).parent.parent / "access.toml"
_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})


class Relation(StrEnum):
    """What somebody is to a person in care, now."""

    CARE_TEAM = "care-team"
    """Named in the person's care team, or working in the team that looks after them."""
    COVERING = "covering"
    """Stands in for somebody of the care team, for agreed days."""
    LEAD = "lead"
    """Leads the team that looks after them."""
    ON_CALL = "on-call"
    """On call for that team now."""
    BREAK_GLASS = "break-glass"
    """Opened this one record in an emergency, with a reason, for an hour."""
    NONE = "none"


class BadTable(Exception):
    """The access table says something it cannot mean; the text names the line."""


class Unlisted(Exception):
    """Routes have no line in the access table; the text is what to add."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the table. ``public`` needs no caller; nothing public is about a person."""

    roles: frozenset[Role]
    reach: str
    relations: frozenset[Relation]

    @property
    def public(self) -> bool:
        """Whether somebody without a token or a session may ask."""
        return self.reach == PUBLIC


Route = tuple[str, str]
"""A method and a path pattern."""


class Access:
    """The table of every service."""

    def __init__(self, lines: Mapping[str, Mapping[Route, Rule]]) -> None:
        self._lines = {service: dict(rules) for service, rules in lines.items()}

    def lines(self, service: str) -> Mapping[Route, Rule]:
        """Everything one service may serve."""
        return self._lines.get(EVERY_SERVICE, {}) | self._lines.get(service, {})

    def rule(self, service: str, method: str, path: str) -> Rule:
        """The line of one route.

        Raises:
            Unlisted: there is none, so nobody may call it.
        """
        found = self.lines(service).get((method, path))
        if found is None:
            raise Unlisted(missing(service, {(method, path): None}))
        return found


def missing(service: str, routes: Mapping[Route, AbstractSet[Role] | None]) -> str:
    """What to add to the table for routes that have no line; their authors' roles if known."""
    lines = [f"shared/access.toml has no line for these routes; under [{service}] add:"]
    for (method, path), roles in sorted(routes.items()):
        named = " ".join(role.value for role in Role if role in (roles or ()))
        about_one = "record" if method == "GET" else "change"
        reach = about_one if "{" in path else "free"
        named = named or "clinicians"
        lines.append(f'"{method} {path}" = {{ roles = "{named}", reach = "{reach}" }}')
    return "\n".join(lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What the caller may reach now, beside their own caseload."""

    covers: frozenset[UUID] = frozenset()
    """Colleagues they stand in for."""
    on_call: frozenset[str] = frozenset()
    """Teams they are on call for."""
    opened: frozenset[UUID] = frozenset()
    """People whose record they opened in an emergency."""


NOTHING_MORE = Standing()


@dataclass(frozen=True, slots=True)
class Reach:
    """How far one caller's look goes in one call."""

    principal: Principal
    standing: Standing = NOTHING_MORE

    @property
    def teams(self) -> tuple[str, ...]:
        """Teams whose people are on the caller's lists."""
        return tuple(dict.fromkeys((*self.principal.teams, *sorted(self.standing.on_call))))

    @property
    def staff(self) -> tuple[UUID, ...]:
        """Whose people are on the caller's lists: their own and those they stand in for."""
        return (self.principal.staff_id, *sorted(self.standing.covers))

    def to(self, patient_id: UUID, *, team: str, care_team: AbstractSet[UUID]) -> Relation:
        """The strongest relation to this person."""
        if self.principal.staff_id in care_team:
            return Relation.CARE_TEAM
        if team and team in self.principal.teams:
            return Relation.LEAD if self.principal.role is Role.LEAD else Relation.CARE_TEAM
        if self.standing.covers & care_team:
            return Relation.COVERING
        if team and team in self.standing.on_call:
            return Relation.ON_CALL
        return Relation.BREAK_GLASS if patient_id in self.standing.opened else Relation.NONE


@cache
def table() -> Access:
    """The installation's table.

    Raises:
        BadTable: it cannot be read.
    """
    return parse(_FILE.read_text(encoding="utf-8"))


def parse(text: str) -> Access:
    """A table from its TOML.

    Raises:
        BadTable: names the line and what is wrong with it.
    """
    document = tomllib.loads(text)
    groups = _groups(document.pop("groups", {}))
    reaches = _reaches(document.pop("reaches", {}))
    return Access(
        {
            service: dict(_rules(service, lines, groups, reaches))
            for service, lines in document.items()
        }
    )


def _rules(
    service: str,
    lines: Mapping[str, Any],
    groups: Mapping[str, frozenset[Role]],
    reaches: Mapping[str, frozenset[Relation]],
) -> Iterator[tuple[Route, Rule]]:
    for name, line in lines.items():
        method, _, path = name.partition(" ")
        where = f"[{service}] {name}"
        if method not in _METHODS or not path.startswith("/"):
            raise BadTable(f"{where}: a line starts with a method and a path")
        if not isinstance(line, dict) or set(line) != {"roles", "reach"}:
            raise BadTable(f"{where}: a line has roles and reach, and nothing else")
        if line["reach"] not in reaches:
            raise BadTable(f"{where}: no such reach")
        roles = frozenset().union(*(_named(one, groups, where) for one in line["roles"].split()))
        if (not roles) is not (line["reach"] == PUBLIC):
            raise BadTable(f"{where}: exactly the public lines have no roles")
        yield (method, path), Rule(roles, line["reach"], reaches[line["reach"]])


def _groups(given: Mapping[str, str]) -> Mapping[str, frozenset[Role]]:
    singles = {role.value: frozenset({role}) for role in Role}
    return singles | {
        name: frozenset().union(*(_named(one, singles, f"groups.{name}") for one in roles.split()))
        for name, roles in given.items()
    }


def _reaches(given: Mapping[str, str]) -> Mapping[str, frozenset[Relation]]:
    try:
        return {name: frozenset(map(Relation, words.split())) for name, words in given.items()}
    except ValueError as error:
        raise BadTable(f"reaches: {error}") from error


def _named(name: str, groups: Mapping[str, frozenset[Role]], where: str) -> frozenset[Role]:
    if name not in groups:
        raise BadTable(f"{where}: no such role or group: {name}")
    return groups[name]
