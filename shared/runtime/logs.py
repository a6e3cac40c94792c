"""Structured logs: a constant event name, ids as fields, never a person.

Only listed fields are written; anything else is dropped and counted, so a name or a free
text cannot reach a log by mistake.
"""

import logging
import sys
import traceback
from pathlib import Path
from typing import Any, TextIO, cast

import structlog
from structlog.typing import EventDict, FilteringBoundLogger, WrappedLogger

ALLOWED = frozenset(
    {
        "event", "level", "timestamp", "service", "instance", "version",
        "correlation_id", "causation_id", "event_id", "type", "aggregate_version",
        "method", "route", "status", "code", "duration_ms", "count", "tries", "delay_s",
        "error", "reason", "port", "host", "stream", "consumer", "tick", "lag_s", "exit_code",
        "signal", "names", "offset_s", "kind", "seq", "path", "migration", "where",
    }
)  # fmt: skip
"""The fields a log line may have. Errors appear by type name only."""


def configure(*, service: str, level: str = "info", stream: TextIO | None = None) -> None:
    """Send one JSON object per line to standard error, for this process and its libraries."""
    out = stream or sys.stderr
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _place_of_error,
            _only_allowed,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(file=out),
        cache_logger_on_first_use=False,
    )
    structlog.contextvars.bind_contextvars(service=service)
    logging.basicConfig(level=logging.WARNING, handlers=[LibraryLogs()])


def get_logger() -> FilteringBoundLogger:
    """The logger; the event name is the first argument and a constant in snake case."""
    return cast("FilteringBoundLogger", structlog.get_logger())


class LibraryLogs(logging.Handler):
    """What libraries log, as one of our lines: who and where, never their words, which quote
    requests and rows."""

    def emit(self, record: logging.LogRecord) -> None:
        fields = {"kind": record.name}
        if record.exc_info and (error := record.exc_info[1]):
            fields |= {"error": type(error).__name__, "where": _place(error)}
        get_logger().log(record.levelno, "library_logged", **fields)


def _only_allowed(_logger: WrappedLogger, _method: str, fields: EventDict) -> EventDict:
    kept: dict[str, Any] = {name: value for name, value in fields.items() if name in ALLOWED}
    dropped = len(fields) - len(kept)
    if dropped:
        kept["names"] = f"{dropped} field(s) not allowed in logs were dropped"
    return kept


def _place_of_error(_logger: WrappedLogger, _method: str, fields: EventDict) -> EventDict:
    """Where an exception came from, without its text, which may repeat what was sent."""
    if fields.pop("exc_info", None) and (error := sys.exc_info()[1]):
        fields["where"] = _place(error)
    return fields


def _place(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if "/shared/" in f.filename or "/services/" in f.filename]
    return " < ".join(f"{Path(f.filename).name}:{f.lineno}" for f in reversed(own[-4:]))
