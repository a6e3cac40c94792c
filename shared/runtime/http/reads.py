"""Several looks in one call: what a page needs of a service, asked for and answered at once.

Each look goes through the same route as it would alone: its own rights, its own audit entry, its
own refusal. What they record is committed together, before anything is answered, so a page waits
for the disk once in each service. Nothing is decided here.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Annotated

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from pydantic import Field, JsonValue, ValidationError
from pydantic_core import to_json
from yarl import URL

from shared.api.body import Body
from shared.runtime.access import Rule
from shared.runtime.auth import Keys, Principal
from shared.runtime.db import Database
from shared.runtime.http.dispatch import Together, authenticate, received, together_key
from shared.runtime.http.problems import ApiError, invalid
from shared.runtime.http.router import Mode, Operation
from shared.runtime.outage import DatabaseAway

PATH = "/api/v1/reads"
CONTENT_TYPE = "application/x-ndjson"
MOST = 12

Look = Annotated[str, Field(max_length=1024, pattern=r"^/api/v1/[!-~]*$")]


class Question(Body):
    """A look whose question travels in a body, as it would be sent with POST."""

    path: Look
    body: JsonValue

    @property
    def sent(self) -> bytes:
        """The body as it would arrive alone."""
        return to_json(self.body)


class Reads(Body):
    """Paths of this service with their queries, as each would be asked for with GET, and then
    questions with a body of their own."""

    paths: Annotated[tuple[Look, ...], Field(max_length=MOST)]
    questions: Annotated[tuple[Question, ...], Field(max_length=MOST)] = ()


class _Broken(Exception):
    """A look failed: what the others recorded in its transaction is undone with it."""


@dataclass(frozen=True, slots=True)
class _Found:
    """One look, and what answers it."""

    look: web.Request
    is_question: bool
    handler: Handler
    route: tuple[str, str]


def answerer(
    operations: Collection[Operation],
    *,
    service: str,
    rule: Rule,
    db: Database,
    keys: Keys,
    inside: tuple[Middleware, ...],
) -> Handler:
    """The handler. Its answer has two lines for each look: the status, then the body.

    ``inside`` are the middlewares every look passes as if it had come alone.
    """
    looks = {(one.method, one.path) for one in operations if one.mode is Mode.READS}

    async def answer(request: web.Request) -> web.StreamResponse:
        principal = await authenticate(request, keys=keys, audience=service)
        if principal.role not in rule.roles:
            raise ApiError(403, "role", "Your role may not do this.")
        unread = request.clone()  # one whose body was read cannot be cloned
        try:
            reads = Reads.model_validate_json(await received(request))
        except ValidationError as error:
            raise invalid(error, where="body") from error
        found = [await _found(unread, path, inside, None) for path in reads.paths]
        found += [await _found(unread, one.path, inside, one) for one in reads.questions]
        if not 1 <= len(found) <= MOST:
            raise ApiError(422, "too-many-reads", f"Ask for 1 to {MOST} looks at once.")
        if any(one.is_question and one.route not in looks for one in found):
            raise ApiError(422, "not-a-read", "A question must be one that changes nothing.")
        may_share = len(found) > 1 and all(one.route in looks for one in found)
        several = _together(found, db, principal) if may_share else _one_by_one(found)
        lines = await several
        return web.Response(
            body=b"\n".join(lines), content_type=CONTENT_TYPE, headers={"Vary": "Authorization"}
        )

    return answer


async def _together(found: Sequence[_Found], db: Database, principal: Principal) -> Sequence[bytes]:
    """All in one transaction; each in its own where one of them fails."""
    lines: list[bytes] = []
    try:
        async with db.looks() as looks:
            together = Together(looks, principal)
            for one in found:
                one.look[together_key] = together
                status, body = await _answered(one)
                if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                    raise _Broken
                lines += [str(status).encode(), body]
    except (_Broken, DatabaseAway):
        for one in found:
            one.look.pop(together_key, None)
        return await _one_by_one(found)
    return lines


async def _one_by_one(found: Sequence[_Found]) -> Sequence[bytes]:
    lines: list[bytes] = []
    for one in found:
        status, body = await _answered(one)
        lines += [str(status).encode(), body]
    return lines


async def _found(
    request: web.Request, path: str, inside: tuple[Middleware, ...], question: Question | None
) -> _Found:
    if path.partition("?")[0] == PATH:
        raise ApiError(422, "nested-reads", "A look cannot be several looks again.")
    method = "GET" if question is None else "POST"
    look = request.clone(method=method, rel_url=URL(path, encoded=True))
    # aiohttp has no public way to answer a second request inside the first one.
    look._read_bytes = b"" if question is None else question.sent  # noqa: SLF001
    match = await request.app.router.resolve(look)
    match.add_app(request.app)
    look._match_info = match  # noqa: SLF001
    handler: Handler = match.handler
    for middleware in inside:
        handler = partial(middleware, handler=handler)
    resource = match.route.resource
    route = (method, resource.canonical if resource else "")
    return _Found(look, question is not None, handler, route)


async def _answered(one: _Found) -> tuple[int, bytes]:
    answered = await one.handler(one.look)
    body = answered.body if isinstance(answered, web.Response) else None
    return answered.status, body if isinstance(body, bytes) else b"null"
