"""Lists page by an opaque cursor over the sort key, never by an offset."""

import base64
import binascii
import json
from typing import Annotated, Any

from pydantic import Field

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


def decode_cursor(cursor: str | None, *, parts: int) -> tuple[Any, ...] | None:
    """The sort key to continue after, or None for the first page.

    Raises:
        ApiError: 422, the cursor is not one of ours.
    """
    if cursor is None:
        return None
    try:
        key = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError):
        raise _unknown_cursor() from None
    if not isinstance(key, list) or len(key) != parts:
        raise _unknown_cursor()
    if not all(isinstance(part, str | int) for part in key):
        raise _unknown_cursor()
    return tuple(key)


def _unknown_cursor() -> ApiError:
    detail = "The cursor is not from an earlier page of this list."
    fault = FieldError(pointer="/query/cursor", detail=detail, code="cursor")
    return ApiError(422, "cursor", detail, errors=(fault,))
