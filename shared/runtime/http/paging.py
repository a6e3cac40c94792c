"""Lists page by an opaque cursor over the sort key, never by an offset."""

import base64
import json
from datetime import datetime
from functools import cache
from typing import Annotated, Any

from pydantic import Field, TypeAdapter

from shared.api.body import Body
from shared.runtime.http.problems import ApiError, FieldError

MAX_LIMIT = 200


class PageQuery(Body):
    """``limit`` items from ``cursor`` on."""

    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT)] = 50
    cursor: Annotated[str, Field(max_length=512)] | None = None


def encode_cursor(*key: str | int) -> str:
    """The cursor after the row with this sort key."""
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


def decode_cursor(cursor: str | None, *kinds: Any) -> tuple[Any, ...] | None:
    """The sort key to continue after, or None for the first page.

    ``kinds`` are the types of its parts, such as ``datetime, UUID``; a cursor comes from outside
    and is checked like anything else that does.

    Raises:
        ApiError: 422, the cursor is not one of ours.
    """
    if cursor is None:
        return None
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        key = _reader(kinds).validate_json(text, strict=True)
    except ValueError:  # also what base64 and pydantic raise
        raise _unknown_cursor() from None
    if not all(map(_storable, key)):
        raise _unknown_cursor()
    return key


@cache
def _reader(kinds: tuple[Any, ...]) -> TypeAdapter[tuple[Any, ...]]:
    return TypeAdapter(tuple[kinds])  # type: ignore[valid-type]


def _storable(part: Any) -> bool:
    """Whether every database can compare a column with it."""
    if isinstance(part, datetime):
        return part.tzinfo is not None
    if isinstance(part, int):
        return abs(part) < 2**63
    return not (isinstance(part, str) and "\x00" in part)


def _unknown_cursor() -> ApiError:
    detail = "The cursor is not from an earlier page of this list."
    fault = FieldError(pointer="/query/cursor", detail=detail, code="cursor")
    return ApiError(422, "cursor", detail, errors=(fault,))
