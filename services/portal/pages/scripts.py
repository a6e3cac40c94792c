"""Tokens and signatures for scripts and other programs, and the keys to check them with.

These routes are outside the typed router: they answer people who have no token yet, and no
transaction may stay open while a password is checked.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TypeVar

from aiohttp import web
from pydantic import ValidationError

from services.portal.clients import SERVICES
from services.portal.identity.front_door import Locked, TooManyTries, WrongCode, WrongPassword
from services.portal.identity.staff import Staff
from services.portal.pages.desk import Desk, desk_key
from shared.api.body import Body
from shared.api.identity import (
    ProgramTokenRequest,
    Signature,
    SignatureRequest,
    Token,
    TokenRequest,
)
from shared.runtime.http import ApiError, strict_json
from shared.runtime.http.problems import invalid

B = TypeVar("B", bound=Body)
_SIGNATURE_S = 300
_PROGRAM_TOKEN = timedelta(seconds=50)


async def publish_keys(request: web.Request) -> web.Response:
    """The public keys of every token the portal makes (RFC 7517)."""
    keys = await request.app[desk_key].keyring.published()
    return web.json_response(keys, headers={"Cache-Control": "public, max-age=60"})


async def issue_token(request: web.Request) -> web.Response:
    """A bearer token for all services, for whoever knows the password."""
    desk = request.app[desk_key]
    body = await _body(request, TokenRequest)
    lifetime = desk.manner.script_token_lifetime
    if not desk.manner.local:
        raise ApiError(403, "no-passwords", "This installation knows no passwords.")
    with _refusals():
        person = await desk.front_door.recognise_fully(
            body.username,
            body.password.get_secret_value(),
            code=body.code,
            address=desk.manner.address(request),
        )
    return await _issued(desk, person, lifetime)


async def issue_program_token(request: web.Request) -> web.Response:
    """A bearer token for a program with credentials of its own, for less than a minute."""
    desk = request.app[desk_key]
    body = await _body(request, ProgramTokenRequest)
    with _refusals():
        program = await desk.front_door.recognise_program(
            body.client_id,
            body.client_secret.get_secret_value(),
            address=desk.manner.address(request),
        )
    return await _issued(desk, program, _PROGRAM_TOKEN)


async def _issued(desk: Desk, person: Staff, lifetime: timedelta) -> web.Response:
    token = Token(
        access_token=await desk.front_door.fresh_token(
            person, audience=SERVICES, lifetime=lifetime
        ),
        expires_in=int(lifetime.total_seconds()),
        staff_id=person.staff_id,
        role=person.role,
    )
    return _json(token)


async def issue_signature(request: web.Request) -> web.Response:
    """A signature over one exact version, for whoever knows the password."""
    desk = request.app[desk_key]
    body = await _body(request, SignatureRequest)
    with _refusals():
        signature = await desk.front_door.signature(
            body.username,
            body.password.get_secret_value(),
            hash_=body.hash,
            meaning=body.meaning,
            audience=body.audience,
            address=desk.manner.address(request),
        )
    return _json(Signature(signature=signature, expires_in=_SIGNATURE_S))


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except WrongPassword as error:
        detail = "The user name and the password do not belong together."
        raise ApiError(401, "wrong-password", detail) from error
    except WrongCode as error:
        detail = "Send the one-time code too; each works once."
        raise ApiError(401, "code-needed", detail) from error
    except Locked as error:
        detail = "This account is locked. A lead or operations can unlock it."
        raise ApiError(403, "account-locked", detail) from error
    except TooManyTries as wait:
        detail = f"Too many tries; wait {wait.seconds} seconds."
        headers = {"Retry-After": str(wait.seconds)}
        raise ApiError(429, "too-many-tries", detail, headers=headers) from wait


async def _body(request: web.Request, model: type[B]) -> B:
    if request.content_type != "application/json":
        raise ApiError(415, "media-type", "Send the body as application/json.")
    raw = await request.read()
    try:
        strict_json.check(raw)
        return model.model_validate_json(raw)
    except strict_json.MalformedJson as error:
        raise ApiError(400, str(error), "The body is not acceptable JSON.") from error
    except ValidationError as error:
        raise invalid(error, where="body") from error


def _json(body: Body) -> web.Response:
    return web.Response(text=body.model_dump_json(), content_type="application/json")
