"""A typed router: the function's signature is the contract, OpenAPI is read from it.

One decorator per operation says who may call it, what it may refuse with, and whether it needs
a version. Around each call the router authenticates, validates, opens one transaction, keeps the
Idempotency-Key and turns refusals into problem documents.
"""

import inspect
import re
from collections.abc import Awaitable, Callable, Collection, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, get_type_hints
from uuid import UUID

from aiohttp import web
from pydantic import BaseModel, TypeAdapter

from shared.api.identity import Role
from shared.runtime.access import Reach, Relation, Rule
from shared.runtime.auth import Principal
from shared.runtime.db import Transaction

MEANT = "X-Patient-Id"
"""The header that says whose page the caller has before them. What belongs to somebody else is
refused, so that an act never reaches another person than the one whose name was on the screen."""

Handler = Callable[..., Awaitable[BaseModel | None]]


class Mode(StrEnum):
    """The transaction an operation runs in."""

    READS = "reads"
    WRITES = "writes"
    OPENS_ITS_OWN = "opens-its-own"
    PUBLIC = "public"
    """None, and no token asked for: it is how one gets a token."""


@dataclass(slots=True, kw_only=True)
class Call:
    """One request, authenticated and inside its transaction. ``if_match`` is 0 where unused."""

    reach: Reach
    rule: Rule
    """The access table's line of this operation."""
    if_match: int = 0
    meant: UUID | None = None
    """Whose record the caller means to act on, where they say so (``X-Patient-Id``)."""
    headers: dict[str, str] = field(default_factory=dict)
    """Headers to add to the answer."""
    transaction: Transaction | None = None
    seen_as: Relation | None = None
    """By what relation the caller was let through to a person's record."""
    answered: Exception | None = None
    """Raised once the caller is let through: this very request was answered before."""

    @property
    def principal(self) -> Principal:
        """Who is asking."""
        return self.reach.principal

    def admit(
        self,
        patient_id: UUID,
        *,
        team: str,
        care_team: Collection[UUID],
        is_everybodys: bool = False,
    ) -> None:
        """Let the caller through to this person's record, as far as the access table goes.

        ``is_everybodys``: nobody who works here looks after them, so any lead does.

        Raises:
            OutsideRelation: no relation that opens this; answered 404, and audited.
            OtherPerson: the caller means somebody else; answered 404, and audited.
            ReadOnly: an emergency look does not change anything; answered 403, and audited.
        """
        if self.meant not in (None, patient_id):
            raise OtherPerson(patient_id)
        relation = self.reach.to(patient_id, team=team, care_team=frozenset(care_team))
        if relation is Relation.NONE and is_everybodys and self.principal.role is Role.LEAD:
            relation = Relation.LEAD
        if relation in self.rule.relations:
            self.seen_as = relation
            if self.answered is not None:
                raise self.answered
            return
        if relation is Relation.BREAK_GLASS:
            raise ReadOnly(patient_id)
        raise OutsideRelation(patient_id)

    @property
    def is_emergency(self) -> bool:
        """Whether only a look in an emergency lets the caller see this record."""
        return self.seen_as is Relation.BREAK_GLASS

    @property
    def emergency(self) -> str | None:
        """The reason to keep with the look in the audit trail, where it is one."""
        return Relation.BREAK_GLASS.value if self.is_emergency else None

    @property
    def tx(self) -> Transaction:
        """The transaction the router opened for this call."""
        if self.transaction is None:
            raise LookupError("this operation opens transactions of its own")
        return self.transaction


@dataclass(slots=True, kw_only=True)
class PublicCall:
    """One request of somebody who has no token yet, outside any transaction."""

    request: web.Request
    headers: dict[str, str] = field(default_factory=dict)
    """Headers to add to the answer."""


class OutsideRelation(Exception):
    """The caller has no relation to this patient: answered 404, audited as a denied look."""

    def __init__(self, subject: UUID) -> None:
        super().__init__("outside-relation")
        self.subject = subject


class OtherPerson(Exception):
    """What was asked for is not of the person whom the caller means: answered 404, audited."""

    def __init__(self, subject: UUID) -> None:
        super().__init__("other-person")
        self.subject = subject


class ReadOnly(Exception):
    """The caller opened this record in an emergency, to read: answered 403, and audited."""

    def __init__(self, subject: UUID) -> None:
        super().__init__("read-only")
        self.subject = subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One route of a service, as the router, the OpenAPI document and the access test see it."""

    method: str
    path: str
    handler: Handler
    roles: frozenset[Role] | None
    """As its author meant it; the access table decides and must say the same."""
    status: int
    raises: tuple[int, ...]
    if_match: bool
    mode: Mode
    summary: str
    path_parameters: Mapping[str, TypeAdapter[Any]]
    query: type[BaseModel] | None
    body: type[BaseModel] | None
    response: type[BaseModel] | None

    @property
    def name(self) -> str:
        """The function's name, the OpenAPI operation id."""
        return self.handler.__name__

    @property
    def needs_key(self) -> bool:
        """Whether the request must carry an Idempotency-Key."""
        return self.method == "POST" and self.mode is Mode.WRITES


class Api:
    """The operations of one service, and how its refusals map to a status.

    ``problems`` maps an exception class to a status; subclasses follow. Such an exception has a
    ``code``, a sentence, and may have ``field``, ``context`` and ``retry``.
    """

    def __init__(
        self, *, service: str, title: str, problems: Mapping[type[Exception], int] | None = None
    ) -> None:
        self.service = service
        self.title = title
        self.problems = dict(problems or {})
        self.operations: list[Operation] = []

    def get(
        self,
        path: str,
        *,
        roles: AbstractSet[Role] | None = None,
        raises: tuple[int, ...] = (),
        mode: Mode = Mode.READS,
    ) -> Callable[[Handler], Handler]:
        """A look. Runs in a reading transaction unless it opens its own."""
        return self._operation("GET", path, roles=roles, raises=raises, mode=mode)

    def post(
        self,
        path: str,
        *,
        roles: AbstractSet[Role] | None = None,
        raises: tuple[int, ...] = (),
        status: int = 200,
        if_match: bool = False,
        mode: Mode = Mode.WRITES,
    ) -> Callable[[Handler], Handler]:
        """A change, once per Idempotency-Key; or, in reading mode, a look whose question
        holds personal data and therefore travels in the body."""
        return self._operation(
            "POST", path, roles=roles, raises=raises, status=status, if_match=if_match, mode=mode
        )

    def put(
        self,
        path: str,
        *,
        roles: AbstractSet[Role] | None = None,
        raises: tuple[int, ...] = (),
        if_match: bool = False,
        mode: Mode = Mode.WRITES,
    ) -> Callable[[Handler], Handler]:
        """Replace something whole."""
        return self._operation(
            "PUT", path, roles=roles, raises=raises, if_match=if_match, mode=mode
        )

    def patch(
        self,
        path: str,
        *,
        roles: AbstractSet[Role] | None = None,
        raises: tuple[int, ...] = (),
        if_match: bool = True,
    ) -> Callable[[Handler], Handler]:
        """Change some fields of a known version."""
        return self._operation("PATCH", path, roles=roles, raises=raises, if_match=if_match)

    def _operation(
        self,
        method: str,
        path: str,
        *,
        roles: AbstractSet[Role] | None = None,
        raises: tuple[int, ...],
        status: int = 200,
        if_match: bool = False,
        mode: Mode = Mode.WRITES,
    ) -> Callable[[Handler], Handler]:
        def register(handler: Handler) -> Handler:
            hints = get_type_hints(handler, include_extras=True)
            names = re.findall(r"{(\w+)}", path)
            self.operations.append(
                Operation(
                    method=method,
                    path=path,
                    handler=handler,
                    roles=None if roles is None else frozenset(roles),
                    status=status,
                    raises=raises,
                    if_match=if_match,
                    mode=mode,
                    summary=(inspect.getdoc(handler) or handler.__name__).splitlines()[0],
                    path_parameters={name: TypeAdapter(hints[name]) for name in names},
                    query=hints.get("query"),
                    body=hints.get("body"),
                    response=_model(hints.get("return")),
                )
            )
            return handler

        return register


def _model(hint: Any) -> type[BaseModel] | None:
    return hint if inspect.isclass(hint) and issubclass(hint, BaseModel) else None
