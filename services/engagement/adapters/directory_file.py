"""Open Referral (HSDS 3) files: services as JSON or as a flat CSV, read row by row.

A row that cannot be used is named with its number, field and reason; the others are taken. What a
file calls description, schedule or accessibility is copied as words and never interpreted.
"""

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from services.engagement.application.import_activities import activity_id
from services.engagement.domain.support.directory import Activity
from services.engagement.domain.support.refusals import RuleBroken

MOST_ROWS = 5000
_LONGEST = 200
_CURRENCY = re.compile("[A-Z]{3}")


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that was not taken."""

    row: int
    field: str
    reason: str


class _BadRow(Exception):
    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field
        self.reason = reason


def read_directory(text: str, kind: str, rule: str) -> tuple[Sequence[Activity], Sequence[Refused]]:
    """The rows that can be used, and those that cannot. ``rule`` is named with what is refused.

    Raises:
        RuleBroken: it is no such file at all.
    """
    taken: dict[str, Activity] = {}
    refused: list[Refused] = []
    for number, row in enumerate(_rows(text, kind, rule), start=1):
        if number > MOST_ROWS:
            raise RuleBroken(
                "directory-too-long",
                f"Send at most {MOST_ROWS} rows at once.",
                field="text",
                rule=rule,
            )
        try:
            activity = _activity(row)
            if activity.source_id in taken:
                raise _BadRow("id", "this id stands in an earlier row")
            taken[activity.source_id] = activity
        except _BadRow as bad:
            refused.append(Refused(number, bad.field, bad.reason))
    return tuple(taken.values()), tuple(refused)


def _rows(text: str, kind: str, rule: str) -> Iterator[Any]:
    if kind == "csv":
        reader = csv.DictReader(io.StringIO(text))
        if not {"id", "name"} <= set(reader.fieldnames or ()):
            raise RuleBroken(
                "directory-unreadable",
                "The heading needs at least id and name.",
                field="text",
                rule=rule,
            )
        yield from reader
        return
    try:
        found = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise RuleBroken(
            "directory-unreadable", "This is not a JSON document.", field="text", rule=rule
        ) from error
    rows = found.get("contents", found.get("services")) if isinstance(found, dict) else found
    if not isinstance(rows, list):
        raise RuleBroken(
            "directory-unreadable", "There is no list of services in it.", field="text", rule=rule
        )
    yield from rows


def _activity(row: Any) -> Activity:
    if not isinstance(row, Mapping):
        raise _BadRow("row", "this is not a service")
    source_id = _text(row, "id")
    name = _text(row, "name")
    status = _optional(row, "status") or "active"
    return Activity(
        activity_id=activity_id(source_id),
        source_id=source_id,
        name=name,
        organisation=_organisation(row),
        interests=_words(row, "taxonomy_terms", "attributes", "interests"),
        access=_words(row, "accessibility", "access"),
        cost=_amount(row),
        currency=_currency(row),
        km=_number(row, "distance_km"),
        place=_place(row),
        when=_when(row),
        group_size=_group(row),
        contact=_optional(row, "email") or _phone(row),
        active=status.lower() == "active",
    )


def _text(row: Mapping[str, Any], name: str) -> str:
    found = _optional(row, name)
    if not found:
        raise _BadRow(name, "is missing")
    return found


def _optional(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    if value is None:
        return ""
    if not isinstance(value, str | int | float | Decimal) or isinstance(value, bool):
        raise _BadRow(name, "is not a word")
    text = str(value).strip()
    if len(text) > _LONGEST:
        raise _BadRow(name, f"is longer than {_LONGEST} signs")
    return text


def _organisation(row: Mapping[str, Any]) -> str:
    inner = row.get("organization")
    if isinstance(inner, Mapping):
        return _optional(inner, "name")
    return _optional(row, "organization") or _optional(row, "organisation")


def _words(row: Mapping[str, Any], *names: str) -> tuple[str, ...]:
    """A list of names, of objects with a name, or words separated by semicolons."""
    for name in names:
        value = row.get(name)
        if value in (None, "", []):
            continue
        if isinstance(value, str):
            return tuple(word.strip().lower() for word in value.split(";") if word.strip())
        if not isinstance(value, list):
            raise _BadRow(name, "is neither words nor a list")
        return tuple(_word(one, name) for one in value)
    return ()


def _word(one: Any, name: str) -> str:
    if isinstance(one, Mapping):
        for key in ("name", "label", "description", "term"):
            if isinstance(one.get(key), str):
                return str(one[key]).strip().lower()
        inner = one.get("taxonomy_term")
        if isinstance(inner, Mapping) and isinstance(inner.get("name"), str):
            return str(inner["name"]).strip().lower()
    if isinstance(one, str):
        return one.strip().lower()
    raise _BadRow(name, "holds something that is no word")


def _amount(row: Mapping[str, Any]) -> Decimal | None:
    option = _cost_option(row)
    return _number(row, "cost") if option is None else _number(option, "amount")


def _currency(row: Mapping[str, Any]) -> str:
    option = _cost_option(row)
    code = _optional(row if option is None else option, "currency").upper()
    if code and not _CURRENCY.fullmatch(code):
        raise _BadRow("currency", "is no code of three letters, such as EUR")
    return code


def _cost_option(row: Mapping[str, Any]) -> Mapping[str, Any] | None:
    options = row.get("cost_options")
    if isinstance(options, list) and options and isinstance(options[0], Mapping):
        return options[0]
    return None


def _number(row: Mapping[str, Any], name: str) -> Decimal | None:
    text = _optional(row, name)
    if not text:
        return None
    try:
        value = Decimal(text)
    except InvalidOperation as error:
        raise _BadRow(name, "is not a number") from error
    if not value.is_finite() or not 0 <= value <= 100_000:
        raise _BadRow(name, "is not a possible amount")
    return value


def _group(row: Mapping[str, Any]) -> int | None:
    size = _number(row, "group_size")
    if size is None:
        return None
    if size != size.to_integral_value() or size < 1:
        raise _BadRow("group_size", "is not a number of people")
    return int(size)


def _place(row: Mapping[str, Any]) -> str:
    places = row.get("service_at_locations")
    if isinstance(places, list) and places and isinstance(places[0], Mapping):
        location = places[0].get("location")
        if isinstance(location, Mapping):
            return _optional(location, "name")
    return _optional(row, "place")


def _when(row: Mapping[str, Any]) -> str:
    schedules = row.get("schedules")
    if isinstance(schedules, list) and schedules and isinstance(schedules[0], Mapping):
        return _optional(schedules[0], "description")
    return _optional(row, "when")


def _phone(row: Mapping[str, Any]) -> str:
    phones = row.get("phones")
    if isinstance(phones, list) and phones and isinstance(phones[0], Mapping):
        return _optional(phones[0], "number")
    return _optional(row, "phone")
