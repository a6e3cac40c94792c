"""Tokens and signatures for scripts and other programs, and the keys to check them with.

They answer people who have no token yet, and no transaction stays open while a password is
checked.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from aiohttp import web

from services.portal.clients import SERVICES
from services.portal.identity.front_door import (
    TOKEN_LIFETIME,
    Locked,
    TooManyTries,
    WrongCode,
    WrongPassword,
)
from services.portal.identity.restored import Held
from services.portal.identity.staff import Staff
from services.portal.pages.desk import Desk, desk_key
from shared.api.identity import (
    ProgramTokenRequest,
    Signature,
    SignatureRequest,
    Token,
    TokenRequest,
)
from shared.runtime.http import Api, ApiError, Mode, PublicCall

_SIGNATURE_S = 300
_REFUSES = (401, 403)


async def publish_keys(request: web.Request) -> web.Response:
    """The public keys of every token the portal makes (RFC 7517)."""
    keys = await request.app[desk_key].keyring.published()
    return web.json_response(keys, headers={"Cache-Control": "public, max-age=60"})


def add_scripts(api: Api, desk: Desk) -> None:
    """The operations by which a script or a program gets what it needs to call the services."""

    @api.post("/api/v1/tokens", mode=Mode.PUBLIC, raises=_REFUSES)
    async def issue_token(call: PublicCall, body: TokenRequest) -> Token:
        """A bearer token for all services, for whoever knows the password."""
        if not desk.manner.local:
            raise ApiError(403, "no-passwords", "This installation knows no passwords.")
        with _refusals():
            person = await desk.front_door.recognise_fully(
                body.username,
                body.password.get_secret_value(),
                code=body.code,
                address=desk.manner.address(call.request),
            )
        return await _token(desk, person, desk.manner.script_token_lifetime)

    @api.post("/api/v1/program-tokens", mode=Mode.PUBLIC, raises=_REFUSES)
    async def issue_program_token(call: PublicCall, body: ProgramTokenRequest) -> Token:
        """A bearer token for a program with credentials of its own, for less than a minute."""
        with _refusals():
            program = await desk.front_door.recognise_program(
                body.client_id,
                body.client_secret.get_secret_value(),
                address=desk.manner.address(call.request),
            )
        return await _token(desk, program, TOKEN_LIFETIME)

    @api.post("/api/v1/signatures", mode=Mode.PUBLIC, raises=_REFUSES)
    async def issue_signature(call: PublicCall, body: SignatureRequest) -> Signature:
        """A signature over one exact version, for whoever knows the password."""
        with _refusals():
            signature = await desk.front_door.signature(
                body.username,
                body.password.get_secret_value(),
                hash_=body.hash,
                meaning=body.meaning,
                audience=body.audience,
                address=desk.manner.address(call.request),
                device=desk.manner.device(call.request),
            )
        return Signature(signature=signature, expires_in=_SIGNATURE_S)


async def _token(desk: Desk, bearer: Staff, lifetime: timedelta) -> Token:
    return Token(
        access_token=await desk.front_door.fresh_token(
            bearer, audience=SERVICES, lifetime=lifetime
        ),
        expires_in=int(lifetime.total_seconds()),
        staff_id=bearer.staff_id,
        role=bearer.role,
    )


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
    except Held as error:
        detail = "This is a restored copy: two people (operations or leads) have to release it."
        raise ApiError(403, "restored-copy", detail) from error
    except TooManyTries as wait:
        detail = f"Too many tries; wait {wait.seconds} seconds."
        headers = {"Retry-After": str(wait.seconds)}
        raise ApiError(429, "too-many-tries", detail, headers=headers) from wait
