"""HTTP as every service speaks it."""

from shared.runtime.http.app import build_app
from shared.runtime.http.paging import PageQuery, decode_cursor, encode_cursor
from shared.runtime.http.problems import ApiError, FieldError, Problem
from shared.runtime.http.router import Api, Call, Mode, Operation, OutsideRelation, PublicCall

__all__ = [
    "Api",
    "ApiError",
    "Call",
    "FieldError",
    "Mode",
    "Operation",
    "OutsideRelation",
    "PageQuery",
    "Problem",
    "PublicCall",
    "build_app",
    "decode_cursor",
    "encode_cursor",
]
