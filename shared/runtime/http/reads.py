"""Several looks in one call: what a page needs of a service, asked for and answered at once.

Each look goes through the same route as it would alone: its own rights, its own audit entry, its
own refusal. Nothing is decided here.
"""

from functools import partial
from typing import Annotated

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from pydantic import Field, ValidationError
from yarl import URL

from shared.api.body import Body
from shared.runtime.access import Rule
from shared.runtime.auth import Keys
from shared.runtime.http.dispatch import authenticate, received
from shared.runtime.http.problems import ApiError, invalid

PATH = "/api/v1/reads"
CONTENT_TYPE = "application/x-ndjson"
MOST = 12

Look = Annotated[str, Field(max_length=1024, pattern=r"^/api/v1/[!-~]*$")]


class Reads(Body):
    """Paths of this service with their queries, as each would be asked for with GET."""

    paths: Annotated[tuple[Look, ...], Field(min_length=1, max_length=MOST)]


def answerer(service: str, *, rule: Rule, keys: Keys, inside: tuple[Middleware, ...]) -> Handler:
    """The handler. Its answer has two lines for each look: the status, then the body.

    ``inside`` are the middlewares every look passes as if it had come alone.
    """

    async def answer(request: web.Request) -> web.StreamResponse:
        principal = await authenticate(request, keys=keys, audience=service)
        if principal.role not in rule.roles:
            raise ApiError(403, "role", "Your role may not do this.")
        unread = request.clone()  # one whose body was read cannot be cloned
        try:
            reads = Reads.model_validate_json(await received(request))
        except ValidationError as error:
            raise invalid(error, where="body") from error
        lines = [line for path in reads.paths for line in await _look(unread, path, inside)]
        return web.Response(
            body=b"\n".join(lines), content_type=CONTENT_TYPE, headers={"Vary": "Authorization"}
        )

    return answer


async def _look(
    request: web.Request, path: str, inside: tuple[Middleware, ...]
) -> tuple[bytes, bytes]:
    if path.partition("?")[0] == PATH:
        raise ApiError(422, "nested-reads", "A look cannot be several looks again.")
    look = request.clone(method="GET", rel_url=URL(path, encoded=True))
    found = await request.app.router.resolve(look)
    found.add_app(request.app)
    # aiohttp has no public way to answer a second request inside the first one.
    look._match_info = found  # noqa: SLF001
    handler: Handler = found.handler
    for middleware in inside:
        handler = partial(middleware, handler=handler)
    answered = await handler(look)
    body = answered.body if isinstance(answered, web.Response) else None
    return str(answered.status).encode(), body if isinstance(body, bytes) else b"null"
