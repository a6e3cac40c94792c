"""Every refusal is a problem document (RFC 9457) with a stable code and the field it is about."""

from collections.abc import Mapping, Set
from typing import Any

from aiohttp import web
from pydantic import ValidationError

from shared.api.body import Body

CONTENT_TYPE = "application/problem+json"

TITLES = {
    400: "The request cannot be read",
    401: "Sign in first",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    409: "This conflicts with what is stored",
    410: "No longer valid",
    412: "Someone changed this meanwhile",
    413: "Too large",
    415: "Send application/json",
    422: "Something is not right with what was sent",
    428: "Say which version you are changing",
    429: "Too many requests",
    500: "Something went wrong here",
    503: "Not available right now",
}


class FieldError(Body):
    """One thing wrong with one field. ``pointer`` is a JSON pointer into body, path or query."""

    pointer: str
    detail: str
    code: str


class Problem(Body):
    """An RFC 9457 problem. ``detail`` is a sentence for staff; it never repeats what was sent."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    errors: tuple[FieldError, ...] = ()
    context: dict[str, Any] | None = None
    correlation_id: str


class ApiError(Exception):
    """A refusal with its status; the router turns it into a problem document."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        errors: tuple[FieldError, ...] = (),
        context: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = errors
        self.context = context
        self.headers = headers or {}


def respond(error: ApiError, *, correlation_id: str) -> web.Response:
    """The document as a response."""
    problem = Problem(
        type=f"urn:mooring:problem:{error.code}",
        title=TITLES.get(error.status, "Refused"),
        status=error.status,
        code=error.code,
        detail=error.detail,
        errors=error.errors,
        context=dict(error.context) if error.context else None,
        correlation_id=correlation_id,
    )
    return web.Response(
        status=error.status,
        text=problem.model_dump_json(exclude_none=True),
        content_type=CONTENT_TYPE,
        headers=error.headers,
    )


def invalid(error: ValidationError, *, where: str) -> ApiError:
    """A 422 naming each field. Pydantic's messages are kept, the values sent are not."""
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    refused = {item["loc"][:-1] for item in faults if item["loc"][-1:] == ("[key]",)}
    errors = tuple(
        FieldError(
            pointer="/".join(["", where, *map(_escape, _place(item["loc"], refused))]),
            detail=item["msg"],
            code=item["type"].replace("_", "-"),
        )
        for item in faults
    )
    return ApiError(422, "invalid", "Some fields are not valid; nothing was stored.", errors=errors)


def from_rule(error: Exception, status: int) -> ApiError:
    """A domain's refusal: its ``code``, its ``field`` if it names one, and its sentence."""
    code = str(getattr(error, "code", "refused"))
    detail = str(error) or TITLES.get(status, "Refused")
    field = getattr(error, "field", None)
    errors = (FieldError(pointer=f"/body/{field}", detail=detail, code=code),) if field else ()
    headers = {"Retry-After": "1"} if getattr(error, "retry", False) else None
    context = getattr(error, "context", None)
    return ApiError(status, code, detail, errors=errors, context=context, headers=headers)


def _place(
    loc: tuple[str | int, ...], refused: Set[tuple[str | int, ...]]
) -> tuple[str | int, ...]:
    """Where a fault is. A map's key that is not acceptable may be a person's name: left out."""
    return tuple("?" if loc[: n + 1] in refused else part for n, part in enumerate(loc))


def _escape(part: str | int) -> str:
    return str(part).replace("~", "~0").replace("/", "~1")
