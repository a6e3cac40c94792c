"""The audit trail on a page and in a file."""

import csv
import io
from collections.abc import Iterable
from urllib.parse import urlencode

from services.portal.presenters.drafts import Draft
from services.portal.presenters.today import Setting
from shared.api.operations import AuditEntryBody

COLUMNS = (
    "seq",
    "at",
    "actor",
    "action",
    "object",
    "object_version",
    "subject",
    "reason",
    "correlation_id",
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_KEPT = ("actor", "action", "subject", "since", "until")


def query(draft: Draft, service: str) -> str:
    """The filter for an address."""
    given = {name: draft.value(name) for name in _KEPT if draft.value(name)}
    return urlencode({"service": service} | given)


def people(setting: Setting) -> tuple[tuple[str, str], ...]:
    """Colleagues to filter by."""
    named = sorted(setting.staff.items(), key=lambda item: item[1])
    return tuple((f"staff:{staff_id}", name) for staff_id, name in named)


def csv_head() -> bytes:
    """The first line of the file."""
    return _line(COLUMNS)


def csv_lines(entries: Iterable[AuditEntryBody]) -> bytes:
    """Entries as lines. A text that a spreadsheet would calculate is marked as text."""
    return b"".join(_line([_cell(getattr(entry, name)) for name in COLUMNS]) for entry in entries)


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _line(cells: Iterable[str]) -> bytes:
    written = io.StringIO()
    csv.writer(written, lineterminator="\r\n").writerow(cells)
    return written.getvalue().encode()
