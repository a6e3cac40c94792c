"""What happens around each call, in order: who, may they, what was sent, then the transaction."""

import asyncio
import contextlib
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

import sqlalchemy.exc
from aiohttp import web
from multidict import MultiDictProxy
from pydantic import BaseModel, ValidationError

from shared.api.identity import CLINICIANS
from shared.runtime import standing
from shared.runtime.access import Reach, Relation, Rule
from shared.runtime.auth import (
    Keys,
    KeysUnavailable,
    Principal,
    Unauthenticated,
    verify_access_token,
)
from shared.runtime.db import Cause, Database, Looks, Transaction
from shared.runtime.http import idempotency, strict_json
from shared.runtime.http.limits import Rate, place_key
from shared.runtime.http.problems import ApiError, FieldError, from_rule, invalid
from shared.runtime.http.router import (
    MEANT,
    Api,
    Call,
    Mode,
    Operation,
    OtherPerson,
    OutsideRelation,
    PublicCall,
    ReadOnly,
)
from shared.runtime.logs import get_logger
from shared.runtime.outage import DatabaseAway, LostRace

T = TypeVar("T")
Fields = MultiDictProxy[str | bytes | bytearray | web.FileField]
BODY_TIMEOUT_S = 10
_TRIES = 3
_RACES = (LostRace, sqlalchemy.exc.IntegrityError)
"""Undone because another transaction was first: run again, it may now see why to refuse."""
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}", re.ASCII)

correlation_key = web.RequestKey("correlation_id", str)
log = get_logger()


@dataclass(frozen=True, slots=True)
class Sent:
    """A request after validation, before its transaction."""

    arguments: dict[str, Any]
    if_match: int
    meant: UUID | None
    key: idempotency.Key | None


@dataclass(frozen=True, slots=True)
class Asked:
    """Which operation, by whom, with what."""

    operation: Operation
    rule: Rule
    principal: Principal
    sent: Sent


@dataclass(slots=True)
class Together:
    """Looks that came in one call: whose they are is found out once, and they commit as one."""

    looks: Looks
    principal: Principal
    reach: Reach | None = None


together_key = web.RequestKey("together", Together)
"""Of a look that did not come alone."""


class _Replay(Exception):
    """The key was answered before: leave the transaction and repeat that answer."""

    def __init__(self, answer: idempotency.StoredAnswer) -> None:
        super().__init__("replay")
        self.answer = answer


def handler(
    api: Api, operation: Operation, *, rule: Rule, db: Database, keys: Keys, rate: Rate
) -> Callable[[web.Request], Awaitable[web.Response]]:
    """The aiohttp handler of one operation; ``rate`` is how much one caller may ask."""

    async def handle(request: web.Request) -> web.Response:
        try:
            return await answer(request)
        except DatabaseAway as error:
            raise _unavailable(error) from error
        except KeysUnavailable as error:
            log.warning("keys_unavailable", error=str(error))
            detail = "Nobody's token can be checked now. Send the same request again in a moment."
            raise ApiError(503, "keys-unavailable", detail, headers={"Retry-After": "2"}) from error

    async def answer(request: web.Request) -> web.Response:
        if operation.mode is Mode.PUBLIC:
            return await _in_public(request, api, operation)
        together: Together | None = request.get(together_key)
        principal = (
            together.principal
            if together is not None
            else await authenticate(request, keys=keys, audience=api.service)
        )
        rate.require(str(principal.staff_id), whose="caller")
        if principal.role not in rule.roles:
            await _audit_denied(request, operation, db=db, principal=principal, reason="role")
            raise ApiError(403, "role", "Your role may not do this.")
        sent = await _read(request, operation, principal)
        asked = Asked(operation, rule, principal, sent)
        return await _in_transaction(request, api, asked, db=db)

    return handle


async def authenticate(request: web.Request, *, keys: Keys, audience: str) -> Principal:
    """The caller, by bearer token.

    Raises:
        ApiError: 401.
        KeysUnavailable: the token cannot be judged now.
    """
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    try:
        if scheme.lower() != "bearer" or not token:
            raise Unauthenticated("missing")
        return await verify_access_token(token, keys=keys, audience=audience)
    except Unauthenticated as error:
        challenge = {"WWW-Authenticate": "Bearer"}
        detail = "Send a valid bearer token."
        raise ApiError(401, "unauthenticated", detail, headers=challenge) from error


async def _in_public(request: web.Request, api: Api, operation: Operation) -> web.Response:
    arguments, _ = await _arguments(request, operation)
    call = PublicCall(request=request)
    try:
        result = await operation.handler(call, **arguments)
    except Exception as error:
        if (refusal := _refusal(api, error)) is None:
            raise
        raise refusal from error
    return _answer(_render(operation, result), call.headers)


async def _arguments(request: web.Request, operation: Operation) -> tuple[dict[str, Any], bytes]:
    """What the handler takes, and the body as it was sent."""
    arguments = _path_arguments(request, operation)
    if operation.query is not None:
        arguments["query"] = _query(request, operation.query)
    raw = await _raw_body(request) if operation.body is not None else b""
    if operation.body is not None:
        arguments["body"] = _body(raw, operation.body)
    return arguments, raw


async def _read(request: web.Request, operation: Operation, principal: Principal) -> Sent:
    if_match = _if_match(request) if operation.if_match else 0
    key = _idempotency_key(request) if operation.needs_key else None
    arguments, raw = await _arguments(request, operation)
    return Sent(
        arguments=arguments,
        if_match=if_match,
        meant=_meant(request),
        key=None
        if key is None
        else idempotency.Key.of(
            actor=principal.actor,
            value=key,
            route=operation.name,
            target=request.path,
            body=raw,
        ),
    )


async def _in_transaction(
    request: web.Request, api: Api, asked: Asked, *, db: Database
) -> web.Response:
    for remaining in reversed(range(_TRIES)):
        try:
            return await _once(request, asked, db=db)
        except _Replay as replay:
            return _answer(replay.answer, {"Idempotency-Replayed": "true"})
        except (OutsideRelation, OtherPerson, ReadOnly) as error:
            raise await _outside(request, asked, error, db=db) from error
        except Exception as error:
            if isinstance(error, _RACES) and remaining:
                continue
            if (refusal := _refusal(api, error)) is None:
                raise
            raise refusal from error
    raise AssertionError("unreachable: the last try answers or raises")


async def _outside(
    request: web.Request,
    asked: Asked,
    error: OutsideRelation | OtherPerson | ReadOnly,
    *,
    db: Database,
) -> ApiError:
    """The refusal for somebody without the relation, or with another person's page before them,
    after it is on record."""
    await _audit_denied(
        request,
        asked.operation,
        db=db,
        principal=asked.principal,
        reason=str(error),
        subject=error.subject,
    )
    if isinstance(error, ReadOnly):
        return ApiError(403, "read-only", "Emergency access is for reading only.")
    return ApiError(404, "not-found", "There is no such record.")


async def _once(request: web.Request, asked: Asked, *, db: Database) -> web.Response:
    operation, sent = asked.operation, asked.sent
    if operation.mode is Mode.OPENS_ITS_OWN:
        async with db.reading() as tx:
            reach = await _reach(tx, asked)
        call = Call(reach=reach, rule=asked.rule, if_match=sent.if_match, meant=sent.meant)
        result = await operation.handler(call, **sent.arguments)
        return _answer(_render(operation, result), call.headers)
    async with _open(request, operation, db=db, principal=asked.principal) as tx:
        reach = await _reach_of_all(request, tx, asked)
        earlier = await idempotency.claim(tx, sent.key) if sent.key is not None else None
        answered = _Replay(earlier) if earlier is not None else None
        if answered is not None and Relation.NONE in asked.rule.relations:
            raise answered
        call = Call(
            reach=reach,
            rule=asked.rule,
            transaction=tx,
            if_match=sent.if_match,
            meant=sent.meant,
            answered=answered,  # about a person: whoever may not see it now is not told it again
        )
        result = await operation.handler(call, **sent.arguments)
        if answered is not None:
            raise answered
        answer = _render(operation, result)
        if sent.key is not None:
            await idempotency.store(tx, sent.key, answer)
    return _answer(answer, call.headers)


async def _reach(tx: Transaction, asked: Asked) -> Reach:
    """How far this caller reaches now.

    Raises:
        ApiError: 401, the account has changed since the token was made.
    """
    try:
        stands = await standing.of(tx, asked.principal)
    except standing.Outdated as error:
        challenge = {"WWW-Authenticate": "Bearer"}
        detail = "The account changed. Ask for a new token."
        raise ApiError(401, "unauthenticated", detail, headers=challenge) from error
    if asked.principal.role not in CLINICIANS:
        return Reach(asked.principal)
    return Reach(asked.principal, stands)


async def _reach_of_all(request: web.Request, tx: Transaction, asked: Asked) -> Reach:
    """The same for every look of one transaction. Raises as ``_reach`` does."""
    together: Together | None = request.get(together_key)
    if together is None:
        return await _reach(tx, asked)
    if together.reach is None:
        together.reach = await _reach(tx, asked)
    return together.reach


def _open(
    request: web.Request, operation: Operation, *, db: Database, principal: Principal
) -> contextlib.AbstractAsyncContextManager[Transaction]:
    if operation.mode is Mode.READS:
        together: Together | None = request.get(together_key)
        if together is not None:
            return together.looks.look(Cause(actor=principal.actor))
        return db.reading(actor=principal.actor)
    return db.transaction(
        actor=principal.actor,
        correlation_id=request[correlation_key],
        traceparent=traceparent(request),
    )


def _render(operation: Operation, result: BaseModel | None) -> idempotency.StoredAnswer:
    version = getattr(result, "version", None)
    return idempotency.StoredAnswer(
        status=operation.status,
        body="" if result is None else result.model_dump_json(),
        etag=f'"{version}"' if isinstance(version, int) else None,
    )


def _answer(answer: idempotency.StoredAnswer, headers: dict[str, str]) -> web.Response:
    extra = dict(headers)
    if answer.etag:
        extra["ETag"] = answer.etag
    if not answer.body:
        return web.Response(status=answer.status, headers=extra)
    return web.Response(
        status=answer.status, text=answer.body, content_type="application/json", headers=extra
    )


def _path_arguments(request: web.Request, operation: Operation) -> dict[str, Any]:
    arguments = {}
    for name, adapter in operation.path_parameters.items():
        text = request.match_info[name]
        if "\x00" in text:
            raise _unstorable(f"/path/{name}")
        try:
            arguments[name] = adapter.validate_strings(text)
        except ValidationError as error:
            raise invalid(error, where=f"path/{name}") from error
    return arguments


def _query(request: web.Request, model: type[BaseModel]) -> BaseModel:
    repeated = {name for name in request.query if len(request.query.getall(name)) > 1}
    if repeated:
        detail = "A query parameter was given twice."
        errors = tuple(
            FieldError(pointer=f"/query/{name}", detail=detail, code="repeated")
            for name in sorted(repeated & set(model.model_fields))
        )
        raise ApiError(422, "repeated-parameter", detail, errors=errors)
    for name in model.model_fields:
        if "\x00" in request.query.get(name, ""):
            raise _unstorable(f"/query/{name}")
    try:
        return model.model_validate_strings(dict(request.query))
    except ValidationError as error:
        raise invalid(error, where="query") from error


def _unstorable(pointer: str) -> ApiError:
    """PostgreSQL cannot hold a NUL, so nothing is called like that."""
    code, detail = "unstorable-character", "An address cannot hold a NUL character."
    return ApiError(
        422, code, detail, errors=(FieldError(pointer=pointer, detail=detail, code=code),)
    )


def _if_match(request: web.Request) -> int:
    value = request.headers.get("If-Match")
    if value is None:
        detail = "Send If-Match with the version you are changing."
        raise ApiError(428, "version-required", detail)
    digits = value.strip().removeprefix('"').removesuffix('"')
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 9):
        raise ApiError(412, "stale-version", "If-Match does not name a version of this record.")
    return int(digits)


def _meant(request: web.Request) -> UUID | None:
    value = request.headers.get(MEANT)
    if value is None:
        return None
    try:
        return UUID(value)
    except ValueError:
        raise ApiError(400, "patient-id", f"{MEANT} is the id of a person, or left out.") from None


def _idempotency_key(request: web.Request) -> str:
    value = request.headers.get("Idempotency-Key", "")
    if not (8 <= len(value) <= 64 and value.isascii() and value.isprintable()):
        detail = "Send an Idempotency-Key of 8 to 64 characters, a new one for each request."
        raise ApiError(400, "idempotency-key", detail)
    return value


async def _raw_body(request: web.Request) -> bytes:
    plain = request.headers.get("Content-Encoding", "identity") == "identity"
    if request.content_type != "application/json" or not plain:
        raise ApiError(415, "media-type", "Send the body as application/json, not compressed.")
    return await received(request)


async def received(request: web.Request) -> bytes:
    """The whole body, unless somebody sends it drop by drop.

    Raises:
        ApiError: 408; 503 when too much is being asked at once.
    """
    return await _in_time(request, request.read)


async def received_form(request: web.Request) -> Fields:
    """The fields and files of a form, under the same limit. A file is read as it arrives, so its
    body must not be read before.

    Raises:
        ApiError: 408; 503 when too much is being asked at once.
    """
    return await _in_time(request, request.post)


async def _in_time(request: web.Request, arrive: Callable[[], Awaitable[T]]) -> T:
    place = request.get(place_key)
    if place is not None:
        place.wait_for_body()
    try:
        async with asyncio.timeout(BODY_TIMEOUT_S):
            body = await arrive()
    except TimeoutError as error:
        raise ApiError(408, "slow-body", "The body took too long to arrive.") from error
    if place is not None:
        place.work()
    return body


def _body(raw: bytes, model: type[BaseModel]) -> BaseModel:
    try:
        strict_json.check(raw)
        return model.model_validate_json(raw, strict=True)
    except strict_json.MalformedJson as error:
        raise ApiError(400, str(error), "The body is not acceptable JSON.") from error
    except ValidationError as error:
        raise invalid(error, where="body") from error


def traceparent(request: web.Request) -> str | None:
    """The caller's trace, if it is one: it travels on in every event."""
    given = request.headers.get("traceparent", "")
    return given if _TRACEPARENT.fullmatch(given) else None


def _refusal(api: Api, error: Exception) -> ApiError | None:
    for kind in type(error).__mro__:
        if kind in api.problems:
            return from_rule(error, api.problems[kind])
    return None


def _unavailable(error: DatabaseAway) -> ApiError:
    log.warning("database_unavailable", error=str(error))
    detail = "The database did not answer in time. Send the same request again in a moment."
    return ApiError(503, "unavailable", detail, headers={"Retry-After": "2"})


async def _audit_denied(
    request: web.Request,
    operation: Operation,
    *,
    db: Database,
    principal: Principal,
    reason: str,
    subject: UUID | None = None,
) -> None:
    cause = Cause(actor=principal.actor, correlation_id=request[correlation_key])
    together: Together | None = request.get(together_key)
    alone = db.transaction(actor=cause.actor, correlation_id=cause.correlation_id)
    async with alone if together is None else together.looks.look(cause) as tx:
        tx.audit(
            "access.denied", object=f"operation:{operation.name}", subject=subject, reason=reason
        )
