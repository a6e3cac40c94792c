"""JSON that means one thing: UTF-8, no NaN, no repeated keys, bounded depth."""

import json
import math
from typing import Any, NoReturn

MAX_DEPTH = 20


class MalformedJson(ValueError):
    """The text is a code saying what is wrong with the document."""


def check(raw: bytes) -> None:
    """Refuse a document two parsers could read differently.

    Raises:
        MalformedJson: with a code.
    """
    try:
        document = json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=_unique,
            parse_constant=_no_constant,
            parse_float=_finite,
        )
    except UnicodeDecodeError as error:
        raise MalformedJson("not-utf-8") from error
    except RecursionError as error:
        raise MalformedJson("too-deep") from error
    except MalformedJson:
        raise
    except ValueError as error:
        raise MalformedJson("not-json") from error
    _walk(document)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise MalformedJson("duplicate-key")
    return document


def _no_constant(_name: str) -> NoReturn:
    raise MalformedJson("not-a-number")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise MalformedJson("not-a-number")
    return value


def _walk(document: Any) -> None:
    pending: list[tuple[Any, int]] = [(document, 1)]
    while pending:
        value, depth = pending.pop()
        if depth > MAX_DEPTH:
            raise MalformedJson("too-deep")
        if isinstance(value, str):
            _storable(value)
        elif isinstance(value, dict):
            pending += [(item, depth + 1) for pair in value.items() for item in pair]
        elif isinstance(value, list):
            pending += [(item, depth + 1) for item in value]


def _storable(value: str) -> None:
    """NUL and lone surrogates cannot be stored by PostgreSQL and mean nothing to a reader."""
    if "\x00" in value or any(0xD800 <= ord(char) <= 0xDFFF for char in value):
        raise MalformedJson("unstorable-character")
